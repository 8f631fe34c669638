"""A clock that stands still until a test moves it."""

import asyncio
import heapq
import itertools
from collections.abc import Generator
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class FakeClock:
    """Time that moves only in `advance`, and stops at every sleeper on the way.

    Work that waits for threads or sockets is outside of what a clock can see: after `advance`, wait for it by its own
    signal, or wait with `until_sleeping` until it comes back to sleep.

    Args:
        start: The first answer of `now`, aware.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._went_to_sleep = asyncio.Event()

    def now(self) -> datetime:
        """The start plus everything that was advanced, aware, UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    def begin(self, at: datetime) -> None:
        """Let the story begin at another time; before anything happened."""
        assert not self._elapsed
        assert not self._sleepers
        self._start = at

    def skip(self, span: timedelta) -> None:
        """Let so much time pass without waking anybody: sleepers sleep on for as long as they would have."""
        self._start += span

    def work(self, seconds: float) -> None:
        """Let so much time pass while nobody else gets to run, as a computation does that takes so long."""
        self._elapsed += seconds

    def monotonic(self) -> float:
        """Seconds advanced so far."""
        return self._elapsed

    @property
    def sleepers(self) -> int:
        """How many tasks sleep on this clock right now."""
        return sum(not future.done() for _, _, future in self._sleepers)

    async def sleep(self, seconds: float) -> None:
        """Return once the test advanced past `seconds`; zero and less only lets others run."""
        if seconds <= 0:
            await _Yield()
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), woken))
        self._went_to_sleep.set()
        await woken

    async def advance(self, seconds: float) -> None:
        """Move on by `seconds`, waking each sleeper at its own time and letting everybody run in between."""
        await self.settle()
        end = self._elapsed + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, woken = heapq.heappop(self._sleepers)
            if woken.done():
                continue
            self._elapsed = max(self._elapsed, due)
            woken.set_result(None)
            await self.settle()
        self._elapsed = max(self._elapsed, end)
        await self.settle()

    async def until_sleeping(self, tasks: int = 1) -> None:
        """Return when at least `tasks` tasks sleep on this clock, however long threads and sockets take before."""
        while self.sleepers < tasks:
            self._went_to_sleep.clear()
            await self._went_to_sleep.wait()

    @staticmethod
    async def settle() -> None:
        """Let everybody run who can run without time moving on."""
        ready = getattr(asyncio.get_running_loop(), "_ready", None)
        quiet = 0
        for _ in range(10_000):
            await _Yield()
            quiet = 0 if ready else quiet + 1
            if quiet == (100 if ready is None else 5):
                return
        raise AssertionError("somebody never waits: 10,000 rounds of the event loop and still busy")


class _Yield:
    def __await__(self) -> Generator[None, None, None]:
        yield
