"""Three nodes of Apache Kafka that keep three replicas of everything: one of them may die."""

import asyncio
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from aiokafka.admin import AIOKafkaAdminClient

from streams.clock import Clock
from tests.kafka.apache import HOST, ApacheKafka, free_ports

NODES: Final = 3
_WHOLE_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.2


class ApacheKafkaCluster:
    """Nodes that are broker and controller at once; an answered write stands in two of them at least.

    Args:
        overrides: Broker properties beyond or instead of the usual ones.
    """

    def __init__(self, clock: Clock, *, overrides: dict[str, str] | None = None) -> None:
        ports = [free_ports() for _ in range(NODES)]
        replicated = {
            "controller.quorum.voters": ",".join(
                f"{number}@{HOST}:{one.controller}" for number, one in enumerate(ports, 1)
            ),
            "default.replication.factor": str(NODES),
            "min.insync.replicas": str(NODES - 1),
            "offsets.topic.replication.factor": str(NODES),
            "transaction.state.log.replication.factor": str(NODES),
            "transaction.state.log.min.isr": str(NODES - 1),
            **(overrides or {}),
        }
        self.nodes = [
            ApacheKafka(overrides=replicated | {"node.id": str(number)}, ports=one)
            for number, one in enumerate(ports, 1)
        ]
        self._folders = ExitStack()
        self._clock = clock

    @property
    def bootstrap_servers(self) -> str:
        """Their addresses, host:port."""
        return ",".join(node.bootstrap_servers for node in self.nodes)

    def __enter__(self) -> Self:
        with ExitStack() as folders:
            for node in self.nodes:
                folders.callback(node.close)
                node.begin()  # none is ready before a majority is there
            for node in self.nodes:
                node.wait_until_ready()
            self._folders = folders.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folders.close()

    async def until_whole(self) -> None:
        """Return once every partition of every Kafka topic, Kafka's own included, stands in all nodes.

        Raises:
            TimeoutError: That takes more than a minute.
        """
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers)
        await admin.start()
        try:
            async with asyncio.timeout(_WHOLE_SECONDS):
                while any(
                    len(partition["isr"]) < NODES
                    for topic in await admin.describe_topics()
                    for partition in topic["partitions"]
                ):
                    await self._clock.sleep(_LOOK_SECONDS)
        finally:
            await admin.close()
