"""The wiring of the whole: which roles run in this process, and what each of them works with."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog
from prometheus_client import CollectorRegistry

from alerting.acts import Acts
from alerting.api.app import create_api, create_role_api
from alerting.api.health import Component, Condition, Probe
from alerting.api.keys import KeyRing
from alerting.api.server import serve_http
from alerting.api.topic_preview import TopicPreviews
from alerting.catalogue import Catalogue
from alerting.console.pulse import Pulse
from alerting.delivery import DeliveryLoop
from alerting.directive_parts import directive_parts
from alerting.duty import Duty
from alerting.escalation import Escalator
from alerting.fakes.inbox import Inbox
from alerting.feed_board import FeedBoard
from alerting.feedback_desk import FeedbackDesk
from alerting.hand_over import HandOver
from alerting.inbound.build import build_inbound
from alerting.incidents.sql.store import SqlStore
from alerting.intake import Intake
from alerting.intake_probe import intake_probe
from alerting.metrics import AlertingMetrics
from alerting.notifiers.egress import Egress
from alerting.notifiers.registry import build_all
from alerting.observer import Observer
from alerting.pictures import Pictures
from alerting.receivers import Receivers, policies_of
from alerting.rescue import Rescue
from alerting.retention import Retention
from alerting.routing.muting import Muting
from alerting.routing.reach import reach_of
from alerting.routing.routes import Routes
from alerting.settings import Settings
from alerting.store_opening import open_patiently
from alerting.timekeeper import Timekeeper
from alerting.topic_ledger import TopicLedger
from alerting.watch_list import WatchList
from streams.app import connected, detect_role, score_role
from streams.broker.base import Broker
from streams.clock import Clock
from streams.errors import BrokerUnavailable
from streams.metrics import StreamMetrics
from streams.readiness import Readiness
from streams.role import Role

log = structlog.get_logger(__name__)


class RoleName(StrEnum):
    """The three roles."""

    SCORE = "score"
    DETECT = "detect"
    ALERT = "alert"


ALL_ROLES: Final = tuple(RoleName)


@dataclass(frozen=True, slots=True)
class Running:
    """What whoever started the roles may look at while they run.

    Attributes:
        addresses: Where each server listens, by name: `api`, or `score` and `detect`.
        store: None where the alert role is elsewhere.
        pulse: How the stream does.
    """

    registry: CollectorRegistry
    addresses: Mapping[str, str]
    store: SqlStore | None
    pulse: Callable[[], Pulse]


class Tocsin:
    """One process with one, two or all three roles.

    Args:
        broker: Not entered yet; it is as soon as it answers, however long that takes.
        announce_key: Told the key that is made where none is configured.
        inbox: What the demo's vendors received.

    Raises:
        InvalidQuery: A topic's query does not parse.
    """

    def __init__(
        self,
        settings: Settings,
        roles: tuple[RoleName, ...],
        *,
        broker: Broker,
        clock: Clock,
        announce_key: Callable[[str], None],
        inbox: Inbox | None = None,
    ) -> None:
        self._settings = settings
        self._broker = broker
        self._clock = clock
        self._inbox = inbox
        self._announce_key = announce_key
        self._registry = CollectorRegistry()
        self._stream_metrics = StreamMetrics(self._registry)
        self._streams = self._stream_roles(roles)
        self._alerts = RoleName.ALERT in roles
        self._servers = ("api",) if self._alerts else tuple(self._streams)
        self._addresses: dict[str, str] = {}
        self._store: SqlStore | None = None
        self._pulse: Callable[[], Pulse] = Pulse
        self._connected = False
        self._started = asyncio.Event()

    async def until_started(self) -> Running:
        """Return when every server of this process answers."""
        await self._started.wait()
        return Running(self._registry, dict(self._addresses), self._store, self._pulse)

    async def until_ready(self) -> None:
        """Return when, besides, every stream role of this process has its partitions and their state."""
        await self._started.wait()
        for role in self._streams.values():
            await role.until_ready()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`, then stop everything in order.

        Raises:
            InvalidConfig: A secret cannot be read, a port is taken, the database is newer than this code.
            TopicsMismatch: Kafka topics are missing.
            StateCorrupted: Stored state cannot be read.
            TooManyDeadLetters: The input is not what it should be.
        """
        if not self._alerts:
            async with asyncio.TaskGroup() as group:
                group.create_task(
                    self._work_on_kafka(stop, [role.run for role in self._streams.values()]), name="kafka"
                )
                for name in self._streams:
                    group.create_task(self._serve_role(name, stop), name=f"{name}.http")
            return
        settings = self._settings
        egress = Egress.from_settings(settings.delivery)
        notifiers = build_all(settings.receivers, clock=self._clock, egress=egress, people=settings.people)
        receivers = Receivers(notifiers, policies_of(settings.receivers, settings.people))
        store = await open_patiently(settings, self._clock, stop, self._registry)
        if store is None:
            await receivers.close()
            return
        self._store = store
        try:
            await self._alert(stop, store, receivers, egress)
        finally:
            await receivers.close()
            await store.close()

    async def _alert(self, stop: asyncio.Event, store: SqlStore, receivers: Receivers, egress: Egress) -> None:
        settings, clock, metrics = self._settings, self._clock, AlertingMetrics(self._registry)
        routes = Routes(settings.route)
        duty = Duty.from_settings(settings)
        muting = Muting(routes, settings.inhibit_rules, settings.time_intervals, settings.playbooks)
        dispatch = duty.dispatch(routes, receivers, muting)
        directives = directive_parts(settings, self._broker, store, dispatch, clock, metrics, egress)
        intake = Intake(
            broker=self._broker,
            store=store,
            dispatch=dispatch,
            topics=None,
            kafka=settings.kafka,
            clock=clock,
            metrics=metrics,
        )
        catalogue = Catalogue(settings, broker=self._broker, clock=clock, know=intake.know, reach=reach_of(routes))
        public_url = str(settings.api.public_url) if settings.api.public_url else None
        rises, pictures = WatchList(self._broker, settings.kafka, clock), Pictures(store, receivers, clock, metrics)
        delivery = DeliveryLoop(
            store=store,
            receivers=receivers,
            settings=settings.delivery,
            clock=clock,
            metrics=metrics,
            public_url=public_url,
            rising=lambda: rises.in_words(catalogue.declared),
            arrived=pictures.offer,
        )
        rescue = Rescue(store=store, receivers=receivers, settings=settings.delivery, clock=clock, metrics=metrics)
        feeds = FeedBoard(self._broker, settings.kafka, clock, self._lags)
        observer = Observer(store, clock, metrics, self._registry, feeds=feeds, wait_seconds=settings.time.wait_seconds)
        self._pulse = observer.pulse
        acts, escalator = Acts(store, dispatch, clock, metrics), Escalator(store, dispatch, clock, metrics)
        retention = Retention(store, settings.retention, clock, metrics)
        timekeeper = Timekeeper(store, dispatch, settings.targets, clock, metrics)
        inbound = build_inbound(settings, acts=acts, clock=clock, egress=egress, metrics=metrics)
        app = create_api(
            store=store,
            acts=acts,
            ring=KeyRing.from_settings(settings.api.keys, announce=self._announce_key),
            settings=settings.api,
            targets=settings.targets,
            clock=clock,
            metrics=metrics,
            broker=self._broker,
            kafka_topic=settings.kafka.mentions,
            probes={"intake": intake_probe(intake), **{name: self._role_probe(name) for name in self._streams}},
            pulse=observer.pulse,
            feeds=feeds,
            inbox=self._inbox,
            topics=TopicLedger(catalogue, store, clock),
            inbound=inbound,
            directives=directives,
            answers=store.answers,
            duty=duty,
            feedback=FeedbackDesk(store, catalogue, acts, clock),
            watch=rises,
            previews=TopicPreviews(self._broker, settings, clock),
            link_keys=store.chain.keys_for("situation link"),
        )
        async with asyncio.TaskGroup() as group:
            runs = [*directives.on_kafka, *(role.run for role in self._streams.values())]
            runs += [catalogue.run, intake.run, feeds.run, rises.run]
            group.create_task(self._work_on_kafka(stop, runs), name="kafka")
            loops = (*directives.loops, *duty.loops(store, routes, receivers, egress, clock, metrics))
            hand_over = HandOver(store, receivers, settings.receivers, clock)
            timed = (timekeeper, retention, hand_over, escalator, *loops)
            for loop in (delivery, rescue, observer, pictures, *timed):
                group.create_task(loop.run(stop), name=type(loop).__name__)
            if inbound.slack_socket is not None:
                group.create_task(inbound.slack_socket.run(stop), name="slack_socket")
            host, port, started = settings.api.host, settings.api.port, self._answers("api")
            group.create_task(serve_http(app, host=host, port=port, stop=stop, started=started), name="api")

    async def _work_on_kafka(
        self, stop: asyncio.Event, runs: Sequence[Callable[[asyncio.Event], Coroutine[None, None, None]]]
    ) -> None:
        """Connect, run what reads from Kafka, and let go of the broker when all of it has stopped."""
        try:
            async with connected(self._broker, self._clock, stop) as broker:
                log.info("broker.connected", guarantee=broker.guarantee.value)
                self._connected = True
                async with asyncio.TaskGroup() as group:
                    for run in runs:
                        group.create_task(run(stop), name=getattr(run, "__qualname__", "run"))
        except BrokerUnavailable:
            if not stop.is_set():
                raise

    async def _serve_role(self, name: str, stop: asyncio.Event) -> None:
        ports = {"score": self._settings.roles.score_port, "detect": self._settings.roles.detect_port}
        app = create_role_api(probes={name: self._role_probe(name, alone=True)}, registries=(self._registry,))
        await serve_http(
            app,
            host=self._settings.roles.host,
            port=ports[name],
            stop=stop,
            started=self._answers(name),
            name=f"roles.{name}_port",
        )

    def _stream_roles(self, roles: tuple[RoleName, ...]) -> dict[str, Role]:
        metrics = self._stream_metrics
        made: dict[str, Role] = {}
        if RoleName.SCORE in roles:
            made["score"] = score_role(self._settings, self._broker, self._clock, metrics)
        if RoleName.DETECT in roles:
            made["detect"] = detect_role(self._settings, self._broker, self._clock, metrics)
        return made

    def _lags(self) -> Mapping[str, int]:
        return self._stream_metrics.lags(self._settings.kafka.mentions)

    def _answers(self, name: str) -> Callable[[str], None]:
        def started(address: str) -> None:
            self._addresses[name] = address
            log.info("http.listening", server=name, address=address)
            if set(self._servers) <= set(self._addresses):
                self._started.set()

        return started

    def _role_probe(self, name: str, *, alone: bool = False) -> Probe:
        """Alone, a role that is not ready is down; beside the alert role it is degraded: people are still answered."""
        role = self._streams[name]

        async def probe() -> Component:
            readiness = role.readiness if self._connected else Readiness.STARTING
            if readiness.is_ready:
                return Component(Condition.READY, readiness.value)
            return Component(Condition.DOWN if alone else Condition.DEGRADED, readiness.value)

        return probe
