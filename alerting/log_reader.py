"""Reads a Kafka topic on and on, through every absence of the broker."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from streams.backoff import Backoff, sleep_unless
from streams.clock import Clock
from streams.errors import BrokerUnavailable
from streams.until_stopped import until_stopped

log = structlog.get_logger(__name__)

Heard = Callable[[], None]
"""To be called whenever the broker has answered."""


class LogReader:
    """Begins to read anew whenever the broker stopped answering; said once, and once more when it is back.

    Args:
        name: Stands in the log and names the task.
        then: What is shown meanwhile, for the log.
    """

    def __init__(self, name: str, clock: Clock, *, then: str) -> None:
        self._name = name
        self._clock = clock
        self._then = then
        self._failing = False

    async def run(self, read: Callable[[Heard], Awaitable[None]], stop: asyncio.Event) -> None:
        """Read until `stop`.

        Args:
            read: Reads for as long as the broker answers, and raises `BrokerUnavailable` when it does not.
        """
        await until_stopped(stop, self._read_on(read, stop), name=f"{self._name}.follow")

    async def _read_on(self, read: Callable[[Heard], Awaitable[None]], stop: asyncio.Event) -> None:
        backoff = Backoff()

        def heard() -> None:
            if self._failing:
                log.info("log_reader.available", reads=self._name)
            self._failing = False
            backoff.reset()

        while True:
            try:
                await read(heard)
            except BrokerUnavailable as exc:
                if not self._failing:
                    log.warning("log_reader.unavailable", reads=self._name, reason=str(exc), then=self._then)
                self._failing = True
                await sleep_unless(stop, backoff.next_seconds(), self._clock)
