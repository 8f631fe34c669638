"""Serves people as the configuration says, and takes a changed one into force without stopping."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from alerting.alert_parts import AlertParts
from alerting.alert_spine import AlertSpine
from alerting.errors import ReloadRefused, RestartNeeded
from alerting.reload_plan import changed_sections, needs_restart
from alerting.routing.reach import reach_of
from alerting.settings import LogOutput, Settings
from streams.errors import InvalidConfig
from streams.until_stopped import until_stopped

log = structlog.get_logger(__name__)


class Serving:
    """One set of parts works at a time. A changed configuration makes another set, which takes the place of the whole.

    All or nothing: the new parts are made, secrets read, before the old ones are told to stop. These finish what they
    have in hand, as at the end of the process; what waits is in the database. Then the new ones begin. Kafka is read
    on, requests are answered and the live stream goes on meanwhile.

    Args:
        first: The parts of the configuration that the process was started with.
        build: Makes the parts of another one, connecting nowhere.
        read: The configuration as it is now; None where nothing can be read anew.
        log_as: Told how to log from now on.
    """

    def __init__(
        self,
        spine: AlertSpine,
        first: AlertParts,
        *,
        build: Callable[[Settings], Awaitable[AlertParts]],
        read: Callable[[], Settings] | None = None,
        log_as: Callable[[LogOutput], None] = lambda _: None,
    ) -> None:
        self._settings = first.settings
        self._spine = spine
        self._build = build
        self._read = read
        self._log_as = log_as
        self._one_at_a_time = asyncio.Lock()
        self._over = asyncio.Event()
        self._working = asyncio.Event()
        self._next: AlertParts | None = first
        spine.front.pass_on_to(first.api)

    async def reload(self) -> tuple[str, ...]:
        """Take the configuration as it is now into force; answers the sections that changed, when they count.

        Raises:
            InvalidConfig: Something in it is wrong, with every problem. Nothing was changed.
            RestartNeeded: Something in it cannot be changed while the process runs. Nothing was changed.
            ReloadRefused: Nothing can be read anew here, or the process stops.
        """
        if self._read is None:
            raise ReloadRefused("this process was not started from a configuration file")
        async with self._one_at_a_time:
            try:
                changed = await self._replace(self._read)
            except (InvalidConfig, RestartNeeded) as exc:
                self._spine.metrics.config_reloaded.set(0)
                log.warning("config.not_reloaded", reason=str(exc), then="everything stays as it was")
                raise
            self._spine.metrics.config_reloaded.set(1)
            self._spine.metrics.config_reloaded_at.set(self._spine.clock.now().timestamp())
            log.info("config.reloaded", changed=changed)
            return changed

    async def _replace(self, read: Callable[[], Settings]) -> tuple[str, ...]:
        settings = await asyncio.to_thread(read)
        restart = needs_restart(self._settings, settings)
        if restart:
            raise RestartNeeded(restart)
        changed = changed_sections(self._settings, settings)
        # Also where nothing changed: the files that hold secrets may have.
        self._working.clear()
        self._next = await self._build(settings)
        self._over.set()
        await self._working.wait()  # as long as a stop may take
        if self._settings is not settings:
            raise ReloadRefused("the process stops")
        return changed

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; then finish what is in hand."""
        self._spine.metrics.config_reloaded.set(1)
        self._spine.metrics.config_reloaded_at.set(self._spine.clock.now().timestamp())
        try:
            while not stop.is_set() and self._next is not None:
                parts, self._next = self._next, None
                self._settings = parts.settings
                self._over = asyncio.Event()
                self._take(parts)
                try:
                    await self._work(parts, stop)
                finally:
                    await parts.receivers.close()
        finally:
            if self._next is not None:
                await self._next.receivers.close()
            self._working.set()

    def _take(self, parts: AlertParts) -> None:
        """In force from now on: for keys, for detections, for topics, for requests, for the log."""
        self._spine.ring.adopt(parts.ring)
        self._spine.intake.dispatch_by(parts.dispatch)
        self._spine.catalogue.follow(parts.settings, reach_of(parts.routes))
        self._spine.front.pass_on_to(parts.api)
        self._log_as(parts.settings.log)

    async def _work(self, parts: AlertParts, stop: asyncio.Event) -> None:
        over = self._over
        async with asyncio.TaskGroup() as group:
            stopping = group.create_task(_passed_on(stop, over), name="serving.stop")
            on_kafka = group.create_task(self._work_on_kafka(parts, over), name="serving.kafka")
            for name, run in parts.loops.items():
                group.create_task(run(over), name=name)
            self._working.set()
            await over.wait()
            stopping.cancel()
            if not self._spine.on_kafka.is_set():
                on_kafka.cancel()

    async def _work_on_kafka(self, parts: AlertParts, over: asyncio.Event) -> None:
        await self._spine.on_kafka.wait()
        async with asyncio.TaskGroup() as group:
            for run in parts.on_kafka:
                group.create_task(run(over), name=getattr(run, "__qualname__", "run"))


async def _passed_on(stop: asyncio.Event, over: asyncio.Event) -> None:
    await stop.wait()
    over.set()


async def reload_on(
    asked: asyncio.Event, reload: Callable[[], Awaitable[tuple[str, ...]]], stop: asyncio.Event
) -> None:
    """Reload whenever `asked` is set, until `stop`; what goes wrong is logged, and nothing changes then."""

    async def again_and_again() -> None:
        while True:
            await asked.wait()
            asked.clear()
            try:
                await reload()
            except (InvalidConfig, ReloadRefused, RestartNeeded) as exc:
                log.warning("config.stays", reason=str(exc))

    await until_stopped(stop, again_and_again(), name="serving.hang_ups")
