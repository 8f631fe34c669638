"""A fair sample of whom the brand might answer."""

import random
from datetime import UTC, datetime
from statistics import mean

import msgspec
import pytest

from streams.evidence.asking import MOST_ASKED, asked_of, complaints_of
from streams.evidence.reading import Read
from streams.excerpt import Excerpt
from streams.id_index import hash64


def said(number: int, weight: float = 1.0, *, content_type: str = "post", brand: bool = False) -> Read:
    key = f"x:{number}"
    return Read(hash64(key), weight, Excerpt(0, key, "where is my refund", content_type=content_type, brand=brand), {})


def test_of_few_mentions_all_are_asked_and_each_stands_for_itself() -> None:
    assert asked_of([said(number) for number in range(MOST_ASKED)]) == {f"x:{n}": 1.0 for n in range(MOST_ASKED)}


def test_what_was_passed_on_and_what_the_brand_said_itself_asks_nothing() -> None:
    reads = [said(1), said(2, content_type="repost"), said(3, brand=True), said(4, content_type="reply")]

    assert set(asked_of(reads)) == {"x:1", "x:4"}


def test_the_same_mentions_give_the_same_sample_in_any_order() -> None:
    reads = [said(number, 1.0 + number % 7) for number in range(500)]
    shuffled = random.Random(7).sample(reads, len(reads))  # noqa: S311  # repeatable

    assert asked_of(reads) == asked_of(shuffled)
    assert len(asked_of(reads)) == MOST_ASKED


def test_complaints_are_the_negative_ones_with_their_time_and_author_and_sum_to_all_of_them() -> None:
    reads = [said(number, 3.0) for number in range(200)]
    angry = [
        msgspec.structs.replace(
            read, excerpt=msgspec.structs.replace(read.excerpt, polarity=-0.5, at_ms=60_000, author_number=read.number)
        )
        for read in reads[:150]
    ]

    found = complaints_of([*angry, *reads[150:]])

    assert found.keys() <= {read.excerpt.key for read in angry}
    assert len(found) == MOST_ASKED
    assert sum(one.weight for one in found.values()) == pytest.approx(450.0, abs=0.1)  # rounded to a thousandth each
    key, one = next(iter(found.items()))
    assert (one.at, one.author_number) == (datetime(1970, 1, 1, 0, 1, tzinfo=UTC), hash64(key))


@pytest.fixture(scope="module")
def events() -> list[tuple[list[Read], dict[str, float]]]:
    """200 events of 400 mentions, some of which stand for many, and whom the brand might answer of them."""
    rng = random.Random(7)  # noqa: S311  # repeatable
    told = [
        [said(event * 10_000 + number, rng.choice((1.0, 1.0, 4.0))) for number in range(400)] for event in range(200)
    ]
    return [(reads, asked_of(reads)) for reads in told]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_share_that_was_answered_is_found_without_bias_and_within_the_bound(
    events: list[tuple[list[Read], dict[str, float]]], share: float
) -> None:
    rng = random.Random(share)  # noqa: S311  # repeatable
    errors = []
    for reads, asked in events:
        answered = {read.excerpt.key for read in reads if rng.random() < share}
        true = sum(read.weight for read in reads if read.excerpt.key in answered) / sum(read.weight for read in reads)
        found = sum(weight for key, weight in asked.items() if key in answered) / sum(asked.values())
        errors.append(found - true)

    assert abs(mean(errors)) < 0.015  # four standard errors of the mean of 200
    assert sum(abs(error) < 0.13 for error in errors) >= 0.93 * 200  # 95 of 100 are promised
