"""An open incident is set against what the contact centre hears."""

import random
from collections.abc import Sequence
from datetime import timedelta

import msgspec
from prometheus_client import CollectorRegistry

from alerting.contact_desk import ContactDesk
from alerting.contact_settings import ContactReasonSettings, ContactSettings
from alerting.hearing.stated import Stated
from alerting.incidents.contact_findings import Standing
from alerting.incidents.model import Incident, Transition
from alerting.metrics import AlertingMetrics
from streams.events import Tally, WindowCount
from tests.behaviour.test_nothing_is_lost import until
from tests.fakes.clock import START
from tests.fakes.contact_counts import ContactCounts
from tests.fakes.detections import detection, evidence
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

NOW = int(START.timestamp()) // 60
ONSET = NOW - 60
LAG = 12
USUAL_CALLS, USUAL_MENTIONS = 2, 4


class Always:
    """The contacts of Kafka are all counted."""

    caught_up = True


def counts(seed: int, length: int, usual: int, extra: Sequence[tuple[int, int]]) -> list[int]:
    """Minutes that vary, with so many more from a minute on."""
    rng = random.Random(seed)  # noqa: S311  # test data
    return [
        sum(rng.random() < 0.5 for _ in range(2 * (usual + sum(more for at, more in extra if minute >= at))))
        for minute in range(length)
    ]


class Story:
    """A topic that rises an hour ago, and calls."""

    def __init__(self, settings: ContactSettings | None = None) -> None:
        self.comms = ScriptedNotifier()
        self.world = World(comms=self.comms)
        self.heard = ContactCounts()
        self.house = House(self.world)
        self.registry = CollectorRegistry()
        self.desk = ContactDesk(
            store=self.house.store,
            contacts=self.heard,
            intake=Always(),
            dispatch=self.house.timekeeper._dispatch,
            stated=Stated.of(settings or ContactSettings()),
            wait=timedelta(0),
            clock=self.world.clock,
            metrics=AlertingMetrics(self.registry),
        )

    def past_calls(self, reason: str, days: int = 3) -> None:
        """As many as usual, every minute up to the hour before the event."""
        self.heard.hear(reason, range(NOW - days * 1440, ONSET - 120), USUAL_CALLS)

    def calls(self, reason: str, *, rise: int | None = ONSET + LAG) -> None:
        found = counts(2, 180, USUAL_CALLS, [(rise - ONSET + 120, 20)] if rise is not None else [])
        for at, count in enumerate(found):
            self.heard.hear(reason, [ONSET - 120 + at], count)

    async def event(self) -> None:
        """Mentions of an hour, and the page about them."""
        for at, count in enumerate(counts(1, 180, USUAL_MENTIONS, [(120, 12)])):
            minute = ONSET - 120 + at
            window = WindowCount(
                topic="refunds", start=minute * 60, seconds=60, revision=1, tally=Tally(mentions=count), expected=4.0
            )
            self.world.count(window)
        seen = msgspec.structs.replace(evidence(), authors=0)
        self.world.claim(msgspec.structs.replace(detection(seen=seen), onset=START - timedelta(minutes=60)))
        await until(self.world, lambda: bool(self.world.incidents) and len(self.world.tables.windows) == 180)

    async def look(self) -> Incident:
        await self.desk.look()
        [incident] = self.world.incidents
        return incident


async def test_the_same_issue_is_told_with_who_leads_who_is_silent_and_what_is_to_come() -> None:
    story = Story()
    story.past_calls("refund missing")
    story.calls("refund missing")
    async with story.house.running():
        await story.event()

        incident = await story.look()
        await until(story.world, lambda: Transition.HEARD in story.comms.told)

    found = incident.contacts
    assert found is not None
    assert found.standing is Standing.SAME_ISSUE
    [reason] = found.reasons
    assert reason.because == "refund"
    assert reason.lag is not None
    assert abs(reason.lag.middle - LAG) <= 3
    assert reason.lag.low < LAG < reason.lag.high
    assert found.basis == "calls"
    assert found.silent is not None
    assert 0 < found.silent.low < found.silent.middle < found.silent.high
    assert found.next_hour is not None
    as_it_is = 60 * (USUAL_CALLS + 20)  # were it to go on, which most events do not
    assert found.next_hour_usual == 60 * USUAL_CALLS
    assert 60 * USUAL_CALLS < found.next_hour.low < found.next_hour.middle < as_it_is < 1.1 * found.next_hour.high
    entry = next(one for one in story.world.tables.entries if one.transition is Transition.HEARD)
    assert "hit and silent" in entry.text
    assert "after the posts" in entry.text
    assert ", usually 120)" in entry.text


async def test_nobody_is_told_twice_of_the_same() -> None:
    story = Story()
    story.past_calls("refund missing")
    story.calls("refund missing")
    async with story.house.running():
        await story.event()

        first = await story.look()
        again = await story.look()

    assert first.revision == again.revision


async def test_calls_as_usual_are_said_to_be_as_usual() -> None:
    story = Story()
    story.past_calls("refund missing")
    story.calls("refund missing", rise=None)
    async with story.house.running():
        await story.event()

        incident = await story.look()

    assert incident.contacts is not None
    assert incident.contacts.standing is Standing.SOCIAL_ONLY
    assert incident.contacts.called == 0
    assert story.desk.calls_only == ()


async def test_another_reason_that_rises_at_the_same_time_is_another_issue() -> None:
    story = Story()
    story.past_calls("parcel late")
    story.calls("parcel late")
    async with story.house.running():
        await story.event()

        incident = await story.look()

    assert incident.contacts is not None
    assert incident.contacts.standing is Standing.NO_REASON
    [rise] = story.desk.calls_only
    assert rise.line.reason == "parcel late"
    assert story.registry.get_sample_value("tocsin_contact_reasons", {"standing": "calls_only"}) == 1


async def test_the_configuration_says_which_reason_belongs_to_it() -> None:
    settings = ContactSettings(reasons=(ContactReasonSettings(reasons=("R-17",), topics=("refunds",)),))
    story = Story(settings)
    story.past_calls("r-17")
    story.calls("r-17")
    async with story.house.running():
        await story.event()

        incident = await story.look()

    assert incident.contacts is not None
    assert incident.contacts.standing is Standing.SAME_ISSUE
    assert incident.contacts.reasons[0].because == "configured"


async def test_without_a_contact_centre_a_rule_of_thumb_says_that_it_is_one() -> None:
    story = Story()
    async with story.house.running():
        await story.event()

        incident = await story.look()

    found = incident.contacts
    assert found is not None
    assert (found.standing, found.basis, found.next_hour) == (Standing.NOT_HEARD, "prior", None)
    assert "Nielsen" in found.source
    assert found.silent is not None
    assert found.silent.high > 10 * found.silent.low / 2


async def test_what_is_learned_is_there_again_after_a_restart() -> None:
    story = Story()
    story.past_calls("refund missing")
    story.calls("refund missing")
    async with story.house.running():
        await story.event()
        before = await story.look()
        again = Story()
        again.heard.counts = story.heard.counts

        await again.desk.look()

    assert again.desk.board == story.desk.board
    assert before.contacts is not None
    assert before.contacts.days == 3
