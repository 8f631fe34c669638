"""Signing in and out, in the audit trail."""

from collections import OrderedDict
from typing import Final

import msgspec
import structlog

from alerting.directives.directive import DirectiveEntry
from alerting.directives.entrance import Entrance
from alerting.errors import DatabaseUnavailable, Stale
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.store import Store
from alerting.incidents.wording import plain
from alerting.incidents.work import person
from streams.clock import Clock

ENTRANCE: Final = "entrance"
REFUSALS_APART_SECONDS: Final = 60.0
MOST_ADDRESSES: Final = 1000
TRIES: Final = 3
_TEXT: Final = 300

log = structlog.get_logger(__name__)


class EntranceBook:
    """Notes who came and went with a key of the configuration, and who was turned away; the log has it in any case.

    Of one address one refusal a minute is noted, so that whoever guesses does not fill the trail. Where the database
    does not answer nobody is kept out for it.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._noted: OrderedDict[str, float] = OrderedDict()

    async def signed_in(self, name: str, address: str) -> None:
        """Somebody came in."""
        await self._note("signed_in", person(name), f"{name} signed in from {address}")

    async def signed_out(self, name: str) -> None:
        """Somebody left."""
        await self._note("signed_out", person(name), f"{name} signed out")

    async def turned_away(self, address: str, reason: str) -> None:
        """Somebody was not let in."""
        now = self._clock.monotonic()
        if now - self._noted.get(address, float("-inf")) < REFUSALS_APART_SECONDS:
            return
        self._noted[address] = now
        self._noted.move_to_end(address)
        while len(self._noted) > MOST_ADDRESSES:
            self._noted.popitem(last=False)
        await self._note("refused", SYSTEM, f"Somebody at {address} was not let in: {plain(reason, _TEXT)}")

    async def _note(self, act: str, actor: str, text: str) -> None:
        for _ in range(TRIES):
            now = self._clock.now()
            try:
                async with self._store.begin() as unit:
                    known = await unit.directive(ENTRANCE)
                    fresh = Entrance(ENTRANCE, now, now)
                    expected = None
                    if isinstance(known, Entrance):
                        fresh = msgspec.structs.replace(known, revision=known.revision + 1)
                        expected = known.revision
                    entry = DirectiveEntry(ENTRANCE, now, f"entrance.{act}", actor, text)
                    await unit.keep(fresh, (entry,), expected_revision=expected)
            except Stale:
                continue
            except DatabaseUnavailable as exc:
                log.warning("entrance.not_noted", act=act, reason=str(exc))
            return
