"""Somebody silences: who is not woken, what is seen all the same, and what happens when it ends."""

from datetime import UTC, timedelta

import pytest

from alerting.errors import DirectiveRefused, SilenceTooWide, Stale
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import IncidentState, Severity, Transition
from alerting.receivers import PageBudget, ReceiverPolicy
from alerting.routing.silence_wish import SilenceWish
from alerting.settings import SilenceSettings
from streams.events import Phase
from tests.fakes.detections import detection, evidence
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

MILD = evidence(observed=200, negative_share=0.31, per_minute=40.0, polarity=-0.08)
WORST = evidence(observed=90_000, negative_share=0.95, reach=9_000_000, per_minute=18_000.0, polarity=-0.9)


def wish(world: World, *matchers: str, minutes: float = 10, **more: object) -> SilenceWish:
    ends_at = world.clock.now() + timedelta(minutes=minutes)
    return SilenceWish(matchers or ("topic=refunds",), "the flood is known", ends_at, **more)  # type: ignore[arg-type]


async def test_what_is_silenced_is_on_the_page_and_pages_when_the_silence_ends() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        silence = await house.silences.add(wish(world), by="jo")
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        [hidden] = world.incidents
        told_meanwhile = list(comms.told)
        await world.clock.advance(10 * 60 + 2)

    assert hidden.state is IncidentState.TRIGGERED
    assert [(muted.source, muted.until) for muted in hidden.muted] == [(silence.id, silence.ends_at)]
    assert hidden.muted[0].because == f"Silenced until {silence.ends_at:%d %b %H:%M} UTC by jo: the flood is known"
    assert Transition.OPENED not in told_meanwhile
    assert [change for change in comms.told if change is Transition.OPENED] == [Transition.OPENED]
    assert world.incidents[0].muted == ()


async def test_those_who_are_kept_from_it_hear_before_the_silence_ends() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world, silence_settings=SilenceSettings(notice_minutes=2)).running() as house:
        await house.silences.add(wish(world), by="jo")
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        await world.clock.advance(7 * 60)
        before = list(comms.told)
        await world.clock.advance(2 * 60)

    assert before == []
    assert comms.told == [Transition.COMMENTED]
    assert comms.attempts[0].message.said == "The silence by jo ends in 2 min; 1 open incident will page then"


async def test_an_incident_that_ends_while_it_is_silent_pages_nobody() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        await house.silences.add(wish(world), by="jo")
        world.claim(detection(seen=MILD), detection(Phase.ENDED, sequence=1, minutes=5, seen=MILD))
        await world.clock.settle()
        await world.clock.advance(11 * 60)

    assert comms.told == []
    assert world.incidents[0].state is IncidentState.RESOLVED


async def test_a_silence_that_comes_later_takes_back_what_nobody_began_to_send() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    route = {"receiver": "comms", "group_wait_seconds": 30}

    async with House(world, route=route).running() as house:
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        silence = await house.silences.add(wish(world), by="jo")
        await world.clock.advance(120)
        told_meanwhile = list(comms.told)
        await house.silences.expire(silence.id, by="jo")
        await world.clock.settle()
        await world.clock.advance(60)

    assert Transition.OPENED not in told_meanwhile
    assert comms.told[-1] is Transition.REOPENED  # a page: the first one never went out


async def test_whoever_was_paged_before_hears_of_people_and_of_the_end_but_of_no_growth() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        await house.silences.add(wish(world), by="jo")
        world.claim(detection(Phase.GREW, sequence=1, minutes=1, seen=MILD))
        await world.clock.settle()
        [incident] = world.incidents
        await house.acts.acknowledge(incident.id, by="Maya")
        await house.acts.resolve(incident.id, by="Maya")
        await world.clock.settle()

    assert comms.told == [Transition.OPENED, Transition.MUTED, Transition.ACKNOWLEDGED, Transition.RESOLVED]


async def test_nobody_is_paged_again_who_is_on_it_when_the_silence_ends() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        silence = await house.silences.add(wish(world), by="jo")
        await house.acts.acknowledge(world.incidents[0].id, by="Maya")
        await house.silences.expire(silence.id, by="jo")
        await world.clock.settle()

    assert comms.told == [Transition.OPENED, Transition.MUTED, Transition.ACKNOWLEDGED]


async def test_a_sev1_breaks_through_unless_it_was_meant() -> None:
    comms, app = ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=comms, app=app)

    async with House(world).running() as house:
        await house.silences.add(wish(world, "topic=refunds"), by="jo")
        await house.silences.add(wish(world, "topic=app", "severity=~SEV[1-4]"), by="jo")
        world.claim(detection(seen=MILD), detection(topic="app", episode="e2", seen=MILD, minutes=30))
        await world.clock.settle()
        world.claim(
            detection(Phase.GREW, sequence=1, minutes=31, seen=WORST),
            detection(Phase.GREW, sequence=1, minutes=31, topic="app", episode="e2", seen=WORST),
        )
        await world.clock.settle()

    assert {incident.topic: incident.severity for incident in world.incidents} == {
        "refunds": Severity.SEV1,
        "app": Severity.SEV1,
    }
    assert {attempt.message.topic for attempt in comms.attempts} == {"refunds"}
    assert comms.told == [Transition.OPENED]


async def test_a_silence_about_one_topic_hides_no_event_that_shows_in_another_one_too() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        await house.silences.add(wish(world, "topic=refunds"), by="jo")
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        told_alone = list(comms.told)
        world.claim(detection(topic="app", episode="e2", seen=MILD))
        await world.clock.settle()
        await world.clock.advance(2)
        older, younger = sorted(world.incidents, key=lambda one: one.id)
        await house.acts.merge(older.id, younger.id, by="Maya")
        await world.clock.advance(2)

    assert told_alone == []
    assert world.tables.incidents[older.id].muted == ()
    assert Transition.OPENED in [one.message.change for one in comms.attempts if one.message.incident == older.id]


async def test_a_recurring_silence_hides_within_its_windows_of_local_time() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    start = world.clock.now()
    local = start.astimezone(UTC)
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[local.weekday()]
    window = f"{day} {local:%H:%M}-{local + timedelta(minutes=5):%H:%M}"

    async with House(world).running() as house:
        await house.silences.add(wish(world, minutes=60 * 24 * 30, weekly=(window,)), by="jo")
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        [hidden] = world.incidents
        await world.clock.advance(4 * 60)
        before = list(comms.told)
        await world.clock.advance(61 + 2)

    assert hidden.muted[0].until == start + timedelta(minutes=5) - timedelta(seconds=start.second)
    assert before == []
    assert comms.told == [Transition.OPENED]


async def test_a_silence_that_holds_for_anything_needs_a_confirmation() -> None:
    world = World()

    async with House(world).running() as house:
        with pytest.raises(SilenceTooWide, match="its matchers hold for anything at all"):
            await house.silences.add(wish(world, "topic=~.+"), by="jo")
        confirmed = await house.silences.add(wish(world, "topic=~.+", confirmed=True), by="jo")

    assert confirmed.wide
    assert list(world.tables.directives) == [confirmed.id]


async def test_a_preview_tells_which_pages_it_would_have_hidden() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        world.claim(detection(seen=MILD), detection(topic="app", episode="e2", minutes=45, seen=MILD))
        await world.clock.settle()
        preview = await house.silences.preview(wish(world, "topic=refunds"), by="jo")

    assert (preview.width.pages, preview.width.pages_in_all) == (1, 2)
    assert [incident.topic for incident in preview.hidden] == ["refunds"]
    assert world.tables.directives == {}


async def test_what_waits_for_a_digest_is_taken_out_of_it() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    one_an_hour = {"comms": ReceiverPolicy(budgets=(PageBudget(("comms",), 1),))}

    async with House(world, policies=one_an_hour).running() as house:
        world.claim(detection(seen=MILD), detection(topic="app", episode="e2", minutes=45, seen=MILD))
        await world.clock.settle()
        await house.silences.add(wish(world, "topic=app", minutes=20), by="jo")
        await world.clock.advance(301)  # digests go out every 300 s

    assert comms.told == [Transition.OPENED, Transition.MUTED]
    assert {one.state for one in world.outbox if one.digest} == {DeliveryState.SUPERSEDED}


async def test_a_matcher_that_turns_text_around_is_refused() -> None:
    world = World()

    async with House(world).running() as house:
        with pytest.raises(DirectiveRefused, match="control characters"):
            await house.silences.add(wish(world, "topic=\u202erefunds"), by="jo")


async def test_a_silence_survives_the_process_that_took_it() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    async with House(world).running() as house:
        silence = await house.silences.add(wish(world), by="jo")

    async with House(world).running():
        world.claim(detection(seen=MILD))
        await world.clock.settle()

    assert [muted.source for muted in world.incidents[0].muted] == [silence.id]
    assert comms.told == []


async def test_ending_it_on_the_ground_of_an_older_state_is_refused() -> None:
    world = World()

    async with House(world).running() as house:
        silence = await house.silences.add(wish(world), by="jo")
        changed = await house.silences.change(silence.id, wish(world, minutes=7), by="al", expected_revision=1)
        with pytest.raises(Stale):
            await house.silences.expire(silence.id, by="jo", expected_revision=1)

    assert (changed.revision, changed.ends_at) == (2, world.clock.now() + timedelta(minutes=7))
    assert [(entry.act, entry.actor) for entry in world.tables.directive_entries] == [
        ("silence.created", "jo"),
        ("silence.changed", "al"),
    ]
