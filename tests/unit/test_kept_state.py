"""A partition that comes back to the member that had it is only restored where somebody wrote in between."""

import asyncio
from collections.abc import Awaitable, Callable

from streams.broker.base import Outgoing, Partition
from streams.broker.memory import MemoryBroker
from streams.errors import BrokerUnavailable
from tests.fakes.flaky_broker import FlakyBroker
from tests.unit.test_worker import GROUP, ZERO, Bench, sums_of, until


def takeovers(bench: Bench) -> tuple[float, float]:
    """How many partitions were restored, and how many kept."""
    found = (bench.metric("tocsin_takeovers_total", group=GROUP, state=state) for state in ("restored", "kept"))
    restored, kept = (value or 0.0 for value in found)
    return restored, kept


def at_the_second_open(broker: FlakyBroker, act: Callable[[], Awaitable[None]]) -> None:
    opened = 0

    async def count(_: Partition) -> None:
        nonlocal opened
        opened += 1
        if opened == 2:
            await act()

    broker.before_open = count


async def foreign_commit(bench: Bench, next_offset: int, *changelog: Outgoing) -> None:
    writer = MemoryBroker(bench.cluster).writer(GROUP, ZERO)
    await writer.open()
    await writer.commit([], next_offset, changelog=changelog)


async def test_goes_on_with_what_it_knows_where_nobody_wrote_in_between() -> None:
    bench = Bench()
    async with bench.running(bench.worker()):
        bench.put([1, 2])
        await until(lambda: bench.committed() == 2)

        await bench.join_for_a_moment()
        bench.put([3])
        await until(lambda: bench.committed() == 3)

    assert takeovers(bench) == (1, 1)
    assert len(bench.stages) == 1
    assert bench.sums() == sums_of([1, 2, 3])
    assert bench.metric("tocsin_mentions_read_total") == 3


async def test_what_was_committed_in_between_is_restored() -> None:
    bench = Bench()
    broker = bench.broker()
    at_the_second_open(broker, lambda: foreign_commit(bench, 2))
    async with bench.running(bench.worker(broker)):
        bench.put([1])
        await until(lambda: bench.committed() == 1)

        await bench.join_for_a_moment()
        bench.put([2, 3])
        await until(lambda: bench.committed() == 3)

    assert takeovers(bench) == (2, 0)
    assert bench.stages[1].replayed[-1:] == [1]


async def test_a_changelog_that_moved_is_restored_though_the_position_did_not() -> None:
    bench = Bench()
    broker = bench.broker()
    other = Outgoing("state", b"sum", b"100@1", partition=0)
    at_the_second_open(broker, lambda: foreign_commit(bench, 1, other))
    async with bench.running(bench.worker(broker)):
        bench.put([1])
        await until(lambda: bench.committed() == 1)

        await bench.join_for_a_moment()
        bench.put([2])
        await until(lambda: bench.committed() == 2)

    assert takeovers(bench) == (2, 0)
    assert bench.sums() == ["0:1", "1:102"]


async def test_a_commit_under_way_ends_before_the_partition_is_let_go() -> None:
    bench = Bench()
    broker = bench.broker()
    under_way, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: Partition) -> None:
        under_way.set()
        await go_on.wait()

    broker.before_commit = wait
    async with bench.running(bench.worker(broker)):
        bench.put([1])
        await under_way.wait()
        await bench.join_for_a_moment()
        await until(lambda: bench.metric("tocsin_stream_ready", group=GROUP) == 0)
        go_on.set()
        bench.put([2])
        await until(lambda: bench.committed() == 2)

    assert takeovers(bench) == (1, 1)
    assert bench.sums() == sums_of([1, 2])


async def test_after_a_commit_in_doubt_nothing_is_kept() -> None:
    bench = Bench()
    broker = bench.broker()
    under_way, go_on = asyncio.Event(), asyncio.Event()

    async def lose_the_answer(_: Partition) -> None:
        under_way.set()
        await go_on.wait()
        broker.after_commit = broker.before_close  # which lets everything pass
        raise BrokerUnavailable("no answer")

    broker.after_commit = lose_the_answer
    async with bench.running(bench.worker(broker)):
        bench.put([1])
        await under_way.wait()
        await bench.join_for_a_moment()
        await until(lambda: bench.metric("tocsin_stream_ready", group=GROUP) == 0)
        go_on.set()
        bench.put([2])
        await until(lambda: bench.committed() == 2)

    assert takeovers(bench) == (2, 0)
    assert bench.sums() == sums_of([1, 2])
