"""Answers in the database: the newest version of each, whatever comes first and however often."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from alerting.incidents.reply_store import Drawn, OwnReplies
from alerting.incidents.sql import answer_rows, reply_queries
from alerting.incidents.sql.tables import metadata
from streams.id_index import hash64
from streams.public_reply import MOST_ANSWERS, PublicReply
from tests.fakes.clock import START

OURS, ANN = 2**64 - 1, 7
NAMES = ("x:7", "x:1", "x:8")


@pytest.fixture
def connection() -> Iterator[Connection]:
    yield from fresh()


def fresh() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connected:
        yield connected
    engine.dispose()


def ours(mention: str, *answers: str, minutes: float = 0, **fields: object) -> PublicReply:
    reply = PublicReply(mention, answers, START + timedelta(minutes=minutes), author_number=OURS)
    return msgspec.structs.replace(reply, **fields)


def theirs(mention: str, to: str, *, polarity: float | None = None, author: int = ANN, **fields: object) -> PublicReply:
    reply = PublicReply(mention, (), START, to=to, polarity=polarity, author_number=author, text="so there")
    return msgspec.structs.replace(reply, **fields)


def gone(mention: str, seq: int | None = None) -> PublicReply:
    return PublicReply(mention, (), START, deleted=True, seq=seq)


def test_answers_are_found_by_what_they_answer_and_ours_by_their_thread_too(connection: Connection) -> None:
    said = [ours("x:9", "x:7", "x:1"), theirs("x:10", "x:7"), theirs("x:11", "x:9")]
    reply_queries.record(connection, said)

    assert {one.mention for one in answer_rows.to(connection, ["x:7"], 9)} == {"x:9", "x:10"}
    assert answer_rows.to(connection, ["x:1"], 9) == (said[0],)
    assert len(answer_rows.to(connection, ["x:7", "x:9"], 2)) == 2
    assert answer_rows.to(connection, [], 9) == ()


def test_what_is_taken_back_is_no_answer_and_the_next_one_is_the_first(connection: Connection) -> None:
    reply_queries.record(connection, [ours("x:8", "x:7", minutes=3), ours("x:9", "x:7", "x:1")])
    reply_queries.record(connection, [gone("x:9"), ours("x:9", "x:7", "x:1")])  # and comes once more

    assert reply_queries.answered(connection, ["x:7", "x:1"]) == {"x:7": START + timedelta(minutes=3)}
    assert [one.mention for one in answer_rows.to(connection, ["x:7", "x:1"], 9)] == ["x:8"]


def test_taking_back_what_was_never_seen_changes_nothing(connection: Connection) -> None:
    reply_queries.record(connection, [gone("x:9")])
    reply_queries.record(connection, [ours("x:9", "x:7")])

    assert len(answer_rows.to(connection, ["x:7"], 9)) == 1


def test_a_newer_version_replaces_an_older_one_and_not_the_other_way_round(connection: Connection) -> None:
    reply_queries.record(connection, [ours("x:9", "x:7", seq=2, likes=40), ours("x:9", "x:7", seq=1, likes=3)])

    [kept] = answer_rows.to(connection, ["x:7"], 9)
    assert kept.likes == 40


def test_our_replies_are_found_by_their_brand_or_by_their_account(connection: Connection) -> None:
    said = [ours("x:1", "x:7", brand="Acme", author_number=1), ours("x:2", "x:7"), ours("x:3", "x:7", author_number=3)]
    reply_queries.record(connection, [*said, theirs("x:4", "x:7", author=OURS)])

    assert answer_rows.own(connection, "Acme", [], START, 9) == OwnReplies(1, (said[0],))
    assert answer_rows.own(connection, None, [OURS], START, 9) == OwnReplies(1, (said[1],))
    assert answer_rows.own(connection, "Acme", [OURS], START, 1).total == 2
    assert answer_rows.own(connection, "Acme", [OURS], START + timedelta(seconds=1), 9) == OwnReplies(0)
    assert answer_rows.own(connection, None, [], START, 9) == OwnReplies(0)


def test_moods_of_answers_are_counted_and_an_unknown_one_is_none(connection: Connection) -> None:
    moods = (-0.6, -0.05, 0.0, 0.7, None)
    reply_queries.record(connection, [theirs(f"x:r{at}", "x:9", polarity=mood) for at, mood in enumerate(moods)])

    assert answer_rows.drawn(connection, ["x:9", "x:7"]) == {"x:9": Drawn(5, 5, 4, 2)}


def test_of_many_answers_to_one_mention_a_fair_sample_stays_and_their_number_is_estimated(
    connection: Connection,
) -> None:
    every = [theirs(f"x:r{number}", "x:9", polarity=-0.5 if number % 4 else 0.5) for number in range(4000)]
    for start in range(0, 4000, 800):
        reply_queries.record(connection, every[start : start + 800])

    drawn = answer_rows.drawn(connection, ["x:9"])["x:9"]
    kept = {one.mention for one in answer_rows.to(connection, ["x:9"], 9999)}
    assert kept == set(sorted((one.mention for one in every), key=hash64)[:MOST_ANSWERS])
    assert abs(drawn.answers / 4000 - 1) < 0.13  # twice 1 / sqrt(256 - 2)
    assert abs(drawn.negative / drawn.scored - 0.75) < 0.09  # 3.3 standard errors of 3/4 over 256
    assert not drawn.exact


def test_an_erased_author_has_answered_nothing(connection: Connection) -> None:
    reply_queries.record(connection, [theirs("x:1", "x:9"), theirs("x:2", "x:9", author=8)])

    erased = answer_rows.erase(connection, ANN)

    assert erased == 1
    assert [one.mention for one in answer_rows.to(connection, ["x:9"], 9)] == ["x:2"]


def test_what_customers_said_to_one_another_is_forgotten_before_what_concerns_us(connection: Connection) -> None:
    reply_queries.record(connection, [ours("x:9", "x:7"), theirs("x:1", "x:9"), theirs("x:2", "x:7")])
    hour = timedelta(hours=1)

    first = answer_rows.forget(connection, START - hour, START + hour, 9)
    left = {one.mention for one in answer_rows.to(connection, ["x:7", "x:9"], 9)}
    rest = [answer_rows.forget(connection, START + hour, START + hour, 9) for _ in range(3)]

    assert (first, left, rest) == (1, {"x:9", "x:1"}, [1, 1, 0])  # ours first, then what was said to it


versions = st.lists(
    st.builds(
        lambda name, seq, kind, minutes: (
            gone(name, seq)
            if kind == 2
            else ours(name, "x:a", "x:b", seq=seq, minutes=minutes)
            if name == "x:7"
            else theirs(name, "x:7", seq=seq, polarity=-0.5 if kind else 0.5)
        ),
        st.sampled_from(NAMES),
        st.one_of(st.none(), st.integers(0, 3)),
        st.integers(0, 2),
        st.integers(0, 5),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(versions, st.randoms(use_true_random=False), st.integers(1, 5))
def test_however_mentions_interleave_and_come_again_the_same_stays(
    said: list[PublicReply], rng: object, size: int
) -> None:
    by_name = {name: [one for one in said if one.mention == name] for name in NAMES}
    outcomes = []
    for interleaved in (False, True):
        alive = fresh()
        connection = next(alive)
        order = [one for name in NAMES for one in by_name[name]]
        if interleaved:
            order = shuffled({name: [again for one in by_name[name] for again in (one, one)] for name in NAMES}, rng)
        for start in range(0, len(order), size if interleaved else 99):
            reply_queries.record(connection, order[start : start + (size if interleaved else 99)])
        outcomes.append(
            (
                reply_queries.answered(connection, ["x:a", "x:b"]),
                answer_rows.to(connection, ["x:7", "x:a"], 99),
                answer_rows.drawn(connection, ["x:7"]),
            )
        )
        next(alive, None)

    assert outcomes[0] == outcomes[1]


def shuffled(queues: dict[str, list[PublicReply]], rng: object) -> list[PublicReply]:
    """Any interleaving that keeps each mention's own order, as Kafka does."""
    left = {name: list(queue) for name, queue in queues.items() if queue}
    order = []
    while left:
        name = rng.choice(sorted(left))  # type: ignore[attr-defined]
        order.append(left[name].pop(0))
        if not left[name]:
            del left[name]
    return order
