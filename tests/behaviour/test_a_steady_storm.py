"""A storm that goes on without growing: what people read of it is counted up, and nobody is woken for that."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from html import unescape
from itertools import groupby
from pathlib import Path

import msgspec
from msgspec.structs import replace

from alerting.errors import DeliveryRejected
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import Transition
from alerting.incidents.wording import count, goes_on
from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.clock import SystemClock
from streams.events import Detection, Phase
from streams.findings import Excess
from streams.matching import TopicMatcher
from streams.sentiment.vader import VaderScorer
from streams.settings import DetectSettings, StreamSettings
from streams.stages.detect import DetectStage
from streams.stages.score import ScoreStage
from streams.topic_settings import TopicSettings
from tests.fakes.api_house import sign_in
from tests.fakes.asgi_client import AsgiClient
from tests.fakes.clock import START
from tests.fakes.detections import detection, evidence
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.whole_api import sqlite_in, whole_api

CLOCK = SystemClock()
MILD = evidence(observed=200, negative_share=0.31, per_minute=40.0, polarity=-0.08)
WORST = evidence(reach=90_000_000)
CALM_MINUTES = 120
STORM_MINUTES = 45
SETTINGS = StreamSettings(
    detect=DetectSettings(warm_up_mentions=30, pages_per_week=1.0),
    topics=(TopicSettings(id="refunds", name="Refunds", query="refund*", collecting_since=START),),
)


def kafka_records() -> list[Record]:
    """JSON as a source writes it: three mentions a minute, and for the last three quarters of an hour 30 more."""
    rng = random.Random(3)  # noqa: S311 - a recording, not a secret
    whole = (CALM_MINUTES + STORM_MINUTES) * 60
    said = [(rng.uniform(0, whole), "the refund took a while") for _ in range(whole // 20)]
    said += [
        (rng.uniform(CALM_MINUTES * 60, whole), f"refund pending for {rng.randrange(2, 90)} days, terrible")
        for _ in range(30 * STORM_MINUTES)
    ]
    records = []
    for offset, (second, text) in enumerate(sorted(said)):
        at = START + timedelta(seconds=second)
        value = msgspec.json.encode(
            {"id": str(offset), "platform": "x", "published_at": at, "text": text, "author": {"id": f"a{offset}"}}
        )
        partition = Partition(SETTINGS.kafka.mentions, 0)
        records.append(Record(partition, offset, f"x:{offset}".encode(), value, int(at.timestamp() * 1000)))
    return records


def decided(records: Sequence[Record]) -> list[Outgoing]:
    """What both stages make of the records as they come in, second by second: the detections, as they are written."""
    score = ScoreStage(
        matcher=TopicMatcher(SETTINGS.topic_values()),
        scorer=VaderScorer(),
        kafka=SETTINGS.kafka,
        time=SETTINGS.time,
        settings=SETTINGS.score,
        source=Partition(SETTINGS.kafka.mentions, 0),
        sources=1,
        partials_partitions=1,
    )
    detect = DetectStage(
        0, kafka=SETTINGS.kafka, time=SETTINGS.time, detect=SETTINGS.detect, topics=SETTINGS.topic_values()
    )
    offset, written = 0, []
    for second, arrived in groupby(records, key=lambda record: record.timestamp_ms // 1000):
        now = datetime.fromtimestamp(second + 1, START.tzinfo)
        score.fold(list(arrived), now)
        for made in score.flush(now, at_end=True):
            if made.kafka_topic == SETTINGS.kafka.partials:
                detect.fold((Record(Partition("partials", 0), offset, made.key, made.value, 0),), now)
                offset += 1
        written += detect.flush(now, at_end=False)
    return [made for made in written if made.kafka_topic == SETTINGS.kafka.detections]


def above(one: Detection) -> str:
    """How many more than usual it counts, as the page says it."""
    assert one.evidence.excess is not None
    return f"{count(one.evidence.excess.mentions - one.evidence.excess.expected)} mentions above expected"


async def page_with(browser: AsgiClient, path: str, words: str) -> str:
    """The page, once it says this."""
    async with asyncio.timeout(60):
        while words not in (page := unescape((await browser.get(path)).text)):
            await CLOCK.sleep(0.02)
    return page


async def test_the_console_page_of_a_steady_storm_is_counted_up_from_its_mentions(tmp_path: Path) -> None:
    claims = [(codec.decode_detection(made.value or b""), made) for made in decided(kafka_records())]
    counted = [place for place, (one, _) in enumerate(claims) if one.phase is Phase.COUNTED]
    told, last = claims[counted[0] - 1][0], claims[counted[-1]][0]
    assert len(counted) == 3  # after 3, 10 and 30 minutes

    async with whole_api(sqlite_in(tmp_path), CLOCK) as house:
        browser = AsgiClient(house.app)
        await sign_in(browser)
        await house.broker.send([made for _, made in claims[: counted[0]]])
        home = await page_with(browser, "/", 'href="/incidents/inc_')
        path = f"/incidents/inc_{home.split('/incidents/inc_')[1][:26]}"
        before = await page_with(browser, path, above(told))
        await house.broker.send([made for _, made in claims[counted[0] : counted[-1] + 1]])
        await page_with(browser, path, goes_on(last.evidence))  # the history, which is written with the counts
        after = await page_with(browser, path, above(last))

    assert above(last) not in before
    assert "Goes on: " not in before
    # A count speaks of minutes that are final: where the mood has spoken of later ones meanwhile, it is overtaken.
    current = [place for place in counted if all(claims[place][0].at >= one.at for one, _ in claims[:place])]
    assert after.count("Goes on: ") == len(current) >= 2
    assert last.evidence.excess is not None
    assert last.evidence.excess.mentions > 5 * told.evidence.observed
    assert last.evidence.authors <= last.evidence.excess.mentions  # each has an author of its own, and the sketch errs
    assert last.evidence.forecast is not None
    assert f"{count(last.evidence.forecast.final)} above usual in all" in after


def counted_after(minutes: float, *, episode: str = "e1", topic: str = "refunds") -> Detection:
    """1,240 mentions an hour since it began, a tenth of them usual, by evidence that would be the worst severity."""
    mentions = round(1240 * minutes / 60)
    whole = Excess(START, mentions, mentions * 0.1, other=0.0, sampled=64)
    seen = replace(WORST, excess=whole)
    return detection(Phase.COUNTED, sequence=1, minutes=minutes, seen=seen, episode=episode, topic=topic)


async def test_it_keeps_the_message_current_and_wakes_nobody() -> None:
    comms, pager = ScriptedNotifier("C1:1.0"), ScriptedNotifier(kind="pager", unwanted=frozenset({Transition.COUNTED}))
    world = World(comms=comms, pager=pager)
    both = {"receiver": "comms", "routes": [{"receiver": "comms", "continue": True}, {"receiver": "pager"}]}
    async with House(world, route=both).running():
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        before = world.incidents[0]
        world.claim(counted_after(60))
        await world.clock.settle()

    (incident,) = world.incidents
    assert [(one.message.change, one.reference) for one in comms.attempts][1:] == [(Transition.COUNTED, "C1:1.0")]
    assert comms.attempts[1].message.excess == 1240 * 0.9
    assert Transition.COUNTED not in pager.told
    line = world.tables.entries[-1]
    assert (line.transition, line.text) == (
        Transition.COUNTED,
        "Goes on: 1,240 mentions since 12:00, 1,116 above expected",
    )
    assert line.paged == ()
    assert incident.evidence.excess is not None
    assert (incident.severity, incident.receivers, incident.state) == (before.severity, before.receivers, before.state)


async def test_where_no_message_is_out_there_is_none_to_keep_current() -> None:
    comms = ScriptedNotifier(DeliveryRejected("no such channel"))
    world = World(comms=comms)
    async with House(world).running():
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        world.claim(counted_after(3), counted_after(10))
        await world.clock.settle()

    assert comms.told == [Transition.OPENED]
    states = [one.state for one in world.outbox if one.change is Transition.COUNTED]
    assert states
    assert set(states) == {DeliveryState.SUPERSEDED}


async def test_what_a_person_resolved_or_put_off_is_left_alone() -> None:
    comms = ScriptedNotifier("C1:1.0")
    world = World(comms=comms)
    async with House(world).running() as house:
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        (incident,) = world.incidents
        await house.acts.resolve(incident.id, by="Ana")
        await world.clock.settle()
        resolved = world.incidents[0]
        world.claim(counted_after(60))
        await world.clock.settle()

    assert world.incidents == [resolved]
    assert comms.told == [Transition.OPENED, Transition.RESOLVED]


async def test_the_same_count_twice_is_one_line() -> None:
    world = World()
    async with House(world).running():
        world.claim(detection(seen=MILD), counted_after(3), counted_after(3))
        await world.clock.settle()

    assert [one.transition for one in world.tables.entries].count(Transition.COUNTED) == 1
