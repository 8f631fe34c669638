"""A clock that runs faster than the machine's, for tests whose databases and sockets are real."""

import asyncio
from datetime import datetime, timedelta

from streams.clock import SystemClock
from tests.fakes.clock import START


class HurryingClock:
    """So many seconds for each of the machine's.

    Args:
        speed: > 0.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._machine = SystemClock()
        self._began = self._machine.monotonic()
        self._ahead = 0.0

    def now(self) -> datetime:
        """`START` plus what went by."""
        return START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds that went by."""
        return (self._machine.monotonic() - self._began) * self._speed + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock; zero only lets others run."""
        await self._machine.sleep(max(seconds, 0.0) / self._speed)

    def leap(self, seconds: float) -> None:
        """It is later at once; who sleeps is not woken."""
        self._ahead += seconds


async def rounds_of_the_loop(rounds: int) -> None:
    """Return after so many rounds of the event loop: anything that waits may be anywhere by then."""
    loop = asyncio.get_running_loop()
    for _ in range(rounds):
        passed: asyncio.Future[None] = loop.create_future()
        loop.call_soon(passed.set_result, None)
        await passed
