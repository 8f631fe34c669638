from collections.abc import Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry

from streams.broker.base import Outgoing, Partition, Record, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.lane import Lane
from streams.lane_phase import LanePhase
from streams.metrics import StreamMetrics
from streams.pace import Pace
from streams.settings import KafkaSettings
from streams.stage_reading import reader
from streams.stages.base import Restored
from tests.fakes.clock import FakeClock
from tests.fakes.flaky_broker import FlakyBroker


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

    is_saving = False

    def snapshot_slice(self, next_offset: int) -> list[Outgoing]:
        del next_offset
        return []

    snapshot = snapshot_slice


class Counting(Listening):
    """A stage that counts what it reads."""

    watermark_ms = None

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    def fold(self, records: Sequence[Record], now: datetime) -> None:
        del now
        self.read += len(records)

    def counts(self) -> dict[str, int]:
        return {"read": self.read}


def mention(offset: int) -> Record:
    return Record(Partition("mentions", 0), offset, None, b"", 0)


async def restored_lane(
    stage: Listening, *, flaky: FlakyBroker | None = None, registry: CollectorRegistry | None = None
) -> Lane:
    broker = flaky or FlakyBroker(MemoryBroker())
    await broker.create_topics([TopicSpec("mentions", 1)])
    lane = Lane(
        Partition("mentions", 0),
        broker=broker,
        group="score",
        stage_factory=lambda _: stage,
        changelog=None,
        clock=FakeClock(),
        metrics=StreamMetrics(registry or CollectorRegistry()),
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


async def test_what_is_taken_in_while_a_write_is_under_way_is_not_counted_with_it() -> None:
    stage, registry, flaky = Counting(), CollectorRegistry(), FlakyBroker(MemoryBroker())
    lane = await restored_lane(stage, flaky=flaky, registry=registry)
    lane.phase = LanePhase.RUNNING

    async def two_more_are_read(_: Partition) -> None:
        lane.fold([mention(1), mention(2)], FakeClock().now())

    flaky.before_commit = two_more_are_read
    lane.fold([mention(0)], FakeClock().now())
    await lane.finish()

    # Whether the other two are ever written nobody knows yet; who reads them again would count them twice.
    assert (stage.read, registry.get_sample_value("tocsin_mentions_read_total")) == (3, 1)
