import asyncio

import pytest

from streams.until_stopped import until_stopped


async def for_ever() -> None:
    await asyncio.Event().wait()


async def test_goes_on_until_it_is_stopped() -> None:
    stop, began = asyncio.Event(), asyncio.Event()
    ended: list[bool] = []

    async def work() -> None:
        began.set()
        try:
            await for_ever()
        finally:
            ended.append(True)

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(until_stopped(stop, work(), name="work"), name="test")
        await began.wait()
        assert ended == []
        stop.set()

    assert ended == [True]


async def test_work_that_somebody_cancelled_behind_our_back_is_no_silence() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(ExceptionGroup) as caught:
        await until_stopped(asyncio.Event(), work(), name="topics.follow")

    assert [str(error) for error in caught.value.exceptions] == ["topics.follow ended by itself"]


async def test_an_error_of_the_work_goes_through() -> None:
    async def work() -> None:
        raise ValueError("broken")

    with pytest.raises(ExceptionGroup) as caught:
        await until_stopped(asyncio.Event(), work(), name="work")

    assert "broken" in [str(error) for error in caught.value.exceptions]


async def test_who_is_cancelled_ends_its_work() -> None:
    ended: list[bool] = []

    async def work() -> None:
        try:
            await for_ever()
        finally:
            ended.append(True)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await until_stopped(asyncio.Event(), work(), name="work")

    assert ended == [True]
