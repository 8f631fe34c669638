"""Our own part in an incident: told in counts, and forgotten with whoever wants to be."""

import msgspec
import pytest

from alerting.incidents.erasing import without_author
from alerting.incidents.insight import insights_of
from alerting.incidents.own_part import Backlash, OwnPart, Said, Waits
from alerting.incidents.own_part_words import told, waits_line
from alerting.incidents.retention import without_samples
from tests.fakes.clock import START
from tests.fakes.own_parts import ANN, TOM, US, own_part
from tests.fakes.stored import incident

WHOLE = msgspec.structs.replace(incident(1), own_part=own_part())


def test_what_is_told_quotes_no_mention() -> None:
    lines = {line.label: line.text for line in told(own_part())}

    assert lines["Backlash"] == (
        "our own reply of 12:02 UTC draws 80% negative answers "
        "(40 of 50 with a known mood of 51; our replies usually draw 0.6; 3 likes)"
    )
    assert lines["Our answers"] == (
        "about 300 of 400 complaints unanswered (262-331), the oldest seen for 10 min; answered after 14 min at the "
        "median; 9 of our 12 replies since it began are canned, 20 of 40 in the last day"
    )
    assert lines["Customers help"] == "1 customer answered 3 of the 64 complaints looked at, 1 was thanked for"
    assert "script" not in str(told(own_part()))


def test_the_worst_stands_first_in_what_goes_out() -> None:
    assert insights_of(WHOLE)[0].label == "Backlash"


def test_what_nobody_looked_at_or_knows_is_not_told() -> None:
    assert told(OwnPart(START)) == ()
    assert [line.label for line in insights_of(incident(1))] == []


def test_where_every_complaint_was_looked_at_the_number_stands_alone() -> None:
    assert waits_line(Waits(3.0, 3, 3, 0.0, 0.0, 0.0, 60.0), START) == (
        "0 of 3 complaints unanswered; answered after 1 min at the median"
    )


@pytest.mark.parametrize(("likes", "ratioed"), [(None, None), (50, False), (3, True)])
def test_ratioed_is_unknown_where_nobody_says_how_many_liked_it(likes: int | None, ratioed: bool | None) -> None:  # noqa: FBT001
    reply = Said("x:9", "x:7", START)

    assert Backlash(reply, 40, 0, 0, 0.5, 0.3, 0.1, likes=likes).ratioed is ratioed
    assert Backlash(reply, 40, 0, 0, 0.5, 0.3, 0.1).negative_share == 0.0


@pytest.mark.parametrize(("author", "mention"), [(US, "x:bad"), (ANN, "x:a"), (TOM, "x:h")])
def test_an_erased_author_is_gone_from_it_and_the_counts_stay(author: int, mention: str) -> None:
    left = without_author(WHOLE, author)

    assert left.own_part is not None
    written = msgspec.json.encode(left.own_part).decode()
    assert mention not in written
    assert f"name{author}" not in written
    assert told(left.own_part) == told(own_part())


def test_when_samples_go_no_word_and_no_name_of_it_stays() -> None:
    left = without_samples(WHOLE)

    assert left.own_part is not None
    written = msgspec.json.encode(left.own_part).decode()
    for gone in ("script", "name", "x.example", '"x:1"'):
        assert gone not in written
    assert left.own_part.waits is not None
    assert left.own_part.waits.unanswered == 300.0
