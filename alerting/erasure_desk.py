"""Forgets authors who asked for it: in the stream, in the database, and in what comes after."""

import asyncio
from datetime import timedelta
from typing import Final, Protocol

import msgspec
import structlog

from alerting.directives.directive import DirectiveEntry
from alerting.directives.erasure import Erasure
from alerting.directives.mood_label import MoodLabel
from alerting.errors import Stale
from alerting.incidents.erasing import wordless
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.store import Store
from alerting.incidents.work import person
from alerting.lookout import Lookout
from streams.clock import Clock
from streams.erasure import author_number
from streams.errors import BrokerUnavailable

MAX_LISTED: Final = 10_000
_LOOKS_SECONDS: Final = 20.0
_SETTLED: Final = timedelta(seconds=90)  # by then every score process knows, and what it wrote before was taken in
_LONGEST: Final = timedelta(days=3650)

log = structlog.get_logger(__name__)


class ErasesInStreams(Protocol):
    """Tells the stream side whom to forget."""

    async def erase(self, author: int) -> None:
        """Declare it; again changes nothing."""
        ...


class Forgetful(Store, Protocol):
    """A store that can take an author out of what it keeps."""

    async def erase_author(self, author: int) -> int:
        """Take an author, by the 64-bit hash, out of every incident; how many knew them. A batch is a transaction.

        Raises:
            DatabaseUnavailable: Some may be done; doing it again is safe.
        """
        ...


class ErasureDesk:
    """Takes the wish down first, with its record in the audit trail; then it takes effect, at once and once more later.

    The second pass, a minute and a half on, catches what was on its way when the wish came. Saying the same again is
    harmless, and completes what an outage cut in two; so does every process that runs this desk.
    """

    def __init__(self, store: Forgetful, streams: ErasesInStreams, clock: Clock) -> None:
        self._store = store
        self._streams = streams
        self._clock = clock

    async def erase(self, platform: str, author: str, *, by: str) -> Erasure:
        """Forget an author, `author` being the id that mentions carry, or the name where they carry none.

        Raises:
            TopicRefused: 10,000 authors are erased already.
            DatabaseUnavailable: Nothing was written, or not everything is gone yet; say it again.
            BrokerUnavailable: It is written down, and takes effect as soon as Kafka answers.
        """
        number = author_number(platform, author)
        name, now = f"erasure_{number:016x}", self._clock.now()
        wished = Erasure(name, f"{number:016x}", person(by), now, now + _LONGEST)
        try:
            async with self._store.begin() as unit:
                known = await unit.directive(name)
                if isinstance(known, Erasure):
                    wished = msgspec.structs.replace(wished, revision=known.revision + 1)
                entry = DirectiveEntry(name, now, "erasure.asked", person(by), f"{person(by)} had an author erased")
                expected = known.revision if isinstance(known, Erasure) else None
                await unit.keep(wished, [entry], expected_revision=expected)
        except Stale:
            log.info("erasure.asked_twice_at_once", erasure=name)
        await self._streams.erase(number)
        await self._sweep(number)
        return wished

    async def erasures(self, limit: int = MAX_LISTED) -> tuple[Erasure, ...]:
        """The newest first."""
        found = await self._store.directives("erasure", limit=limit)
        return tuple(one for one in found if isinstance(one, Erasure))

    async def run(self, stop: asyncio.Event) -> None:
        """Complete what was asked for, until `stop`."""
        await Lookout("erasures", self._clock, every_seconds=_LOOKS_SECONDS, outlives=True).run(self.look, stop)

    async def look(self) -> None:
        """Go through what was asked for and is not finished."""
        now = self._clock.now()
        for wished in await self._store.directives_in_force(now):
            if isinstance(wished, Erasure) and wished.finished_at is None:
                await self._complete(wished)

    async def _complete(self, wished: Erasure) -> None:
        number = int(wished.number, 16)
        try:
            await self._streams.erase(number)
        except BrokerUnavailable as exc:
            log.warning("erasure.waiting", erasure=wished.id, reason=str(exc))
            return
        changed = await self._sweep(number)
        now = self._clock.now()
        if now - wished.created_at < _SETTLED:
            return
        finished = msgspec.structs.replace(wished, finished_at=now, ends_at=now, revision=wished.revision + 1)
        entry = DirectiveEntry(wished.id, now, "erasure.finished", SYSTEM, "Everything known of the author is gone")
        async with self._store.begin() as unit:
            await unit.keep(finished, [entry], expected_revision=wished.revision)
        log.info("erasure.finished", erasure=wished.id, changed=changed)

    async def _sweep(self, number: int) -> int:
        """How many incidents and labels changed."""
        changed = await self._store.erase_author(number)
        for label in await self._store.directives("mood", limit=MAX_LISTED):
            if isinstance(label, MoodLabel) and label.author_number == number:
                entry = DirectiveEntry(label.id, self._clock.now(), "mood.erased", SYSTEM, "Its author was erased")
                async with self._store.begin() as unit:
                    await unit.keep(wordless(label), [entry], expected_revision=label.revision)
                changed += 1
        return changed
