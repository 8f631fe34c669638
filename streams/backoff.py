"""How long to wait before the next attempt."""

import asyncio
import random

from streams.clock import Clock


class Backoff:
    """Waits that double up to a cap, each drawn from the upper half of its range so that many do not come at once.

    Args:
        first_seconds: The longest first wait, > 0.
        cap_seconds: The longest wait at all.
        rng: Where the jitter comes from.
    """

    def __init__(
        self, *, first_seconds: float = 0.2, cap_seconds: float = 10.0, rng: random.Random | None = None
    ) -> None:
        self._first = first_seconds
        self._cap = cap_seconds
        self._rng = rng or random.Random()  # noqa: S311  # spreads retries, guards nothing
        self._attempts = 0

    def next_seconds(self) -> float:
        """The wait before the next attempt, in seconds."""
        longest = min(self._cap, self._first * 2.0 ** min(self._attempts, 30))
        self._attempts += 1
        return longest * (0.5 + 0.5 * self._rng.random())

    def reset(self) -> None:
        """It worked: the next wait is a short one again."""
        self._attempts = 0


async def sleep_unless(stop: asyncio.Event, seconds: float, clock: Clock) -> None:
    """Return after `seconds`, or at once when `stop` is set."""
    async with asyncio.TaskGroup() as tasks:
        sleeping = tasks.create_task(clock.sleep(seconds), name="sleep")
        stopping = tasks.create_task(stop.wait(), name="stop")
        await asyncio.wait({sleeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
        sleeping.cancel()
        stopping.cancel()
