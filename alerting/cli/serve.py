"""`tocsin serve` and the three roles `score`, `detect` and `alert`."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Final, TypeVar

from alerting.cli.exits import explained
from alerting.cli.options import ConfigOption, settings_from
from alerting.settings import LogOutput

if TYPE_CHECKING:
    from alerting.app import RoleName, Tocsin
    from alerting.service_manager import ServiceManager

T = TypeVar("T")

_GARBAGE_THRESHOLDS: Final = (20_000, 20, 100)


def serve(config: ConfigOption = None) -> None:
    """Run everything in one process on the Kafka of the configuration, until Ctrl-C or SIGTERM."""
    from alerting.app import ALL_ROLES

    run_roles(config, ALL_ROLES)


def score(config: ConfigOption = None) -> None:
    """Run the score role: mentions in, partial counts out. As many processes as there are partitions."""
    from alerting.app import RoleName

    run_roles(config, (RoleName.SCORE,))


def detect(config: ConfigOption = None) -> None:
    """Run the detect role: partial counts in, detections and window counts out."""
    from alerting.app import RoleName

    run_roles(config, (RoleName.DETECT,))


def alert(config: ConfigOption = None) -> None:
    """Run the alert role: detections in, incidents, pages, the API and the console out."""
    from alerting.app import RoleName

    run_roles(config, (RoleName.ALERT,))


def run_roles(config: ConfigOption, roles: "tuple[RoleName, ...]") -> None:
    """Run roles until the process is told to stop; ends the program with a code that says how it went."""
    from alerting.app import Tocsin
    from alerting.service_manager import ServiceManager
    from streams.broker.registry import open_broker
    from streams.clock import SystemClock

    async def work() -> None:
        stop = asyncio.Event()
        stop_on_signals(stop)
        broker = open_broker(settings.kafka)
        clock = SystemClock()
        process = Tocsin(
            settings,
            roles,
            broker=broker,
            clock=clock,
            announce_key=_announce,
            read=lambda: settings_from(config),
            log_as=log_as,
        )
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, process.hang_up)
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(_tell(ServiceManager(os.environ, clock), process, stop), name="service_manager")
            keeping = group.create_task(_keep_what_is_ready(process), name="keep_what_is_ready")
            try:
                await process.run(stop)
            finally:
                telling.cancel()
                keeping.cancel()

    with explained():
        settings = settings_from(config)
        log_as(settings.log)
        collect_garbage_rarely()
        run_in_loop(work)


async def _tell(manager: "ServiceManager", process: "Tocsin", stop: asyncio.Event) -> None:
    """Tell the service manager when the process answers, that it lives, and that it stops."""
    if not manager.listens:
        return
    running = await process.until_started()
    manager.ready("listening on " + ", ".join(running.addresses.values()))
    await manager.watch(stop)
    await stop.wait()
    manager.stopping()


async def _keep_what_is_ready(process: "Tocsin") -> None:
    await process.until_ready()
    take_for_permanent()


def collect_garbage_rarely() -> None:
    """Spend less on looking for cycles: there are few, but the models and the index are a large heap to look through.

    What is there now is taken for permanent. In between, memory may grow by tens of thousands of small objects.
    """
    gc.collect()
    take_for_permanent()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)


def take_for_permanent() -> None:
    """Never look through what is there now again: once the process is ready, that is its routes, models and state.

    To look through all of it takes a tenth of a second and more, and whoever asks meanwhile waits.
    """
    gc.freeze()


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` on Ctrl-C and SIGTERM; a second Ctrl-C ends the process at once."""
    loop = asyncio.get_running_loop()

    def asked() -> None:
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked)


def log_as(output: LogOutput) -> None:
    """Log as configured, on standard error."""
    from streams.log import set_up_logging

    as_json = None if output.format == "auto" else output.format == "json"
    set_up_logging(level=output.level, json=as_json)


def run_in_loop(work: Callable[[], Coroutine[None, None, T]]) -> T:
    """The outcome of `work()`, run on uvloop where there is one."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.run(work())
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work())


def _announce(key: str) -> None:
    sys.stderr.write(f"No API key is configured. This one is valid until the process ends: {key}\n")
