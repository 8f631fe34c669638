"""A node dies, the network is cut, at points of what score and detect do: nothing is lost, nothing counted twice."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import product
from pathlib import Path
from typing import Final, Self

import pytest

from streams.broker.kafka import KafkaBroker
from streams.broker.kafka_calls import transaction_timeout_seconds
from streams.clock import SystemClock
from streams.settings import StreamSettings
from tests.fakes import turbulent_stream
from tests.fakes.chaos import RoleUnderFire
from tests.fakes.kafka_proxy import Api, KafkaProxy, Moment
from tests.fakes.ordeal import Ordeal, Point
from tests.fakes.role_nursery import RoleNursery
from tests.fakes.trial import Outcome, Trial
from tests.integration.test_chaos import MENTIONS, PARTITIONS, SOAK, assert_nothing_lost_and_nothing_twice
from tests.kafka.apache import ApacheKafka, Ports
from tests.kafka.cluster import NODES, ApacheKafkaCluster
from tests.kafka.selection import quick_settings

pytestmark = [
    pytest.mark.integration,
    pytest.mark.apache,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not SOAK, reason="takes minutes; TOCSIN_SOAK=1 runs it"),
]

CLOCK: Final = SystemClock()
ROLES: Final = ("score", "detect")
# Whoever is asked to keep records, positions or the end of a transaction leads the partition that keeps it.
KILLED_AT: Final = [
    Point(role, api, moment, times=2)
    for role, api, moment in product(ROLES, (Api.PRODUCE, Api.TXN_OFFSET_COMMIT, Api.END_TXN), Moment)
]
CUT_AT: Final = [Point(role, api, Moment.ASKED) for role, api in product(ROLES, (Api.PRODUCE, Api.END_TXN))] + [
    Point(role, Api.END_TXN, Moment.ANSWERED) for role in ROLES
]
ABORTS_EVERY_SECONDS: Final = 10.0  # so often Kafka looks for transactions beyond their timeout


def settings_for(bootstrap_servers: str, name: str, *, replication: int) -> StreamSettings:
    kafka = quick_settings(bootstrap_servers).model_copy(
        update={
            "mentions": f"{name}.mentions",
            "prefix": name,
            "partitions": PARTITIONS,
            "replication": replication,
            "session_timeout_seconds": 2.0,
            "request_timeout_seconds": 4.0 if replication == 1 else 10.0,
        }
    )
    return turbulent_stream.settings(kafka)


class Stage:
    """Score and detect, two processes each, behind a proxy before every node."""

    def __init__(self, addresses: str, ports: Sequence[Ports], name: str, folder: Path) -> None:
        self._stack = AsyncExitStack()
        self._direct = settings_for(addresses, name, replication=len(ports))
        self._ports = ports
        self._name = name
        self._folder = folder

    async def __aenter__(self) -> Self:
        enter = self._stack.enter_async_context
        broker = await enter(KafkaBroker(self._direct.kafka))
        nursery = await enter(RoleNursery(self._folder / "roles.log"))
        self.trial = Trial(broker, self._direct, MENTIONS, CLOCK)
        await self.trial.prepare()
        doors = ",".join(f"127.0.0.1:{one.door}" for one in self._ports)
        through = settings_for(doors, self._name, replication=len(self._ports))
        self.roles = [RoleUnderFire(role, through, nursery, CLOCK, partitions=PARTITIONS) for role in ROLES]
        self.ordeal = Ordeal(self.trial, self.roles, CLOCK)
        self.proxies = [
            await enter(KafkaProxy(ports, watch=self.ordeal.at(node))) for node, ports in enumerate(self._ports)
        ]
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._stack.aclose()

    async def outcome(self) -> Outcome:
        """After everything was counted."""

        def end() -> None:
            for role in self.roles:
                role.end()

        return await self.trial.outcome(end_roles=end)


async def test_a_leader_that_dies_takes_nothing_with_it_where_there_are_three_replicas(
    unique_name: str, tmp_path: Path, apache_kafka: ApacheKafka
) -> None:
    assert apache_kafka.pid  # where one node runs, three do
    dead: list[int] = []

    with ApacheKafkaCluster(CLOCK) as cluster:

        async def kill(node: int) -> None:
            cluster.nodes[node].kill()
            dead.append(node)
            raise ConnectionAbortedError  # what was held dies with the node

        ports = [node.ports for node in cluster.nodes]
        async with Stage(cluster.bootstrap_servers, ports, unique_name, tmp_path) as stage:
            waits: list[float] = []

            async def bring_back() -> None:
                struck = CLOCK.monotonic()
                await stage.ordeal.until_committed()
                waits.append(CLOCK.monotonic() - struck)
                await asyncio.to_thread(cluster.nodes[dead[-1]].restart)
                await cluster.until_whole()

            await stage.ordeal.suffer(KILLED_AT, kill, bring_back)
            outcome = await stage.outcome()

    print(f"{len(dead)} nodes of {NODES} killed: {dead}; 20 commits of both roles later: {_told(waits)}")
    assert_nothing_lost_and_nothing_twice(outcome)
    assert len(dead) == len(KILLED_AT)


async def test_a_cut_that_outlasts_sessions_and_transactions_loses_nothing(
    apache_kafka: ApacheKafka, unique_name: str, tmp_path: Path
) -> None:
    async with Stage(apache_kafka.bootstrap_servers, [apache_kafka.ports], unique_name, tmp_path) as stage:
        (proxy,) = stage.proxies
        kafka = settings_for(apache_kafka.bootstrap_servers, unique_name, replication=1).kafka
        cut_seconds = transaction_timeout_seconds(kafka) + ABORTS_EVERY_SECONDS + 1
        waits: list[float] = []

        def cut(_: int) -> None:
            proxy.cut()

        async def mend() -> None:
            await CLOCK.sleep(cut_seconds)
            proxy.mend()
            mended = CLOCK.monotonic()
            await stage.ordeal.until_committed()
            waits.append(CLOCK.monotonic() - mended)

        await stage.ordeal.suffer(CUT_AT, cut, mend)
        outcome = await stage.outcome()

    print(f"{len(waits)} cuts of {cut_seconds:.0f} s; 20 commits of both roles after each: {_told(waits)}")
    assert_nothing_lost_and_nothing_twice(outcome)
    assert len(waits) == len(CUT_AT)


def _told(seconds: list[float]) -> str:
    return ", ".join(f"{one:.1f}" for one in seconds) + " s"
