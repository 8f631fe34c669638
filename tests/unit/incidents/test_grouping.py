"""Which open incident a rise belongs to, rule by rule."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec
import pytest

from alerting.incidents.caseload import Caseload
from alerting.incidents.grouping import Trace, group
from alerting.incidents.kinship import Kinship
from alerting.incidents.model import Incident
from alerting.incidents.part import GroupingReason, Part
from streams.events import Direction
from streams.topic import Topic
from tests.fakes.clock import START
from tests.fakes.stored import EVIDENCE, incident

TOPICS = {
    topic.id: topic
    for topic in (
        Topic("acme", "Acme", "acme", brand="Acme"),
        Topic("app", "App", "app OR login*", parent="acme"),
        Topic("refunds", "Refunds", "refund", parent="acme"),
        Topic("stores", "Stores", "store", brand="Acme"),
    )
}
KIN = Kinship(TOPICS)
OUTAGE = {"outage": 90.0, "down": 80.0, "error": 70.0, "payment": 60.0}
OTHER = {"recall": 90.0, "glass": 80.0, "jar": 70.0, "sick": 60.0}


def part(
    topic: str,
    *,
    mentions: tuple[str, ...] = (),
    terms: Mapping[str, float] = {},
    minutes: float = 0.0,
    direction: Direction = Direction.CRISIS,
) -> Part:
    at = START + timedelta(minutes=minutes)
    return Part(topic, topic, at, at, GroupingReason.FIRST, "", direction, EVIDENCE, mentions, dict(terms))


def of(number: int, *parts: Part) -> Incident:
    return msgspec.structs.replace(incident(number, topic=parts[0].topic), parts=parts)


def trace(
    topic: str,
    *,
    mentions: tuple[str, ...] = (),
    terms: Mapping[str, float] = {},
    minutes: float = 0.0,
    direction: Direction = Direction.CRISIS,
) -> Trace:
    return Trace(topic, START + timedelta(minutes=minutes), direction, mentions, terms)


def reason(rise: Trace, *incidents: Incident) -> GroupingReason:
    return group(rise, Caseload(KIN, incidents), KIN).reason


def test_two_shared_mentions_connect_even_an_hour_apart_and_say_so() -> None:
    found = group(
        trace("stores", mentions=("x:1", "x:2", "x:9"), minutes=50),
        Caseload(KIN, [of(1, part("refunds", mentions=("x:1", "x:2")))]),
        KIN,
    )

    assert found.incident is not None
    assert found.reason is GroupingReason.SHARED_MENTIONS
    assert found.because == "2 sampled mentions in common with refunds; began 50 min apart"


@pytest.mark.parametrize(
    ("rise", "open_part"),
    [
        (trace("stores"), part("refunds")),
        (trace("stores", mentions=("x:1",)), part("refunds", mentions=("x:1",))),
        (trace("stores", terms=OTHER), part("refunds", terms=OUTAGE)),
        (trace("stores", terms={"down": 9.0, "help": 5.0}), part("refunds", terms={"down": 9.0, "help": 5.0})),
        (trace("stores", terms=OUTAGE, minutes=16), part("refunds", terms=OUTAGE)),
        (trace("stores", terms=OUTAGE, direction=Direction.VIRAL), part("refunds", terms=OUTAGE)),
        (trace("app"), part("refunds")),
        (trace("app"), part("acme")),
        (trace("app", terms=OUTAGE, minutes=16), part("acme", terms=OUTAGE)),
        (trace("stores", mentions=("x:1", "x:2"), minutes=61), part("refunds", mentions=("x:1", "x:2"))),
    ],
    ids=[
        "only the time",
        "one mention alone",
        "other drivers",
        "two drivers alone",
        "the same drivers too late",
        "the same drivers in joy",
        "siblings by themselves",
        "a parent by itself",
        "a parent too late",
        "the same mentions much later",
    ],
)
def test_what_connects_too_little_is_an_event_of_its_own(rise: Trace, open_part: Part) -> None:
    assert reason(rise, of(1, open_part)) is GroupingReason.SEPARATE


@pytest.mark.parametrize(
    ("rise", "open_part", "expected"),
    [
        (trace("stores", terms=OUTAGE), part("refunds", terms=OUTAGE), GroupingReason.SHARED_DRIVERS),
        (
            trace("stores", mentions=("x:1",), terms=OUTAGE),
            part("refunds", mentions=("x:1",), terms=OUTAGE),
            GroupingReason.SHARED_MENTIONS,
        ),
        (trace("app", mentions=("x:1",)), part("acme", mentions=("x:1",)), GroupingReason.DECLARED_KIN),
        (
            trace("acme", terms={"down": 9.0, "error": 8.0}),
            part("app", terms={"down": 9.0, "error": 8.0}),
            GroupingReason.DECLARED_KIN,
        ),
        (
            trace("app", terms={"down": 9.0, "error": 8.0}),
            part("refunds", terms={"down": 9.0, "error": 8.0}),
            GroupingReason.DECLARED_KIN,
        ),
    ],
    ids=["drivers", "a mention and drivers", "a parent and a mention", "a child and drivers", "a sibling and drivers"],
)
def test_what_connects(rise: Trace, open_part: Part, expected: GroupingReason) -> None:
    assert reason(rise, of(1, open_part)) is expected


def test_the_topics_own_words_and_the_brand_are_no_shared_driver() -> None:
    own = {"acme": 90.0, "refunds": 80.0, "stores": 70.0, "login": 60.0, "logins": 50.0}

    assert reason(trace("app", terms=own), of(1, part("refunds", terms=own))) is GroupingReason.SEPARATE


def test_a_word_that_drives_many_incidents_connects_none_of_them() -> None:
    talk = {"help": 30.0, "annoying": 20.0, "service": 10.0}
    crowd = [of(number, part(f"topic-{number}", terms=talk)) for number in range(3)]

    assert reason(trace("stores", terms=talk), *crowd[:1]) is GroupingReason.SHARED_DRIVERS
    assert reason(trace("stores", terms=talk), *crowd) is GroupingReason.SEPARATE


def test_the_brands_topic_does_not_tie_unrelated_events_together() -> None:
    outage = of(1, part("app", mentions=("x:1", "x:2")), part("acme", mentions=("x:1", "x:2", "x:7", "x:8")))

    found = reason(trace("refunds", mentions=("x:7", "x:8")), outage)

    assert found is GroupingReason.SEPARATE


def test_of_two_incidents_the_stronger_reason_wins_then_the_older_one() -> None:
    drivers = of(1, part("refunds", terms=OUTAGE))
    mentions = of(2, part("topic-2", mentions=("x:1", "x:2")))
    twin = of(3, part("topic-3", mentions=("x:1", "x:2")))

    found = group(trace("stores", mentions=("x:1", "x:2"), terms=OUTAGE), Caseload(KIN, [twin, drivers, mentions]), KIN)

    assert found.incident == mentions


class TestKinship:
    def test_a_brand_is_inherited(self) -> None:
        assert [KIN.brand(name) for name in ("acme", "app", "stores", "unknown")] == ["Acme", "Acme", "Acme", ""]

    def test_a_circle_of_parents_ends(self) -> None:
        circle = Kinship({"a": Topic("a", "A", "a", parent="b"), "b": Topic("b", "B", "b", parent="a")})

        assert circle.above("a") == ("b", "a")
        assert circle.brand("a") == ""
