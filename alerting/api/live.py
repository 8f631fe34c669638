"""The live stream: one reader of the timeline, any number of listeners, each resuming where it left off."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import structlog

from alerting.errors import DatabaseUnavailable
from alerting.incidents.model import TimelineEntry
from alerting.incidents.store import Store
from streams.clock import Clock

POLL_SECONDS: Final = 2.0
BEAT_SECONDS: Final = 15.0
KEPT: Final = 1000
PACK: Final = 500
MOST_LISTENERS: Final = 200

log = structlog.get_logger(__name__)


class LiveTimeline:
    """Follows the timeline of all incidents and wakes listeners when it grows, and every 15 seconds in any case.

    Changes of this process are seen at once, those of others within two seconds. However many listen, the database is
    read once for each change; only a listener that comes back after long reads on its own.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._recent: deque[TimelineEntry] = deque(maxlen=KEPT)
        self._floor = 0
        self._newest: int | None = None
        self._look = asyncio.Event()
        self._woken = asyncio.Event()
        self._listeners = 0
        self.closed = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the timeline while the block runs; with a database that answers, it is read once before."""
        await self._try_to_catch_up()
        async with asyncio.TaskGroup() as group:
            self._look.set()  # what happened before we listened is read once we do
            tasks = [
                group.create_task(self._listen(), name="live.listen"),
                group.create_task(self._read(), name="live.read"),
                group.create_task(self._poll(), name="live.poll"),
                group.create_task(self._beat(), name="live.beat"),
            ]
            try:
                yield
            finally:
                self.close()
                for task in tasks:
                    task.cancel()

    def close(self) -> None:
        """Send every listener home."""
        self.closed = True
        self._wake()

    @property
    def is_full(self) -> bool:
        """Whether every listener's place is taken."""
        return self._listeners >= MOST_LISTENERS

    @contextmanager
    def seat(self) -> Iterator[None]:
        """A listener's place, for as long as the block runs."""
        self._listeners += 1
        try:
            yield
        finally:
            self._listeners -= 1

    @property
    def newest(self) -> int:
        """The position of the newest entry.

        Raises:
            DatabaseUnavailable: It was never read so far.
        """
        if self._newest is None:
            raise DatabaseUnavailable("the timeline was not read yet")
        return self._newest

    @property
    def signal(self) -> asyncio.Event:
        """Set at the next change or beat. Take it before you look, so that nothing falls between."""
        return self._woken

    async def after(self, position: int) -> tuple[TimelineEntry, ...]:
        """Entries behind `position`, oldest first, at most 1000; empty when there is nothing newer.

        Raises:
            DatabaseUnavailable: They are too old to be known here, and the database does not answer.
        """
        if position >= self._floor:
            return tuple(entry for entry in self._recent if entry.position > position)
        return await self._store.timeline_after(position, limit=PACK)

    async def _read(self) -> None:
        while True:
            await self._look.wait()
            self._look.clear()
            await self._try_to_catch_up()

    async def _try_to_catch_up(self) -> None:
        try:
            await self._catch_up()
        except DatabaseUnavailable as exc:
            log.warning("api.live_stalled", reason=str(exc))

    async def _catch_up(self) -> None:
        if self._newest is None:
            self._newest = self._floor = await _newest_position(self._store)
            self._wake()
        while entries := await self._store.timeline_after(self._newest, limit=PACK):
            for entry in entries:
                if len(self._recent) == KEPT:
                    self._floor = self._recent[0].position
                self._recent.append(entry)
            self._newest = entries[-1].position
            self._wake()

    async def _listen(self) -> None:
        try:
            async for _ in self._store.changes():
                self._look.set()
        except DatabaseUnavailable as exc:  # polling goes on
            log.warning("api.live_stalled", reason=str(exc))

    async def _poll(self) -> None:
        while True:
            await self._clock.sleep(POLL_SECONDS)
            self._look.set()

    async def _beat(self) -> None:
        while True:
            await self._clock.sleep(BEAT_SECONDS)
            self._wake()

    def _wake(self) -> None:
        woken, self._woken = self._woken, asyncio.Event()
        woken.set()


async def _newest_position(store: Store) -> int:
    """The highest position, found by halving: reading a long past in full would take long."""
    low, step = 0, 1
    while await store.timeline_after(low + step, limit=1):
        low, step = low + step, step * 2
    high = low + step
    while low < high:
        middle = (low + high) // 2
        if await store.timeline_after(middle, limit=1):
            low = middle + 1
        else:
            high = middle
    return low
