"""Tells the service manager how this process does, in the way of systemd's `sd_notify`."""

import asyncio
import os
import socket
from collections.abc import Mapping
from typing import Final

import structlog

from streams.backoff import sleep_unless
from streams.clock import Clock

_MICROSECONDS: Final = 1_000_000

log = structlog.get_logger(__name__)


class ServiceManager:
    """Whoever started this process and wants to hear of it; silent where nobody does.

    The watchdog's signs of life are sent by the event loop itself, so that a loop that hangs falls silent.

    Args:
        environment: Where `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` are looked for.

    Source:
        https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
    """

    def __init__(self, environment: Mapping[str, str], clock: Clock) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._clock = clock
        ours = environment.get("WATCHDOG_PID") in {None, "", str(os.getpid())}
        wanted = environment.get("WATCHDOG_USEC", "")
        self._watchdog_seconds = int(wanted) / _MICROSECONDS if ours and wanted.isdigit() and int(wanted) else None

    @property
    def listens(self) -> bool:
        """Whether anybody wants to hear."""
        return bool(self._address)

    def ready(self, status: str) -> None:
        """The process answers; `status` is shown to people."""
        self._tell(f"READY=1\nSTATUS={status}")

    def stopping(self) -> None:
        """It was told to stop and does so."""
        self._tell("STOPPING=1")

    async def watch(self, stop: asyncio.Event) -> None:
        """Give signs of life until `stop`, twice as often as asked for; return at once where nobody asked."""
        if self._watchdog_seconds is None or not self.listens:
            return
        while not stop.is_set():
            self._tell("WATCHDOG=1")
            await sleep_unless(stop, self._watchdog_seconds / 2, self._clock)

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        # An address that begins with @ is in the abstract namespace.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.settimeout(0)
                channel.sendto(text.encode(), address)
        except OSError as exc:
            log.warning("service_manager.not_told", reason=str(exc))
