"""The alerting side in one process, on parts that a test owns: clock, Kafka in memory, database in memory."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from alerting.acts import Acts
from alerting.addressing import Addressing
from alerting.callout import CallOut
from alerting.casebook import Cases, CustomerNotes
from alerting.delivery import DeliveryLoop
from alerting.directives.errand import Hook
from alerting.dispatch import Dispatch
from alerting.drills import Drills
from alerting.errands import Errands
from alerting.escalation import Escalator
from alerting.hints import Hints
from alerting.hold_watch import HoldWatch
from alerting.holds import PostHolds
from alerting.incidents.delivery import Delivery
from alerting.incidents.model import Incident
from alerting.intake import Intake
from alerting.metrics import AlertingMetrics
from alerting.mute_watch import MuteWatch
from alerting.muting_settings import InhibitRuleSettings, TimeIntervalSettings
from alerting.notice_intake import NoticeIntake
from alerting.notices import Notices
from alerting.notifiers.base import Notifier
from alerting.playbook_settings import PlaybookSettings
from alerting.receivers import ReceiverPolicy, Receivers
from alerting.rescue import Rescue
from alerting.route_settings import RouteSettings
from alerting.routing.muting import Muting
from alerting.routing.routes import Routes
from alerting.settings import DeliverySettings, Settings, SilenceSettings, TargetSettings
from alerting.silences import Silences
from alerting.timekeeper import Timekeeper
from streams.broker.base import Outgoing, Partition, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.codec import encode_detection, encode_window
from streams.events import Detection, WindowCount
from streams.settings import KafkaSettings
from streams.topic import Topic
from tests.fakes.clock import FakeClock
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.transactional_store import Tables, TransactionalStore

KAFKA = KafkaSettings(partitions=1)
DETECTIONS = Partition(KAFKA.detections, 0)
WINDOWS = Partition(KAFKA.windows, 0)
NOTICES = Partition(KAFKA.notices, 0)
REFUNDS = Topic(id="refunds", name="Refunds", query="refund", brand="Acme", owner="Payments")


class World:
    """What survives when a process dies: time, Kafka, the tables, the vendors."""

    def __init__(self, **notifiers: Notifier) -> None:
        self.clock = FakeClock()
        self.cluster = MemoryCluster(clock=self.clock)
        for name in (KAFKA.detections, KAFKA.windows, KAFKA.notices, KAFKA.replies, KAFKA.contacts):
            self.cluster.create(TopicSpec(name, 1))
        self.tables = Tables()
        self.notifiers: dict[str, Notifier] = notifiers or {"comms": ScriptedNotifier()}

    def claim(self, *detections: Detection) -> None:
        """The detectors claim this."""
        self.write(DETECTIONS, *(encode_detection(detection) for detection in detections))

    def count(self, *windows: WindowCount) -> None:
        """The stream side counted this."""
        self.write(WINDOWS, *(encode_window(window) for window in windows))

    def write(self, partition: Partition, *values: bytes) -> None:
        """Raw records."""
        self.cluster.append(
            [Outgoing(partition.kafka_topic, b"refunds", value, partition=partition.number) for value in values]
        )

    @property
    def incidents(self) -> list[Incident]:
        return list(self.tables.incidents.values())

    @property
    def outbox(self) -> list[Delivery]:
        return list(self.tables.outbox.values())


class House:
    """One process. Leaving `running` kills it."""

    def __init__(
        self,
        world: World,
        *,
        broker: MemoryBroker | None = None,
        route: Mapping[str, Any] | None = None,
        delivery: DeliverySettings | None = None,
        without: tuple[str, ...] = (),
        policies: Mapping[str, ReceiverPolicy] | None = None,
        topics: Sequence[Topic] = (REFUNDS,),
        targets: TargetSettings | None = None,
        silence_settings: SilenceSettings | None = None,
        inhibit_rules: Sequence[InhibitRuleSettings] = (),
        time_intervals: Sequence[TimeIntervalSettings] = (),
        calls: CallOut | None = None,
        playbooks: Sequence[PlaybookSettings] = (),
        hooks: Mapping[Hook, Any] | None = None,
        addressing: dict[str, Any] | None = None,
        hints: Hints | None = None,
    ) -> None:
        self.world = world
        self.store = TransactionalStore(world.tables)
        self.registry = CollectorRegistry()
        self.stop = asyncio.Event()
        self._parts = [
            part for part in ("intake", "delivery", "rescue", "watch", "notice_intake") if part not in without
        ]
        self._parts += ["timekeeper"] if targets else []
        self._parts += ["escalator"] if calls else []
        self._parts += ["hold_watch", "errands"] if hooks is not None else []
        metrics = self.metrics = AlertingMetrics(self.registry)
        receivers = Receivers({name: [notifier] for name, notifier in world.notifiers.items()}, policies)
        self.rescue = Rescue(
            store=self.store,
            receivers=receivers,
            settings=delivery or DeliverySettings(),
            clock=world.clock,
            metrics=metrics,
        )
        tree = RouteSettings.model_validate(route or {"receiver": next(iter(world.notifiers))})
        routes = Routes(tree)
        muting = Muting(routes, inhibit_rules, time_intervals, playbooks)
        dispatch = Dispatch(routes, receivers, muting, calls, Addressing(receivers, **(addressing or {})), hints)
        watch_settings = silence_settings or SilenceSettings()
        self.watch = MuteWatch(self.store, dispatch, muting, watch_settings, world.clock, metrics)
        self.silences = Silences(self.store, self.watch, watch_settings, world.clock, metrics)
        self.notices = Notices(self.store, self.watch, world.clock, metrics)
        self.notice_intake = NoticeIntake(
            broker=broker or MemoryBroker(world.cluster),
            store=self.store,
            notices=self.notices,
            kafka=KAFKA,
            clock=world.clock,
            metrics=metrics,
        )
        self.holds = PostHolds(self.store, dispatch, Settings(), world.clock, metrics)
        self.hold_watch = HoldWatch(self.store, self.holds, world.clock)
        self.customer_notes = CustomerNotes(self.store, world.clock, metrics)
        self.cases = Cases(self.store, dispatch, world.clock, metrics)
        self.errands = Errands(self.store, hooks or {}, delivery or DeliverySettings(), world.clock, metrics)
        self.acts = Acts(self.store, dispatch, world.clock, metrics)
        self.timekeeper = Timekeeper(self.store, dispatch, targets or TargetSettings(), world.clock, metrics)
        self.escalator = Escalator(self.store, dispatch, world.clock, metrics)
        self.intake = Intake(
            broker=broker or MemoryBroker(world.cluster),
            store=self.store,
            dispatch=dispatch,
            topics=topics,
            kafka=KAFKA,
            clock=world.clock,
            metrics=metrics,
            rng=random.Random(1),  # noqa: S311  # jitter that a test can repeat
        )
        self.drills = Drills(self.store, receivers, world.clock)
        self.delivery = DeliveryLoop(
            store=self.store,
            receivers=receivers,
            settings=delivery or DeliverySettings(),
            clock=world.clock,
            metrics=metrics,
            public_url="https://tocsin.example.com",
            rng=random.Random(1),  # noqa: S311  # jitter that a test can repeat
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["House"]:
        """The process from its start to its kill."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(getattr(self, part).run(self.stop), name=part) for part in self._parts]
            try:
                await self.world.clock.settle()
                yield self
            finally:
                for task in tasks:
                    task.cancel()

    def metric(self, name: str, **labels: str) -> float:
        """A sample's value; 0 where nothing was counted yet."""
        return self.registry.get_sample_value(name, labels) or 0.0
