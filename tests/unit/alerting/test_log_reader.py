import asyncio
from collections.abc import Iterator

from structlog.testing import capture_logs

from alerting.log_reader import Heard, LogReader
from streams.errors import BrokerUnavailable
from tests.fakes.clock import FakeClock


class Log:
    """Answers or not, as a test says: one answer for each time somebody begins to read."""

    def __init__(self, answers: list[bool]) -> None:
        self._answers: Iterator[bool] = iter(answers)
        self.begun = 0
        self.over = asyncio.Event()

    async def read(self, heard: Heard) -> None:
        self.begun += 1
        answers = next(self._answers, None)
        if answers is None:
            self.over.set()
            await asyncio.Event().wait()
        if answers:
            heard()
        raise BrokerUnavailable("away")


async def read_through(answers: list[bool]) -> tuple[Log, list[str]]:
    log, clock, stop = Log(answers), FakeClock(), asyncio.Event()
    reader = LogReader("feeds", clock, then="waiting")
    with capture_logs() as said:
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            tasks.create_task(reader.run(log.read, stop), name="reader")
            while not log.over.is_set():
                await clock.advance(1)
            stop.set()
    return log, [entry["event"] for entry in said]


async def test_begins_anew_until_it_is_told_to_stop() -> None:
    log, _ = await read_through([True, False, False, True])

    assert log.begun == 5


async def test_an_absence_is_said_once_and_its_end_once() -> None:
    _, said = await read_through([False, False, True, False])

    assert said == ["log_reader.unavailable", "log_reader.available", "log_reader.unavailable"]
