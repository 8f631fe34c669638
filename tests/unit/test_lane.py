from collections.abc import Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry

from streams.broker.base import Outgoing, Partition, Record, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.lane import Lane, LanePhase
from streams.metrics import StreamMetrics
from streams.pace import Pace
from streams.settings import KafkaSettings
from streams.stage_reading import reader
from streams.stages.base import Restored
from tests.fakes.clock import FakeClock


class Listening:
    """A stage that only remembers what it was told about the end."""

    def __init__(self) -> None:
        self.at_ends: list[bool] = []

    def restore(self, changelog: Sequence[Record], committed: int | None) -> Restored:
        del changelog
        return Restored(committed)

    def replay(self, records: Sequence[Record]) -> None: ...

    def fold(self, records: Sequence[Record], now: datetime) -> None: ...

    def flush(self, now: datetime, *, at_end: bool) -> list[Outgoing]:
        del now
        self.at_ends.append(at_end)
        return []

    def changes(self, next_offset: int) -> list[Outgoing]:
        del next_offset
        return []

    def snapshot(self, next_offset: int) -> list[Outgoing]:
        del next_offset
        return []


async def restored_lane(stage: Listening) -> Lane:
    broker = MemoryBroker()
    await broker.create_topics([TopicSpec("mentions", 1)])
    lane = Lane(
        Partition("mentions", 0),
        broker=broker,
        group="score",
        stage_factory=lambda _: stage,
        changelog=None,
        clock=FakeClock(),
        metrics=StreamMetrics(CollectorRegistry()),
        reader=reader(KafkaSettings()),
        pace=Pace(),
        snapshot_seconds=60,
    )
    await lane.take_over()
    return lane


async def test_a_poll_that_began_before_the_takeover_does_not_prove_the_end() -> None:
    stage = Listening()
    lane = await restored_lane(stage)

    lane.caught_up()
    lane.phase = LanePhase.RUNNING
    await lane.commit_due()

    assert stage.at_ends == [False]


async def test_a_running_lane_at_the_end_tells_its_stage() -> None:
    stage = Listening()
    lane = await restored_lane(stage)
    lane.phase = LanePhase.RUNNING

    lane.caught_up()
    await lane.commit_due()

    assert stage.at_ends == [True]
