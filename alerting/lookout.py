"""Looks again and again, and leaves a database that does not answer in peace."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from alerting.errors import DatabaseUnavailable, Stale
from streams.backoff import Backoff, sleep_unless
from streams.clock import Clock

log = structlog.get_logger(__name__)


class Lookout:
    """Looks every so often until it is told to stop.

    While the database does not answer the waits grow up to a cap, and are short again after the first look that
    worked. What somebody else changed at the same moment (`Stale`) is looked at again at the usual time.

    Args:
        name: Stands in the log.
        every_seconds: Between the end of a look and the next one, > 0.
        first_seconds: The longest first wait while the database does not answer; `every_seconds` without it.
        cap_seconds: The longest such wait at all.
        outlives: Whether an error that nobody foresaw is logged and looking goes on: for what must never be what ends
            the process that pages. Otherwise it is raised.
        rng: Where the jitter comes from.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        every_seconds: float,
        first_seconds: float | None = None,
        cap_seconds: float = 30.0,
        outlives: bool = False,
        rng: random.Random | None = None,
    ) -> None:
        self._name = name
        self._clock = clock
        self._every = every_seconds
        self._outlives = outlives
        self._backoff = Backoff(first_seconds=first_seconds or every_seconds, cap_seconds=cap_seconds, rng=rng)

    async def run(
        self,
        look: Callable[[], Awaitable[object]],
        stop: asyncio.Event,
        *,
        wake: asyncio.Event | None = None,
        sooner: Callable[[], Awaitable[float]] | None = None,
    ) -> None:
        """Look until `stop`; what is being looked at then is finished first.

        Args:
            wake: Whoever sets it ends the wait, and has to when `stop` is set; without it `stop` does.
            sooner: Asked after a look that worked for the seconds to the next one.
        """
        ends_wait = wake or stop
        while not stop.is_set():
            if wake is not None:
                wake.clear()
            await sleep_unless(ends_wait, await self._looked(look, sooner), self._clock)

    async def _looked(
        self, look: Callable[[], Awaitable[object]], sooner: Callable[[], Awaitable[float]] | None
    ) -> float:
        """The seconds to the next look."""
        try:
            await look()
            seconds = self._every if sooner is None else await sooner()
        except Stale as exc:
            log.debug("lookout.again", lookout=self._name, reason=str(exc))
        except DatabaseUnavailable as exc:
            log.debug("lookout.waiting", lookout=self._name, reason=str(exc))
            return self._backoff.next_seconds()
        except Exception:  # only where an error is not to end the process that pages
            if not self._outlives:
                raise
            log.exception("lookout.failed", lookout=self._name)
        else:
            self._backoff.reset()
            return seconds
        return self._every
