"""Ops announce what is going to happen: who is woken by it, who is not, and what stands on the incident."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from alerting.errors import DirectiveRefused
from alerting.incidents.model import Transition
from alerting.incidents.muted import MuteKind
from alerting.routing.notice_wish import NoticeWish
from streams.events import Evidence, Phase
from streams.notice_record import NoticeRecord
from tests.fakes.detections import detection
from tests.fakes.house import NOTICES, House, World
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.stored import window

CALM = Evidence(
    observed=400,
    expected=50.0,
    low=40.0,
    high=60.0,
    window_seconds=300,
    polarity=0.1,
    polarity_expected=0.1,
    negative_share=0.2,
    negative_share_expected=0.2,
    per_minute=80.0,
)
BEYOND = msgspec.structs.replace(CALM, observed=850, per_minute=170.0)
ANGRY = msgspec.structs.replace(CALM, negative_share=0.6, polarity=-0.3)


def launch(world: World, **more: Any) -> NoticeWish:
    wish = NoticeWish(
        kind="launch",
        topics=("refunds",),
        text="version 9",
        ends_at=world.clock.now() + timedelta(minutes=20),
        expected_multiplier=8.0,
        owner="Product",
    )
    return msgspec.structs.replace(wish, **more)


async def test_an_announced_launch_pages_nobody_and_says_so() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        notice = await house.notices.add(launch(world), by="jo")
        world.claim(detection(seen=CALM))
        await world.clock.settle()
        [incident] = world.incidents

    assert comms.told == []
    assert [(muted.kind, muted.source) for muted in incident.muted] == [(MuteKind.NOTICE, notice.id)]
    assert incident.announced[0].startswith("Launch announced by Product until")


@pytest.mark.parametrize("seen", [BEYOND, ANGRY], ids=["beyond the forecast", "angry"])
async def test_more_than_that_pages(seen: Evidence) -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        await house.notices.add(launch(world), by="jo")
        world.claim(detection(seen=CALM))
        await world.clock.settle()
        before = list(comms.told)
        world.claim(detection(Phase.GREW, sequence=1, minutes=5, seen=seen))
        await world.clock.settle()

    assert before == []
    assert comms.told == [Transition.OPENED]
    assert comms.attempts[0].message.announced == world.incidents[0].announced  # and the page tells of the launch


async def test_what_goes_on_beyond_the_forecast_pages_within_seconds_though_no_detection_says_so() -> None:
    """10 a minute are usual and 8 times that announced, so more than 160 a minute are beyond."""
    comms = ScriptedNotifier()
    world = World(comms=comms)

    def minutes(mentions: int) -> None:
        now = int(world.clock.now().timestamp()) // 60 * 60
        world.count(*(window(now - 60 * back, mentions, revision=mentions) for back in range(1, 6)))

    async with House(world).running() as house:
        await house.notices.add(launch(world), by="jo")
        world.claim(detection(seen=CALM))
        minutes(159)
        await world.clock.advance(120)
        within = list(comms.told)
        minutes(170)
        await world.clock.advance(5)
        beyond = list(comms.told)
        minutes(90)
        await world.clock.advance(120)

    assert within == []
    assert beyond == comms.told == [Transition.OPENED]  # and it is not hushed again when it eases
    assert "Beyond the forecast: 170 mentions a minute, 17.0 times the usual, 8 announced" in [
        entry.text for entry in world.tables.entries
    ]


async def test_when_the_notice_is_over_what_is_still_open_pages() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        notice = await house.notices.add(launch(world), by="jo")
        world.claim(detection(seen=CALM))
        await world.clock.settle()
        before = list(comms.told)
        await house.notices.end(notice.id, by="jo")
        await world.clock.settle()

    assert before == []
    assert comms.told == [Transition.OPENED]
    assert world.incidents[0].announced == ()


async def test_a_notice_that_expects_no_rise_stands_on_the_page_that_goes_out() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        await house.notices.add(
            launch(world, kind="outage", text="provider is down", expected_multiplier=None), by="jo"
        )
        world.claim(detection(seen=CALM))
        await world.clock.settle()

    assert comms.told == [Transition.OPENED]
    assert comms.attempts[0].message.announced[0].endswith(": provider is down")
    assert Transition.ANNOUNCED in [entry.transition for entry in world.tables.entries]


def record(world: World, **more: Any) -> bytes:
    now = world.clock.now()
    told = NoticeRecord(
        id="deploy-17",
        kind="launch",
        topics=("refunds",),
        owner="Release",
        text="version 9",
        starts_at=now,
        ends_at=now + timedelta(minutes=20),
        expected_multiplier=8.0,
    )
    return msgspec.json.encode(msgspec.structs.replace(told, **more))


async def test_notices_come_over_kafka_once_each_and_the_last_word_holds() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running():
        world.write(NOTICES, record(world), record(world, text="version 9.1"), b"nonsense", record(world, kind="party"))
        await world.clock.settle()
        world.claim(detection(seen=CALM))
        await world.clock.settle()
        [incident] = world.incidents
        world.write(NOTICES, record(world, withdrawn=True))
        await world.clock.settle()
        await world.clock.advance(6)

    assert [muted.source for muted in incident.muted] == ["ntc_kafka_deploy-17"]
    assert incident.announced[0].endswith(": version 9.1")
    assert comms.told == [Transition.OPENED]  # withdrawn: it pages after all
    assert [entry.act for entry in world.tables.directive_entries] == [
        "notice.created",
        "notice.changed",
        "notice.ended",
    ]
    assert world.tables.positions[NOTICES] == 5


async def test_a_notice_about_a_topic_that_nobody_tracks_is_refused() -> None:
    world = World()

    async with House(world).running() as house:
        with pytest.raises(DirectiveRefused, match="there is no topic 'refnds'"):
            await house.notices.add(launch(world, topics=("refnds",)), by="jo")

    assert world.tables.directives == {}
