"""Blows that fall on role processes at points of progress, not of time."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import psutil

from streams.clock import Clock
from streams.settings import StreamSettings
from tests.fakes.kafka_proxy import Api, Crossing, Moment
from tests.fakes.role_nursery import RoleNursery

MEMBERS: Final = 2
_STRIKE_SECONDS: Final = 90.0

# How often at most a role asks so before the blow falls. What happens in a takeover alone comes rarely: whoever keeps
# a partition does not open it again, so that a takeover may open a single one, and a settled group none.
_TIMES: Final = {
    Api.PRODUCE: 6,
    Api.FETCH: 20,
    Api.OFFSET_FETCH: 1,
    Api.JOIN_GROUP: 2,
    Api.SYNC_GROUP: 1,
    Api.INIT_PRODUCER_ID: 1,
    Api.ADD_PARTITIONS_TO_TXN: 6,
    Api.ADD_OFFSETS_TO_TXN: 4,
    Api.END_TXN: 6,
    Api.TXN_OFFSET_COMMIT: 6,
}
# The rest is as likely as one of these: a commit is where things can go wrong.
_WEIGHTS: Final = {Api.END_TXN: 8, Api.TXN_OFFSET_COMMIT: 4, Api.PRODUCE: 4, Api.INIT_PRODUCER_ID: 3}


class Act(Enum):
    """What happens to a process."""

    KILL = "kill -9"
    KILL_ALL = "kill -9 of every process of the role at once"
    FREEZE = "SIGSTOP until others have taken over, then SIGCONT"


@dataclass(frozen=True, slots=True)
class Blow:
    """An act that falls at the `times`-th crossing of its kind by any process of the role."""

    act: Act
    api: Api
    moment: Moment
    times: int


def blows(seed: str, *, kills: int, freezes: int) -> list[Blow]:
    """Blows in order of which `kills` processes die and `freezes` are frozen beyond their session."""
    rng = random.Random(seed)  # noqa: S311 - points of chance
    acts = [Act.FREEZE] * freezes
    while kills:
        act = Act.KILL_ALL if kills >= MEMBERS and rng.random() < 0.5 else Act.KILL
        acts.append(act)
        kills -= MEMBERS if act is Act.KILL_ALL else 1
    rng.shuffle(acts)
    fallen = []
    for act in acts:
        api = rng.choices(tuple(Api), [_WEIGHTS.get(api, 1) for api in Api])[0]
        if act is Act.FREEZE:  # in a commit: nowhere else could a zombie do harm
            api = rng.choice((Api.END_TXN, Api.TXN_OFFSET_COMMIT, Api.PRODUCE))
        fallen.append(Blow(act, api, rng.choice(tuple(Moment)), rng.randint(1, _TIMES[api])))
    return fallen


class RoleUnderFire:
    """The processes of one role, two at a time, and what falls on them.

    Attributes:
        kills: Processes that were killed.
        freezes: Processes that were frozen until others had their partitions.
        pauses: Seconds from each kill to the role's next commit.

    Args:
        partitions: How many the role has: so many takeovers prove that others have what a frozen process had.
    """

    def __init__(
        self, role: str, settings: StreamSettings, nursery: RoleNursery, clock: Clock, *, partitions: int
    ) -> None:
        self.role = role
        self.kills = self.freezes = 0
        self.pauses: list[float] = []
        self._settings = settings
        self._nursery = nursery
        self._clock = clock
        self._partitions = partitions
        self._pids: list[int] = []
        self._ports: dict[int, int | None] = {}
        self._blow: Blow | None = None
        self._left = 0
        self._struck = asyncio.Event()
        self._frozen: int | None = None
        self._takeovers = 0
        self._thawed = asyncio.Event()
        self._killed_at: float | None = None
        self._committed = asyncio.Event()

    async def start(self) -> None:
        """Bring the role up to its number of processes."""
        self._assert_nobody_is_gone()
        while len(self._pids) < MEMBERS:
            self._pids.append(await self._nursery.bear(self.role, self._settings))
        self._ports = {port: pid for port, pid in self._ports.items() if pid is not None}

    def _assert_nobody_is_gone(self) -> None:
        gone = [pid for pid in self._pids if not psutil.pid_exists(pid)]
        assert not gone, f"a process of {self.role} ended by itself; why stands in the log of roles"

    async def lose_one(self) -> float:
        """Kill whoever commits next, replace nobody; seconds until one of the others commits."""
        self._struck.clear()
        self._committed.clear()
        self._blow, self._left = Blow(Act.KILL, Api.END_TXN, Moment.ASKED, 1), 1
        async with asyncio.timeout(_STRIKE_SECONDS):
            await self._struck.wait()
            await self._committed.wait()
        return self.pauses[-1]

    async def suffer(self, falling: list[Blow], *, before_each: Callable[[], None]) -> None:
        """Let every blow fall, one after the other; whoever died is replaced at once."""
        for blow in falling:
            before_each()
            self._struck.clear()
            self._thawed.clear()
            self._blow, self._left = blow, blow.times
            try:
                async with asyncio.timeout(_STRIKE_SECONDS):
                    await self._struck.wait()
                    if blow.act is Act.FREEZE:
                        await self._thawed.wait()
            except TimeoutError:
                self._assert_nobody_is_gone()
                raise AssertionError(f"{self.role} did not come to {blow}; {self._left} times left") from None
            await self.start()

    def end(self) -> None:
        """Kill what is left."""
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
        self._pids.clear()

    def has(self, port: int) -> bool:
        """Whether one of its processes holds this end of a connection."""
        return self._pid_of(port) is not None

    def watch(self, crossing: Crossing) -> Awaitable[None] | None:
        """The proxy's watcher; None for processes of other roles."""
        pid = self._pid_of(crossing.port)
        if pid is None:
            return None
        self._note(pid, crossing)
        blow = self._blow
        if blow is None or (crossing.api, crossing.moment) != (blow.api, blow.moment):
            return None
        self._left -= 1
        if self._left:
            return None
        self._blow = None
        return self._strike(pid, blow.act)

    def _note(self, pid: int, crossing: Crossing) -> None:
        if crossing.moment is not Moment.ANSWERED:
            return
        if crossing.api == Api.END_TXN and self._killed_at is not None:
            self.pauses.append(self._clock.monotonic() - self._killed_at)
            self._killed_at = None
            self._committed.set()
        if self._frozen in {None, pid}:
            return
        if crossing.api == Api.INIT_PRODUCER_ID:
            self._takeovers += 1
        elif crossing.api == Api.END_TXN and self._takeovers >= self._partitions:
            self._thaw()

    async def _strike(self, pid: int, act: Act) -> None:
        if act is Act.FREEZE:
            os.kill(pid, signal.SIGSTOP)
            self._frozen, self._takeovers = pid, 0
            self._struck.set()
            await self._thawed.wait()
            return
        self._killed_at = self._clock.monotonic()
        for one in tuple(self._pids) if act is Act.KILL_ALL else (pid,):
            self._kill(one)
        self._struck.set()
        raise ConnectionAbortedError  # what was held dies with its process

    def _kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self._pids.remove(pid)
        self._ports = {port: owner for port, owner in self._ports.items() if owner != pid}
        self.kills += 1

    def _thaw(self) -> None:
        assert self._frozen is not None
        os.kill(self._frozen, signal.SIGCONT)
        self._frozen = None
        self.freezes += 1
        self._thawed.set()

    def _pid_of(self, port: int) -> int | None:
        if port not in self._ports:
            self._ports[port] = None
            for pid in self._pids:
                found = psutil.Process(pid).net_connections("tcp4")
                self._ports.update({one.laddr.port: pid for one in found})
        return self._ports.get(port)
