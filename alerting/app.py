"""The wiring of the whole: which roles run in this process, and what each of them works with."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog
from prometheus_client import CollectorRegistry

from alerting.alert_parts import AlertParts, open_parts
from alerting.alert_spine import alert_spine
from alerting.api.app import create_role_api
from alerting.api.health import Component, Condition, Probe
from alerting.api.server import serve_http
from alerting.console.pulse import Pulse
from alerting.errors import ReloadRefused, RestartNeeded
from alerting.fakes.inbox import Inbox
from alerting.incidents.sql.store import SqlStore
from alerting.metrics import AlertingMetrics
from alerting.notifiers.egress import Egress
from alerting.receiver_parts import receivers_from
from alerting.reload_plan import needs_restart
from alerting.runs import Runs
from alerting.serving import Serving, reload_on
from alerting.settings import LogOutput, Settings
from alerting.store_opening import open_patiently
from alerting.tracing_from import tracing_from
from streams.app import connected, detect_role, score_role
from streams.broker.base import Broker
from streams.clock import Clock
from streams.errors import BrokerUnavailable
from streams.metrics import StreamMetrics
from streams.readiness import Readiness
from streams.role import Role
from streams.tracing import Tracing

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
        read: The configuration as it is now; None where nothing can be read anew.
        log_as: Told how to log after the configuration was read anew.
        tracing: Who gathers spans, instead of whom the configuration names.

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
        read: Callable[[], Settings] | None = None,
        log_as: Callable[[LogOutput], None] = lambda _: None,
        tracing: Tracing | None = None,
    ) -> None:
        self._read, self._log_as = read, log_as
        self._hang_ups = asyncio.Event()
        self._settings = settings
        self._broker = broker
        self._clock = clock
        self._inbox = inbox
        self._announce_key = announce_key
        self._registry = CollectorRegistry()
        self._stream_metrics = StreamMetrics(self._registry)
        self._tracing = tracing or tracing_from(settings.tracing, "-".join(roles) if len(roles) == 1 else "serve")
        self._streams = self._stream_roles(roles)
        self._alerts = RoleName.ALERT in roles
        self._servers = ("api",) if self._alerts else tuple(self._streams)
        self._addresses: dict[str, str] = {}
        self._store: SqlStore | None = None
        self._pulse: Callable[[], Pulse] = Pulse
        self._connected = False
        self._started = asyncio.Event()

    def hang_up(self) -> None:
        """Take the configuration as it is now into force, soon; what is wrong with it is logged."""
        self._hang_ups.set()

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
        try:
            await self._run(stop)
        finally:
            await asyncio.to_thread(self._tracing.close)

    async def _run(self, stop: asyncio.Event) -> None:
        if not self._alerts:
            async with asyncio.TaskGroup() as group:
                runs = [role.run for role in self._streams.values()]
                group.create_task(self._work_on_kafka(stop, runs, asyncio.Event()), name="kafka")
                group.create_task(reload_on(self._hang_ups, self._reload_log, stop), name="hang_ups")
                for name in self._streams:
                    group.create_task(self._serve_role(name, stop), name=f"{name}.http")
            return
        settings, metrics = self._settings, AlertingMetrics(self._registry)
        # Secrets that cannot be read are told before anybody waits for a database.
        await receivers_from(settings, self._clock, metrics, Egress.from_settings(settings.delivery)).close()
        store = await open_patiently(settings, self._clock, stop, self._registry)
        if store is None:
            return
        self._store = store
        try:
            await self._alert(stop, store, metrics)
        finally:
            await store.close()

    async def _alert(self, stop: asyncio.Event, store: SqlStore, metrics: AlertingMetrics) -> None:
        settings, roles = self._settings, self._streams
        spine = alert_spine(
            settings,
            broker=self._broker,
            store=store,
            clock=self._clock,
            metrics=metrics,
            lags=self._lags,
            announce_key=self._announce_key,
            tracing=self._tracing,
        )

        async def reload() -> tuple[str, ...]:
            return await serving.reload()

        async def build(wanted: Settings) -> AlertParts:
            probes = {name: self._role_probe(name) for name in roles}
            return await open_parts(
                wanted, spine, roles=probes, announce_key=self._announce_key, inbox=self._inbox, reload=reload
            )

        serving = Serving(spine, await build(settings), build=build, read=self._read, log_as=self._log_as)
        self._pulse = spine.observer.pulse
        async with asyncio.TaskGroup() as group:
            group.create_task(serving.run(stop), name="serving")
            group.create_task(spine.observer.run(stop), name="observer")
            on_kafka = [*(role.run for role in roles.values()), *spine.runs_on_kafka]
            group.create_task(self._work_on_kafka(stop, on_kafka, spine.on_kafka), name="kafka")
            group.create_task(reload_on(self._hang_ups, serving.reload, stop), name="hang_ups")
            host, port, started = settings.api.host, settings.api.port, self._answers("api")
            group.create_task(serve_http(spine.front, host=host, port=port, stop=stop, started=started), name="api")

    async def _work_on_kafka(self, stop: asyncio.Event, runs: Sequence[Runs], answers: asyncio.Event) -> None:
        """Connect, run what reads from Kafka, and let go of the broker when all of it has stopped."""
        try:
            async with connected(self._broker, self._clock, stop) as broker:
                log.info("broker.connected", guarantee=broker.guarantee.value)
                self._connected = True
                answers.set()
                async with asyncio.TaskGroup() as group:
                    for run in runs:
                        group.create_task(run(stop), name=getattr(run, "__qualname__", "run"))
        except BrokerUnavailable:
            if not stop.is_set():
                raise

    async def _reload_log(self) -> tuple[str, ...]:
        """Without the alert role nothing but the log can be changed; a change of anything else is told.

        Raises:
            InvalidConfig: Something is wrong with the configuration.
            ReloadRefused: There is none to be read.
            RestartNeeded: Something changed that only a restart brings into force.
        """
        if self._read is None:
            raise ReloadRefused("this process was not started from a configuration file")
        settings = await asyncio.to_thread(self._read)
        restart = needs_restart(self._settings, settings)
        if restart:
            raise RestartNeeded(restart)
        self._log_as(settings.log)
        return ("log",) if settings.log != self._settings.log else ()

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
            made["score"] = score_role(self._settings, self._broker, self._clock, metrics, self._tracing)
        if RoleName.DETECT in roles:
            made["detect"] = detect_role(self._settings, self._broker, self._clock, metrics, self._tracing)
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
