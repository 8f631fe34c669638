"""Intake, delivery and rescue on a store, as one process that can be killed."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from alerting.acts import Acts
from alerting.delivery import DeliveryLoop
from alerting.dispatch import Dispatch
from alerting.incidents.store import Store
from alerting.intake import Intake
from alerting.metrics import AlertingMetrics
from alerting.notifiers.base import Notifier
from alerting.receivers import Receivers
from alerting.rescue import Rescue
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from alerting.settings import DeliverySettings
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.clock import Clock
from streams.topic import Topic
from tests.fakes.house import KAFKA, REFUNDS


class AlertingProcess:
    """Everything between Kafka and the vendors.

    Args:
        notifiers: One receiver for each; everybody is told of everything.
        groups: What the top route says of groups.
        parts: Which of `intake`, `delivery` and `rescue` it has.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        cluster: MemoryCluster,
        notifiers: Mapping[str, Notifier],
        *,
        settings: DeliverySettings,
        seed: int,
        group_wait_seconds: float = 0.0,
        groups: Mapping[str, Any] | None = None,
        topics: Sequence[Topic] = (REFUNDS,),
        parts: Sequence[str] = ("intake", "delivery", "rescue"),
    ) -> None:
        metrics = self.metrics = AlertingMetrics(CollectorRegistry())
        receivers = Receivers({name: [notifier] for name, notifier in notifiers.items()})
        names: Sequence[str] = tuple(notifiers)
        route = {
            "receiver": names[0],
            "group_wait_seconds": group_wait_seconds,
            **(groups or {}),
            "routes": [{"receiver": name, "continue": True} for name in names],
        }
        rng = random.Random(seed)  # noqa: S311  # repeatable
        dispatch = Dispatch(Routes(RouteSettings.model_validate(route)), receivers)
        self.acts = Acts(store, dispatch, clock, metrics)
        self._stop = asyncio.Event()
        intake = Intake(
            broker=MemoryBroker(cluster),
            store=store,
            dispatch=dispatch,
            topics=topics,
            kafka=KAFKA,
            clock=clock,
            metrics=metrics,
            rng=rng,
        )
        delivery = DeliveryLoop(
            store=store, receivers=receivers, settings=settings, clock=clock, metrics=metrics, rng=rng
        )
        rescue = Rescue(store=store, receivers=receivers, settings=settings, clock=clock, metrics=metrics)
        every = {"intake": intake.run, "delivery": delivery.run, "rescue": rescue.run}
        self._parts = [every[part] for part in parts]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, group: asyncio.TaskGroup) -> None:
        """Begin all parts."""
        self._tasks = [group.create_task(part(self._stop), name=part.__qualname__) for part in self._parts]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The process from its start to its kill."""
        async with asyncio.TaskGroup() as group:
            self.start(group)
            try:
                yield
            finally:
                await self.kill()

    async def kill(self) -> None:
        """Everything ends where it stands."""
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
