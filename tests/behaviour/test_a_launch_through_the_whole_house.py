"""A launch that was announced, from its mentions to the people: streams decide, alerting judges what was expected."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

import pytest

from alerting.incidents.model import Transition
from alerting.incidents.muted import MuteKind
from alerting.routing.notice_wish import NoticeWish
from streams import codec
from streams.broker.base import Partition, Record
from streams.events import Detection, PartialCount
from streams.settings import DetectSettings, StreamSettings
from streams.stages.detect import DetectStage
from streams.topic_settings import TopicSettings
from streams.windows import Slot
from tests.fakes.clock import START
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.streams_of_counts import minutes, tally

USUAL = 20.0
HOURS = 24
PIECES = 12
LAUNCH_MINUTES = 30

SETTINGS = StreamSettings(
    detect=DetectSettings(warm_up_mentions=30),
    topics=(
        TopicSettings(id="refunds", name="Refunds", query="refund", collecting_since=START - timedelta(hours=HOURS)),
    ),
)


def claimed(times: float, negative_share: float, then: float | None = None) -> Iterator[Detection]:
    """What the detectors claim of usual hours and a launch with `times` the usual rate, and with `then` afterwards."""
    stage = DetectStage(
        0, kafka=SETTINGS.kafka, time=SETTINGS.time, detect=SETTINGS.detect, topics=SETTINGS.topic_values()
    )
    first = int(START.timestamp()) - HOURS * 3600
    usual = minutes(7, HOURS * 60, USUAL, dispersion=0.02, start=first)
    loud = minutes(8, LAUNCH_MINUTES, USUAL * times, negative_share=negative_share, start=int(START.timestamp()))
    later = int(START.timestamp()) + LAUNCH_MINUTES * 60
    louder = minutes(
        9, LAUNCH_MINUTES if then else 0, USUAL * (then or 0.0), negative_share=negative_share, start=later
    )
    counted = (*_by_piece(usual, 1), *_by_piece(loud, PIECES), *_by_piece(louder, PIECES))
    for offset, (second, mentions, negative) in enumerate(counted):
        counts = PartialCount("refunds", 1, second, tally(mentions, negative))
        stage.fold((Record(Partition("launch", 0), offset, None, codec.encode_partial(counts), 0),), START)
        for outgoing in stage.flush(START, at_end=False):
            if outgoing.kafka_topic == SETTINGS.kafka.detections:
                yield codec.decode_detection(outgoing.value)


def _by_piece(slots: Iterable[Slot], pieces: int) -> Iterator[tuple[int, int, int]]:
    """Second, mentions and negative ones, each minute in so many pieces, as evenly as whole numbers allow."""
    for slot in slots:
        for piece in range(pieces):
            mentions, negative = (
                whole * (piece + 1) // pieces - whole * piece // pieces
                for whole in (slot.tally.mentions, slot.tally.negative)
            )
            yield slot.start + piece * 60 // pieces, mentions, negative


async def story(times: float, negative_share: float, then: float | None = None) -> tuple[World, ScriptedNotifier]:
    """Eight times the usual was announced; so many times it became."""
    comms = ScriptedNotifier()
    world = World(comms=comms)
    async with House(world).running() as house:
        wish = NoticeWish("launch", ("refunds",), "version 9", START + timedelta(hours=6), expected_multiplier=8.0)
        await house.notices.add(wish, by="Product")
        for detection in claimed(times, negative_share, then):
            world.claim(detection)
            await world.clock.settle()
    return world, comms


async def test_eight_times_the_usual_was_announced_and_pages_nobody() -> None:
    world, comms = await story(times=8.0, negative_share=0.2)

    assert world.incidents, "the detectors did not see a launch at all"
    assert {muted.kind for one in world.incidents for muted in one.muted} == {MuteKind.NOTICE}
    assert comms.told == []


@pytest.mark.parametrize(
    ("times", "negative_share"),
    [
        (24.0, 0.2),  # three times the forecast
        (8.0, 0.6),  # as many as announced, three times as angry as usual
    ],
    ids=["beyond the forecast", "angry"],
)
async def test_more_than_announced_or_anger_pages(times: float, negative_share: float) -> None:
    _, comms = await story(times, negative_share)

    assert comms.told[:1] == [Transition.OPENED]


async def test_what_began_as_announced_pages_when_it_goes_beyond() -> None:
    world, comms = await story(times=8.0, negative_share=0.2, then=24.0)

    assert comms.told == [Transition.OPENED]
    muted, unmuted = (
        next(entry for entry in world.tables.entries if entry.transition is transition)
        for transition in (Transition.MUTED, Transition.UNMUTED)
    )
    assert muted.position < unmuted.position
    assert unmuted.text.startswith("No longer expected: 8.")
