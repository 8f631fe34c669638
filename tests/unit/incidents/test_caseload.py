"""The open incidents of a brand, found by what they show."""

from collections.abc import Mapping

import msgspec

from alerting.incidents.caseload import Caseload
from alerting.incidents.kinship import Kinship
from alerting.incidents.model import Incident
from alerting.incidents.part import GroupingReason, Part
from streams.events import Direction
from streams.topic import Topic
from tests.fakes.clock import START
from tests.fakes.stored import EVIDENCE, incident

KIN = Kinship({"acme": Topic("acme", "Acme", "acme"), "app": Topic("app", "App", "app", parent="acme")})


def part(topic: str, mentions: tuple[str, ...] = (), terms: Mapping[str, float] = {}) -> Part:
    return Part(topic, topic, START, START, GroupingReason.FIRST, "", Direction.CRISIS, EVIDENCE, mentions, dict(terms))


def of(number: int, *parts: Part) -> Incident:
    return msgspec.structs.replace(incident(number, topic=parts[0].topic), parts=parts)


def test_of_five_hundred_only_those_that_have_something_in_common_are_looked_at() -> None:
    talk = {"refund": 9.0, "help": 8.0}
    crowd = [of(number, part(f"t{number}", (f"x:{number}",), talk)) for number in range(500)]
    twin = of(600, part("twin", ("x:7",), talk | {"outage": 5.0, "down": 4.0}))
    caseload = Caseload(KIN, [*crowd, twin])

    found = caseload.near(("x:7", "x:999"), (*talk, "outage", "down"))

    assert [one.id for one in found] == [crowd[7].id, twin.id]


def test_what_many_have_in_common_connects_nothing_and_counts_for_each_once() -> None:
    caseload = Caseload(KIN, [of(number, part(f"t{number}", (), {"refund": 9.0, "late": 5.0})) for number in range(3)])

    assert caseload.near((), ("refund", "late")) == ()
    assert caseload.told("refund") == 3
    assert caseload.told("refund", without=incident(1).id) == 2
    assert caseload.told("late fee") == 0


def test_one_that_is_left_out_is_neither_found_nor_counted() -> None:
    one = of(1, part("t1", ("x:1",), {"outage": 5.0, "down": 4.0}))
    two = of(2, part("t2", ("x:1",), {"outage": 5.0, "down": 4.0}))

    found = Caseload(KIN, [one, two]).near(("x:1",), ("outage", "down"), without=one.id)

    assert found == (two,)


def test_a_topic_above_another_one_of_the_incident_is_not_compared_with() -> None:
    caseload = Caseload(KIN, [both := of(1, part("acme", ("x:1",)), part("app", ("x:2",)))])

    assert caseload.near(("x:1",), ()) == ()
    assert caseload.near(("x:2",), ()) == (both,)
    assert [leaf.topic for leaf in caseload.leaves(both)] == ["app"]


def test_what_is_over_leaves_nothing_behind() -> None:
    one = of(1, part("t1", ("x:1",), {"outage": 5.0, "down": 4.0}))
    caseload = Caseload(KIN, [one, of(2, part("t2"))])

    caseload.keep_only([incident(2).id])

    assert caseload.near(("x:1",), ("outage", "down")) == ()
    assert caseload.told("outage") == 0
    assert caseload.revisions == {incident(2).id: 1}


def test_what_it_showed_before_is_forgotten() -> None:
    caseload = Caseload(KIN, [of(1, part("t1", ("x:1",)))])

    caseload.put(msgspec.structs.replace(of(1, part("t1", ("x:2",))), revision=2))

    assert caseload.near(("x:1",), ()) == ()
    assert caseload.revisions == {incident(1).id: 2}
