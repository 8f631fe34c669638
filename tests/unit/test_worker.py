import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from streams.broker.base import Consumer, Outgoing, Partition, Poll, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.broker.memory_consumer import MemoryConsumer
from streams.errors import BrokerUnavailable, Fenced, StateCorrupted
from streams.metrics import StreamMetrics
from streams.readiness import Readiness
from streams.settings import KafkaSettings
from streams.stage_reading import reader
from streams.worker import Worker, WorkerSettings
from tests.fakes.clock import FakeClock
from tests.fakes.flaky_broker import FlakyBroker
from tests.fakes.summing_stage import SummingStage

GROUP = "adders"
QUICK = WorkerSettings(poll_seconds=0.002, snapshot_seconds=30, stop_seconds=10, fenced_seconds=20)
HALF, EIGHTH = 0.5, 0.125  # steps that add up without rounding, however long the test
ZERO, ONE = Partition("numbers", 0), Partition("numbers", 1)


class Bench:
    """A cluster with numbers to add up, and workers on it."""

    def __init__(
        self, partitions: int = 1, *, speaks: bool = True, slices: int = 1, seconds_per_record: float = 0.0
    ) -> None:
        self._speaks, self._slices = speaks, slices
        self._seconds_per_record = seconds_per_record
        self.clock = FakeClock()
        self.cluster = MemoryCluster(clock=self.clock)
        for name in ("numbers", "sums", "state"):
            self.cluster.create(TopicSpec(name, partitions))
        self.stages: list[SummingStage] = []
        self.registry = CollectorRegistry()
        self.metrics = StreamMetrics(self.registry)

    def put(self, numbers: Iterable[int], partition: int = 0) -> None:
        self.cluster.append([Outgoing("numbers", None, str(n).encode(), partition=partition) for n in numbers])

    def sums(self, partition: int = 0) -> list[str]:
        return [
            (record.value or b"").decode() for record in self.cluster.log(Partition("sums", partition)).read(0, 9999)
        ]

    def committed(self, partition: Partition = ZERO) -> int | None:
        return self.cluster.committed(GROUP, partition)

    def snapshots(self, partition: int = 0) -> list[bytes | None]:
        return [record.value for record in self.cluster.log(Partition("state", partition)).read(0, 9999)]

    def broker(self) -> FlakyBroker:
        return FlakyBroker(MemoryBroker(self.cluster))

    def worker(self, broker: FlakyBroker | None = None, settings: WorkerSettings = QUICK) -> Worker:
        def make(partition: Partition) -> SummingStage:
            made = SummingStage(partition, speaks=self._speaks, slices=self._slices, labour=self._labour)
            self.stages.append(made)
            return self.stages[-1]

        return Worker(
            broker or self.broker(),
            GROUP,
            ("numbers",),
            make,
            changelog="state",
            clock=self.clock,
            settings=settings,
            metrics=self.metrics,
            reader=reader(KafkaSettings()),
        )

    def _labour(self) -> None:
        self.clock.work(self._seconds_per_record)

    @asynccontextmanager
    async def running(self, worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(worker.run(stop), name="worker")
            yield task
            stop.set()
            await until(task.done)

    async def join_for_a_moment(self) -> None:
        """Another member comes and goes."""
        consumer = await MemoryBroker(self.cluster).consumer(GROUP, ["numbers"])
        await consumer.close()

    def metric(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)

    def delay(self, partition: int) -> float | None:
        """How far event time of a partition is said to be behind."""
        return self.metric(
            "tocsin_watermark_delay_seconds", group=GROUP, kafka_topic="numbers", partition=str(partition)
        )


class DeafConsumer(MemoryConsumer):
    """Delivers nothing before it has joined again."""

    joined_again = False

    async def start(self, partition: Partition, offset: int | None) -> None:
        if self.joined_again:
            await super().start(partition, offset)

    async def rejoin(self) -> None:
        self.joined_again = True
        await super().rejoin()


class DeafBroker(MemoryBroker):
    def __init__(self, cluster: MemoryCluster, only: Consumer) -> None:
        super().__init__(cluster)
        self._only = only

    async def consumer(self, group: str, kafka_topics: Sequence[str]) -> Consumer:
        del group, kafka_topics
        return self._only


async def until(reached: Callable[[], bool], clock: FakeClock | None = None, step: float = 0.1) -> None:
    """Let things run, and time go on in steps where a clock is given, until `reached`."""
    async with asyncio.timeout(10):
        while not reached():
            await FakeClock.settle()
            if clock is not None:
                await clock.advance(step)


def sums_of(numbers: Iterable[int]) -> list[str]:
    total, lines = 0, []
    for offset, number in enumerate(numbers):
        total += number
        lines.append(f"{offset}:{total}")
    return lines


async def test_writes_what_it_read_together_with_its_position() -> None:
    bench = Bench()
    bench.put([1, 2, 3])

    async with bench.running(bench.worker()):
        await until(lambda: bench.committed() == 3)

    assert bench.sums() == ["0:1", "1:3", "2:6"]


async def test_goes_on_after_a_restart_where_it_stopped() -> None:
    bench = Bench()
    bench.put([1, 2])
    async with bench.running(bench.worker()):
        await until(lambda: bench.committed() == 2)

    bench.put([3])
    async with bench.running(bench.worker()):
        await until(lambda: bench.committed() == 3)

    assert bench.sums() == ["0:1", "1:3", "2:6"]
    assert bench.stages[-1].replayed == []


async def test_a_stop_saves_the_state_so_that_nothing_is_replayed() -> None:
    bench = Bench()
    bench.put([4, 5])

    async with bench.running(bench.worker()):
        await until(lambda: bench.committed() == 2)

    assert bench.snapshots()[-1] == b"9@2"


async def test_replays_in_silence_what_is_committed_but_in_no_snapshot() -> None:
    bench = Bench()
    bench.put([1, 2, 3, 4])
    bench.cluster.append([Outgoing("state", b"sum", b"3@2", partition=0)])
    bench.cluster.commit(GROUP, ZERO, 3)

    async with bench.running(bench.worker()):
        await until(lambda: bench.committed() == 4)

    assert bench.stages[0].replayed == [2]
    assert bench.sums() == ["3:10"]


async def test_goes_on_from_the_snapshot_when_the_position_of_the_group_has_expired() -> None:
    bench = Bench()
    bench.put([1, 2, 3])
    bench.cluster.append([Outgoing("state", b"sum", b"3@2", partition=0)])

    async with bench.running(bench.worker()):
        await until(lambda: bench.committed() == 3)

    assert bench.sums() == ["2:6"]


async def test_takes_snapshots_of_different_partitions_at_different_times() -> None:
    bench = Bench(partitions=2)
    bench.put([1], 0)
    bench.put([1], 1)
    worker = bench.worker()

    async with bench.running(worker):
        await until(lambda: bench.committed(ZERO) == bench.committed(ONE) == 1)
        # The first one comes at a fraction of the 30 seconds: 0 for partition 0, 0.618 for partition 1.
        assert (len(bench.snapshots(0)), len(bench.snapshots(1))) == (1, 0)
        bench.put([1], 1)
        await bench.clock.advance(18)
        await until(lambda: bench.committed(ONE) == 2)
        assert len(bench.snapshots(1)) == 0
        await bench.clock.advance(1)
        bench.put([1], 1)
        await until(lambda: bench.committed(ONE) == 3)
        assert len(bench.snapshots(1)) == 1


async def test_slices_of_a_snapshot_follow_in_fifths_of_a_second_and_the_position_is_that_of_the_first() -> None:
    bench = Bench(slices=3)
    bench.put([4, 5])

    async with bench.running(bench.worker()):
        await until(lambda: len(bench.snapshots()) == 1)
        await bench.clock.advance(0.19)
        assert bench.snapshots() == [b"2 left"]
        await bench.clock.advance(0.01)
        await until(lambda: len(bench.snapshots()) == 2)
        bench.put([6])
        await until(lambda: bench.committed() == 3)

        assert bench.snapshots() == [b"2 left", b"1 left", b"9@2"]


async def test_a_stop_in_the_middle_of_a_snapshot_saves_the_whole() -> None:
    bench = Bench(slices=3)
    bench.put([4, 5])

    async with bench.running(bench.worker()):
        await until(lambda: bench.committed() == 2)
        await until(lambda: len(bench.snapshots()) == 1)

    assert bench.snapshots() == [b"2 left", b"9@2"]


async def test_an_idle_worker_flushes_every_second_and_commits_nothing() -> None:
    bench = Bench()
    broker = bench.broker()
    worker = bench.worker(broker)

    async with bench.running(worker):
        await until(lambda: worker.readiness is Readiness.READY)
        flushes = bench.stages[0].flushes
        await until(lambda: len(flushes) == 1)
        for second in range(1, 10):
            await bench.clock.advance(0.99)
            assert len(flushes) == second
            await bench.clock.advance(0.01)
            await until(lambda: len(flushes) == second + 1)  # noqa: B023  # awaited in this very turn
        assert all(flushes[1:])

    assert broker.commits == []


async def test_a_position_alone_is_committed_every_five_seconds_and_at_the_stop() -> None:
    bench = Bench(partitions=2, speaks=False)
    worker = bench.worker()

    async with bench.running(worker):
        await until(lambda: worker.readiness is Readiness.READY)
        stage = next(stage for stage in bench.stages if stage.partition == ONE)  # whose first snapshot comes at 18.5 s
        bench.put([1, 2], 1)
        await until(lambda: stage.sum == 3)
        await bench.clock.advance(2)
        assert bench.committed(ONE) is None
        await until(lambda: bench.committed(ONE) == 2, bench.clock)
        assert 2 < bench.clock.monotonic() < 10
        bench.put([3], 1)
        await until(lambda: stage.sum == 6)
        assert bench.committed(ONE) == 2

    assert bench.committed(ONE) == 3


async def test_waits_with_a_second_flush_but_never_with_the_first_after_a_silence() -> None:
    bench = Bench()
    worker = bench.worker(settings=WorkerSettings(poll_seconds=0.002, flush_seconds=0.2))

    async with bench.running(worker):
        await until(lambda: worker.readiness is Readiness.READY)
        bench.put([1])
        await until(lambda: bench.sums() == ["0:1"])
        bench.put([1])
        await until(lambda: bench.stages[0].sum == 2)
        assert bench.sums() == ["0:1"]
        await bench.clock.advance(0.2)
        await until(lambda: bench.sums() == ["0:1", "1:2"])


async def test_a_backlog_is_written_in_few_large_parts() -> None:
    bench = Bench()
    worker = bench.worker(settings=WorkerSettings(poll_seconds=0.002, max_records=100))

    bench.put([1] * 6_000)
    async with bench.running(worker):
        await until(lambda: bench.committed(ZERO) == 6_000)

    # at once, not while more than 2,000 stand unread, then perhaps after each poll of the last 20, and at the end
    assert bench.sums()[-1] == "5999:6000"
    commits = bench.metric("tocsin_commits_total", group="adders")
    assert commits is not None
    assert commits <= 23


async def test_two_workers_share_the_partitions_and_lose_and_double_nothing() -> None:
    bench = Bench(partitions=2)
    first, second = bench.worker(), bench.worker()
    numbers = list(range(60))

    async with bench.running(first):
        for number in numbers[:30]:
            bench.put([number], number % 2)
            await bench.clock.settle()
        async with bench.running(second):
            for number in numbers[30:]:
                bench.put([number], number % 2)
                await bench.clock.settle()
            await until(lambda: bench.committed(ZERO) == bench.committed(ONE) == 30, bench.clock)
            assert first.readiness is second.readiness is Readiness.READY

    assert bench.sums(0) == sums_of(numbers[::2])
    assert bench.sums(1) == sums_of(numbers[1::2])


async def test_a_member_without_partitions_is_ready_once_that_is_certain() -> None:
    bench = Bench(partitions=1)
    first, second = bench.worker(), bench.worker()

    async with bench.running(first), bench.running(second):
        await until(lambda: first.readiness is Readiness.READY)
        assert second.readiness is Readiness.WAITING
        await bench.clock.advance(20)
        assert await second.until_ready() is Readiness.STANDBY


async def test_a_broker_that_is_away_is_waited_for_and_said_once_and_loses_nothing() -> None:
    bench = Bench()
    broker = bench.broker()
    worker = bench.worker(broker)
    away = False

    async def fail_while_away(_: Partition) -> None:
        if away:
            raise BrokerUnavailable("connection refused")

    broker.before_open = broker.before_commit = fail_while_away
    with capture_logs() as logs:
        async with bench.running(worker):
            bench.put([1])
            await until(lambda: bench.committed() == 1)
            away = True
            bench.put([2])
            await until(lambda: worker.readiness is Readiness.UNAVAILABLE)
            await bench.clock.advance(60)
            assert worker.readiness is Readiness.UNAVAILABLE
            away = False
            await until(lambda: bench.committed() == 2, bench.clock, step=1)
            assert await worker.until_ready() is Readiness.READY

    assert bench.sums() == ["0:1", "1:3"]
    said = [entry["event"] for entry in logs if entry["event"].startswith("broker.")]
    assert said == ["broker.unavailable", "broker.available"]


async def test_a_commit_whose_answer_was_lost_is_not_written_again() -> None:
    bench = Bench()
    broker = bench.broker()
    lost = 0

    async def lose_the_first_answer(_: Partition) -> None:
        nonlocal lost
        lost += 1
        if lost == 1:
            raise BrokerUnavailable("no answer within 15 s")

    broker.after_commit = lose_the_first_answer
    async with bench.running(bench.worker(broker)):
        bench.put([1])
        await until(lambda: bench.committed() == 1)
        bench.put([2])
        await until(lambda: bench.committed() == 2, bench.clock)

    assert bench.sums() == ["0:1", "1:3"]


async def test_an_unreachable_broker_at_the_start_is_waited_for() -> None:
    bench = Bench()
    broker = bench.broker()
    attempts = 0

    async def refuse_three_times() -> None:
        nonlocal attempts
        attempts += 1
        if attempts <= 3:
            raise BrokerUnavailable("connection refused")

    broker.before_join = refuse_three_times
    worker = bench.worker(broker)
    bench.put([1])

    async with bench.running(worker):
        await until(lambda: worker.readiness is Readiness.UNAVAILABLE)
        await until(lambda: bench.committed() == 1, bench.clock)

    assert attempts == 4


async def test_stops_at_once_while_it_waits_for_the_broker() -> None:
    bench = Bench()
    broker = bench.broker()

    async def refuse() -> None:
        raise BrokerUnavailable("connection refused")

    broker.before_join = refuse
    worker = bench.worker(broker)

    async with bench.running(worker):
        await until(lambda: worker.readiness is Readiness.UNAVAILABLE)

    assert worker.readiness is Readiness.STOPPED
    assert await worker.until_ready() is Readiness.STOPPED


async def test_a_fenced_partition_is_left_alone_and_taken_back_only_if_nobody_else_came() -> None:
    bench = Bench()
    broker = bench.broker()
    worker = bench.worker(broker)
    opened = 0

    async def count(_: Partition) -> None:
        nonlocal opened
        opened += 1

    broker.before_open = count
    async with bench.running(worker):
        bench.put([1])
        await until(lambda: bench.committed() == 1)
        bench.cluster.next_epoch(GROUP, ZERO)  # as a broker does with a transaction that took too long
        bench.put([2])
        await until(lambda: worker.readiness is Readiness.RESTORING)
        await bench.clock.advance(19)
        assert opened == 1
        await bench.clock.advance(1)
        assert opened == 2
        await until(lambda: bench.committed() == 2, bench.clock)

    assert bench.sums() == ["0:1", "1:3"]


async def test_a_partition_that_comes_back_waits_until_its_old_writer_has_let_go() -> None:
    bench = Bench()
    broker = bench.broker()
    told: list[str] = []
    let_go = asyncio.Event()

    async def opening(_: Partition) -> None:
        told.append("open")

    async def closing(_: Partition) -> None:
        told.append("closing")
        await let_go.wait()
        told.append("closed")

    broker.before_open, broker.before_close = opening, closing
    async with bench.running(bench.worker(broker)):
        await until(lambda: told == ["open"])
        await bench.join_for_a_moment()  # the group deals out anew, and the partition comes back to us
        await until(lambda: told == ["open", "closing"])
        let_go.set()
        bench.put([1])
        await until(lambda: bench.committed() == 1)

    assert told[:4] == ["open", "closing", "closed", "open"]


async def test_a_record_that_comes_a_second_time_is_passed_over() -> None:
    bench = Bench()
    broker = bench.broker()
    worker = bench.worker(broker)

    async with bench.running(worker):
        bench.put([1, 2])
        await until(lambda: bench.committed() == 2)
        await broker.consumers[0].start(ZERO, 0)
        bench.put([3])
        await until(lambda: bench.committed() == 3)

    assert bench.sums() == ["0:1", "1:3", "2:6"]


async def test_state_that_cannot_be_read_stops_the_worker() -> None:
    bench = Bench()
    bench.put([1])
    bench.cluster.append([Outgoing("state", b"sum", b"garbage", partition=0)])
    bench.cluster.commit(GROUP, ZERO, 0)

    with pytest.raises(StateCorrupted, match="garbage"):
        await bench.worker().run(asyncio.Event())

    assert bench.sums() == []


@pytest.mark.parametrize("committed", [None, 5])
async def test_a_partition_that_was_made_anew_stops_the_worker_instead_of_being_passed_over(
    committed: int | None,
) -> None:
    bench = Bench()
    bench.put([1, 2])  # offsets 0 and 1; five records were read of the log before
    bench.cluster.append([Outgoing("state", b"sum", b"7@5", partition=0)])
    if committed is not None:
        bench.cluster.commit(GROUP, ZERO, committed)
    worker = bench.worker()

    with pytest.raises(ExceptionGroup) as refused:
        async with bench.running(worker) as task:
            await until(task.done, bench.clock, step=HALF)

    assert refused.group_contains(StateCorrupted, match="numbers-0 ends at offset 2, and was read up to 5")
    assert bench.sums() == []


async def test_a_hanging_commit_pauses_its_partition_and_nobody_else() -> None:
    bench = Bench(partitions=2)
    broker = bench.broker()
    released = asyncio.Event()

    async def hang_on_zero(partition: Partition) -> None:
        if partition == ZERO:
            await released.wait()

    broker.before_commit = hang_on_zero
    settings = WorkerSettings(poll_seconds=0.002, max_records=10, max_pending=30)
    async with bench.running(bench.worker(broker, settings)):
        bench.put(range(500), 0)
        bench.put(range(500), 1)
        await until(lambda: bench.committed(ONE) == 500)
        stage = next(stage for stage in bench.stages if stage.partition == ZERO)
        assert stage.counts()["mentions_read"] <= 10 + 30 + 10
        released.set()
        await until(lambda: bench.committed(ZERO) == 500)

    assert bench.sums(0) == sums_of(range(500))


async def test_records_that_take_long_are_written_in_parts_of_two_seconds_work() -> None:
    bench = Bench(seconds_per_record=EIGHTH)
    broker = bench.broker()
    bench.put(range(300))

    async with bench.running(bench.worker(broker, WorkerSettings(poll_seconds=0.002, max_records=500))):
        await until(lambda: bench.committed() == 300 and not bench.clock.sleepers, bench.clock)

    parts = [later - earlier for (_, _, earlier), (_, _, later) in pairwise([(ZERO, 0, 0), *broker.commits])]
    assert parts[0] <= 20 + 1 / EIGHTH  # what the first poll brought: nobody knew yet what they cost
    assert max(parts[1:]) * EIGHTH <= 2 + 1  # a poll may come in between before a write is drawn up
    assert bench.sums() == sums_of(range(300))


async def test_what_takes_long_is_not_taken_in_while_a_commit_hangs() -> None:
    bench = Bench(seconds_per_record=EIGHTH)
    broker = bench.broker()
    reached, released = asyncio.Event(), asyncio.Event()

    async def hang(_: Partition) -> None:
        if not reached.is_set():
            reached.set()
            await released.wait()

    broker.before_commit = hang
    async with bench.running(bench.worker(broker, WorkerSettings(poll_seconds=0.002, max_records=500))):
        bench.put(range(300))
        await until(reached.is_set, bench.clock)
        began = bench.clock.monotonic()
        await until(lambda: bench.clock.monotonic() > began + 10, bench.clock)
        written, held = 20 + 1 / EIGHTH, 2 / EIGHTH
        assert bench.stages[0].counts()["mentions_read"] <= written + held
        released.set()
        await until(lambda: bench.committed() == 300 and not bench.clock.sleepers, bench.clock)

    assert bench.sums() == sums_of(range(300))


async def test_a_poll_brings_more_and_more_while_it_takes_no_time() -> None:
    bench = Bench()
    bench.put(range(1_000))
    asked: list[int] = []

    class Noting(MemoryConsumer):
        async def poll(self, *, max_records: int, wait_seconds: float) -> Poll:
            asked.append(max_records)
            return await super().poll(max_records=max_records, wait_seconds=wait_seconds)

    consumer = Noting(bench.cluster, GROUP, frozenset({"numbers"}))
    worker = bench.worker(FlakyBroker(DeafBroker(bench.cluster, consumer)), WorkerSettings(poll_seconds=0.002))
    async with bench.running(worker):
        await until(lambda: bench.committed() == 1_000)

    assert sorted({*asked}) == [20, 40, 80, 160, 320, 500]


async def test_a_commit_that_never_ends_is_given_up_and_its_partition_taken_over_anew() -> None:
    bench = Bench(partitions=2)
    broker = bench.broker()
    reached = asyncio.Event()

    async def hang_once_on_zero(partition: Partition) -> None:
        if partition == ZERO and not reached.is_set():
            reached.set()
            await asyncio.Event().wait()

    broker.before_commit = hang_once_on_zero
    worker = bench.worker(broker)
    limit = QUICK.stalled_seconds
    with capture_logs() as logs:
        async with bench.running(worker):
            bench.put([1, 2, 3], 0)
            bench.put([4], 1)
            await reached.wait()
            await until(lambda: bench.clock.monotonic() >= limit - 2, bench.clock, step=HALF)
            assert bench.committed(ZERO) is None
            await until(lambda: worker.readiness is Readiness.STALLED, bench.clock, step=HALF)
            await until(lambda: bench.committed(ZERO) == 3)
            await until(lambda: worker.readiness is Readiness.READY, bench.clock, step=HALF)

    assert [log["partition"] for log in logs if log["event"] == "partition.stalled"] == [str(ZERO)]
    assert bench.metric("tocsin_stalls_total", group=GROUP) == 1
    assert bench.sums(0) == sums_of([1, 2, 3])


async def test_a_lane_that_was_let_go_never_takes_its_partition_back() -> None:
    bench = Bench()
    broker = bench.broker()
    reached = asyncio.Event()

    async def answer_the_cancel_with_an_error(_: Partition) -> None:
        if not reached.is_set():
            reached.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise Fenced("too late") from None

    broker.before_commit = answer_the_cancel_with_an_error
    with capture_logs() as logs:
        async with bench.running(bench.worker(broker)):
            bench.put([1])
            await reached.wait()
            await bench.join_for_a_moment()
            await until(lambda: bench.committed() == 1)
            await until(lambda: bench.clock.monotonic() > 2 * QUICK.fenced_seconds, bench.clock, step=HALF)

    assert len([log for log in logs if log["event"] == "partition.restored"]) == 2
    assert bench.sums() == sums_of([1])


async def test_a_partition_that_is_not_read_any_more_is_taken_over_anew() -> None:
    bench = Bench()
    broker = bench.broker()
    async with bench.running(bench.worker(broker)):
        bench.put([1])
        await until(lambda: bench.committed() == 1)
        broker.consumers[0].pause(ZERO)
        bench.put([2])
        await until(lambda: bench.metric("tocsin_stalls_total", group=GROUP) == 1, bench.clock, step=HALF)
        await until(lambda: bench.committed() == 2)

    assert bench.clock.monotonic() >= QUICK.stalled_seconds
    assert bench.sums() == sums_of([1, 2])


async def test_a_takeover_that_ends_without_an_outcome_is_begun_anew() -> None:
    """As where a client that gave up on a call lets through a cancellation that nobody asked for."""
    bench = Bench()
    broker = bench.broker()
    began = 0

    async def cancelled_once(_: Partition) -> None:
        nonlocal began
        began += 1
        if began == 1:
            raise asyncio.CancelledError

    broker.before_open = cancelled_once
    async with bench.running(bench.worker(broker)):
        bench.put([1])
        await until(lambda: bench.committed() == 1, bench.clock, step=HALF)

    assert began == 2
    assert bench.metric("tocsin_stalls_total", group=GROUP) == 1
    assert bench.sums() == sums_of([1])


async def test_a_group_that_stays_deaf_after_a_takeover_is_joined_anew() -> None:
    bench = Bench()
    consumer = DeafConsumer(bench.cluster, GROUP, frozenset({"numbers"}))
    broker = FlakyBroker(DeafBroker(bench.cluster, consumer))
    limit = QUICK.stalled_seconds
    async with bench.running(bench.worker(broker)):
        bench.put([1, 2])
        await until(lambda: consumer.joined_again, bench.clock, step=HALF)
        assert bench.clock.monotonic() >= 2 * limit
        await until(lambda: bench.committed() == 2)

    assert bench.metric("tocsin_stalls_total", group=GROUP) == 2
    assert bench.sums() == sums_of([1, 2])


async def test_an_idle_partition_and_one_whose_broker_is_away_are_not_taken_for_stalled() -> None:
    bench = Bench(partitions=2)
    broker = bench.broker()
    away = True

    async def refuse_zero(partition: Partition) -> None:
        if away and partition == ZERO:
            raise BrokerUnavailable("away")

    broker.before_open = refuse_zero
    limit = QUICK.stalled_seconds
    with capture_logs() as logs:
        async with bench.running(bench.worker(broker)):
            bench.put([1], 0)
            await until(lambda: bench.clock.monotonic() > 2 * limit, bench.clock, step=HALF)
            away = False
            await until(lambda: bench.committed(ZERO) == 1, bench.clock, step=HALF)

    assert [log for log in logs if log["event"] == "partition.stalled"] == []
    assert bench.metric("tocsin_stalls_total", group=GROUP) == 0


async def test_a_stop_gives_up_at_its_deadline() -> None:
    bench = Bench()
    broker = bench.broker()
    reached = asyncio.Event()

    async def hang(_: Partition) -> None:
        reached.set()
        await asyncio.Event().wait()

    broker.before_commit = hang
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(bench.worker(broker).run(stop), name="worker")
        bench.put([1])
        await reached.wait()
        stop.set()
        await until(lambda: bench.clock.sleepers > 0)
        await bench.clock.advance(9)
        assert not task.done()
        await bench.clock.advance(1)
        await until(task.done)

    assert bench.committed() is None


async def test_counts_what_it_did() -> None:
    bench = Bench()
    bench.put([1, 2, 3])
    worker = bench.worker()

    async with bench.running(worker):
        await until(lambda: bench.committed() == 3)
        await bench.clock.advance(1)
        await until(lambda: bench.metric("tocsin_lag_records", group=GROUP, kafka_topic="numbers", partition="0") == 0)
        assert bench.metric("tocsin_stream_ready", group=GROUP) == 1

    assert bench.metric("tocsin_mentions_read_total") == 3
    assert bench.metric("tocsin_stream_ready", group=GROUP) == 0


async def test_a_write_that_ends_after_its_partition_went_to_another_member_says_nothing_of_where_that_stands() -> None:
    bench = Bench(partitions=2)
    broker = bench.broker()
    held, let_go_on = asyncio.Event(), asyncio.Event()

    async def held_up(_: Partition) -> None:
        held.set()
        await let_go_on.wait()

    broker.before_commit = held_up
    with capture_logs() as logs:
        async with bench.running(bench.worker(broker)):
            bench.put([1], 0)
            bench.put([2], 1)
            await held.wait()
            other = await MemoryBroker(bench.cluster).consumer(GROUP, ["numbers"])
            await until(lambda: [log["event"] for log in logs].count("partition.assigned") == 3)
            back = int([log["partition"] for log in logs if log["event"] == "partition.assigned"][-1][-1])
            let_go_on.set()
            await until(lambda: bench.metric("tocsin_mentions_read_total") == 2)
            bench.put([3], back)
            await until(lambda: bench.metric("tocsin_mentions_read_total") == 3)
            delays = [bench.delay(back), bench.delay(1 - back)]
            await other.close()

    assert delays == [bench.clock.now().timestamp() - 0.002, None]  # event time of a sum is one millisecond a number


@pytest.mark.parametrize("seed", range(12))
async def test_crashes_at_any_moment_change_nothing_in_what_is_written(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  # crash points, not secrets
    bench = Bench(partitions=2)
    settings = WorkerSettings(poll_seconds=0.001, max_records=7, snapshot_seconds=1)
    numbers = [rng.randrange(100) for _ in range(400)]
    left = list(enumerate(numbers))

    async def feed() -> None:
        for _ in range(min(len(left), rng.randrange(1, 40))):
            index, number = left.pop(0)
            bench.put([number], index % 2)
        await bench.clock.advance(rng.random())

    while left:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(bench.worker(settings=settings).run(asyncio.Event()), name="worker")
            for _ in range(rng.randrange(3)):
                await feed()
            for _ in range(rng.randrange(60)):
                await bench.clock.sleep(0)
            task.cancel()
    async with bench.running(bench.worker(settings=settings)):
        await until(lambda: bench.committed(ZERO) == bench.committed(ONE) == 200, bench.clock)

    assert bench.sums(0) == sums_of(numbers[::2])
    assert bench.sums(1) == sums_of(numbers[1::2])
    assert len(bench.stages) > 4


async def test_a_cancel_is_never_swallowed() -> None:
    bench = Bench()
    bench.put([1])
    worker = bench.worker()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(worker.run(asyncio.Event()), name="worker")
        await until(lambda: bench.committed() == 1)
        task.cancel()

    assert task.cancelled()


async def test_a_zombie_can_write_nothing() -> None:
    bench = Bench()
    broker = bench.broker()
    zombie = MemoryBroker(bench.cluster).writer(GROUP, ZERO)
    await zombie.open()
    bench.put([1])

    async with bench.running(bench.worker(broker)):
        await until(lambda: bench.committed() == 1)
        with pytest.raises(Fenced):
            await zombie.commit([Outgoing("sums", None, b"0:1", partition=0)], 1)

    assert bench.sums() == ["0:1"]
