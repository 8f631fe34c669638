"""One look after the other, and patience with a database that is away."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from alerting.errors import DatabaseUnavailable, Stale
from alerting.lookout import Lookout
from tests.fakes.clock import FakeClock

AWAY = DatabaseUnavailable("the database is away")


class Look:
    """Notes when it was called, and fails as told."""

    def __init__(self, clock: FakeClock, *failures: Exception | None) -> None:
        self._clock = clock
        self._failures: Iterator[Exception | None] = iter(failures)
        self.at: list[float] = []

    async def __call__(self) -> None:
        self.at.append(self._clock.monotonic())
        if failure := next(self._failures, None):
            raise failure


class LongestWaits(random.Random):
    """Draws the upper end of every range."""

    def random(self) -> float:
        return 1.0


def lookout(clock: FakeClock, *, outlives: bool = False) -> Lookout:
    return Lookout("test", clock, every_seconds=1, cap_seconds=8, outlives=outlives, rng=LongestWaits())


@asynccontextmanager
async def running(made: Lookout, look: Look, clock: FakeClock) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(made.run(look, stop), name="lookout")
        await clock.settle()
        yield stop
        stop.set()


async def test_looks_at_once_and_then_every_so_often() -> None:
    clock = FakeClock()
    look = Look(clock)

    async with running(lookout(clock), look, clock):
        await clock.advance(3)

    assert look.at == [0, 1, 2, 3]


async def test_waits_longer_and_longer_while_the_database_is_away_and_briefly_once_it_is_back() -> None:
    clock = FakeClock()
    look = Look(clock, AWAY, AWAY, AWAY, AWAY, AWAY, None, AWAY, None)

    async with running(lookout(clock), look, clock):
        await clock.advance(26)

    # 1, 2, 4 and 8 seconds, 8 again; it works: 1; away: 1; it works.
    assert look.at == [0, 1, 3, 7, 15, 23, 24, 25, 26]


async def test_what_somebody_else_changed_at_the_same_moment_is_looked_at_again_at_the_usual_time() -> None:
    clock = FakeClock()
    look = Look(clock, Stale("somebody was quicker"), Stale("and again"))

    async with running(lookout(clock), look, clock):
        await clock.advance(2)

    assert look.at == [0, 1, 2]


async def test_what_nobody_foresaw_ends_it() -> None:
    clock = FakeClock()

    with pytest.raises(ZeroDivisionError):
        await lookout(clock).run(Look(clock, ZeroDivisionError()), asyncio.Event())


async def test_what_must_not_end_the_process_goes_on_after_what_nobody_foresaw() -> None:
    clock = FakeClock()
    look = Look(clock, ZeroDivisionError(), AWAY)

    async with running(lookout(clock, outlives=True), look, clock):
        await clock.advance(2)

    assert look.at == [0, 1, 2]


async def test_a_cancelled_look_is_cancelled_also_where_it_outlives_every_error() -> None:
    clock = FakeClock()

    async def never() -> None:
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(lookout(clock, outlives=True).run(never, asyncio.Event()), name="lookout")
        await clock.settle()
        task.cancel()

    assert task.cancelled()


async def test_whoever_wakes_it_need_not_wait_and_what_was_set_during_a_look_is_looked_at_again() -> None:
    clock = FakeClock()
    stop, wake = asyncio.Event(), asyncio.Event()
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            wake.set()  # came while it looked

    async with asyncio.TaskGroup() as group:
        group.create_task(lookout(clock).run(look, stop, wake=wake), name="lookout")
        await clock.settle()
        assert looks == 2
        wake.set()
        await clock.settle()
        assert looks == 3
        stop.set()
        wake.set()


async def test_a_look_may_say_when_the_next_one_is_due() -> None:
    clock = FakeClock()
    look, stop = Look(clock), asyncio.Event()

    async def sooner() -> float:
        return 0.25

    async with asyncio.TaskGroup() as group:
        group.create_task(lookout(clock).run(look, stop, sooner=sooner), name="lookout")
        await clock.advance(0.5)
        stop.set()

    assert look.at == [0, 0.25, 0.5]


async def test_no_look_begins_once_it_is_stopped() -> None:
    clock = FakeClock()
    look, stop = Look(clock), asyncio.Event()
    stop.set()

    await lookout(clock).run(look, stop)

    assert look.at == []
