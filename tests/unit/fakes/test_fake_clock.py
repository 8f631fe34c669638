import asyncio
from datetime import timedelta

import pytest

from tests.fakes.clock import START, FakeClock


async def test_stands_still_until_it_is_advanced() -> None:
    clock = FakeClock()

    await clock.settle()

    assert clock.now() == START
    assert clock.monotonic() == 0


async def test_wakes_sleepers_in_the_order_of_their_times() -> None:
    clock = FakeClock()
    woken: list[tuple[str, float]] = []

    async def nap(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))

    async with asyncio.TaskGroup() as group:
        group.create_task(nap("late", 20), name="late")
        group.create_task(nap("early", 10), name="early")
        await clock.advance(19)
        assert woken == [("early", 10)]
        await clock.advance(1)

    assert woken == [("early", 10), ("late", 20)]
    assert clock.now() == START + timedelta(seconds=20)


async def test_a_loop_that_sleeps_again_is_woken_as_often_as_it_fits() -> None:
    clock = FakeClock()
    ticks: list[float] = []

    async def tick() -> None:
        while len(ticks) < 5:
            await clock.sleep(2)
            ticks.append(clock.monotonic())

    async with asyncio.TaskGroup() as group:
        group.create_task(tick(), name="tick")
        await clock.advance(7)
        assert ticks == [2, 4, 6]
        await clock.advance(3)

    assert ticks == [2, 4, 6, 8, 10]


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    clock = FakeClock()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await clock.sleep(5)

    assert clock.sleepers == 0
    await clock.advance(10)


async def test_sleeping_no_time_lets_others_run() -> None:
    clock = FakeClock()

    await clock.sleep(0)

    assert clock.monotonic() == 0


async def test_waits_until_somebody_sleeps() -> None:
    clock = FakeClock()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(clock.sleep(3), name="sleeper")
        await clock.until_sleeping(1)
        assert not task.done()
        await clock.advance(3)

    assert task.done()
