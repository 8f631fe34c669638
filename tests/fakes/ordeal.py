"""Kafka, or the way to it, breaks under roles that work, at points of their progress."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from streams.clock import Clock
from tests.fakes.chaos import RoleUnderFire
from tests.fakes.kafka_proxy import Api, Crossing, Moment, Watcher
from tests.fakes.trial import Trial

PARTS: Final = 3_000  # they last for longer than all the waits: a commit needs something to write
COMMITS: Final = 20
_BETWEEN_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 90.0


@dataclass(frozen=True, slots=True)
class Point:
    """The `times`-th crossing of its kind by any process of the role."""

    role: str
    api: Api
    moment: Moment
    times: int = 1


Break = Callable[[int], Awaitable[object] | None]
"""Breaks something at the node of that number; what it awaits holds up the crossing that led to it."""


class Ordeal:
    """Roles that work while something breaks under them and is mended.

    Args:
        roles: By name; they find Kafka through proxies whose watchers `at` gives.
    """

    def __init__(self, trial: Trial, roles: Sequence[RoleUnderFire], clock: Clock) -> None:
        self._trial = trial
        self._roles = roles
        self._clock = clock
        self._wanted = asyncio.Semaphore(0)
        self._point: Point | None = None
        self._left = 0
        self._break: Break | None = None
        self._struck = asyncio.Event()
        self._commits: dict[str, int] = {}
        self._committed = asyncio.Event()

    def at(self, node: int) -> Watcher:
        """What the proxy before that node tells its crossings to."""
        return lambda crossing: self._watch(node, crossing)

    async def suffer(self, points: Sequence[Point], breaks: Break, mend: Callable[[], Awaitable[None]]) -> None:
        """Break at every point, mend, and go on when both roles commit; no process of them may end.

        Args:
            mend: Called when it is broken; the next break comes after it and after commits of both.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._trial.feed(PARTS, self._wanted), name="feed")
            for role in self._roles:
                await role.start()
            for point in points:
                self._struck.clear()
                self._point, self._left, self._break = point, point.times, breaks
                await self._while_mentions_flow(self._struck, f"nobody came to {point}")
                await mend()
                await self.until_committed()
            for role in self._roles:
                await role.start()
            for _ in range(PARTS):
                self._wanted.release()

    async def until_committed(self) -> None:
        """Return when every role has committed 20 times from now on."""
        self._commits = {role.role: COMMITS for role in self._roles}
        self._committed.clear()
        await self._while_mentions_flow(self._committed, "no commits")

    async def _while_mentions_flow(self, event: asyncio.Event, otherwise: str) -> None:
        async def flow() -> None:
            while True:
                self._wanted.release()
                await self._clock.sleep(_BETWEEN_SECONDS)

        async with asyncio.TaskGroup() as tasks:
            flowing = tasks.create_task(flow(), name="flow")
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await event.wait()
            except TimeoutError:
                raise AssertionError(f"{otherwise}; left: {self._left} times, {self._commits} commits") from None
            finally:
                flowing.cancel()

    def _watch(self, node: int, crossing: Crossing) -> Awaitable[object] | None:
        role = next((role.role for role in self._roles if role.has(crossing.port)), None)
        if role is None:
            return None
        if (crossing.api, crossing.moment) == (Api.END_TXN, Moment.ANSWERED) and role in self._commits:
            self._commits[role] -= 1
            if max(self._commits.values()) <= 0:
                self._committed.set()
        point = self._point
        if point is None or (role, crossing.api, crossing.moment) != (point.role, point.api, point.moment):
            return None
        self._left -= 1
        if self._left:
            return None
        self._point = None
        self._struck.set()
        assert self._break is not None
        return self._break(node)
