"""Signing in and out: in the audit trail, and for every process."""

from collections import OrderedDict
from typing import Final

import structlog

from alerting.api.sessions import Session
from alerting.directives.directive import DirectiveEntry
from alerting.directives.entrance import ENTRANCE, Entrance
from alerting.errors import DatabaseUnavailable, Stale
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.store import Store
from alerting.incidents.wording import plain
from alerting.incidents.work import person
from streams.clock import Clock

REFUSALS_APART_SECONDS: Final = 60.0
MOST_ADDRESSES: Final = 1000
TRIES: Final = 3
MOST_CLOSED: Final = 5000
_TEXT: Final = 300

log = structlog.get_logger(__name__)


class EntranceBook:
    """Notes who came and went with a key of the configuration, and who was turned away; the log has it in any case.

    Which sessions are over is kept for all keys, as long as they would have lasted.

    Of one address one refusal a minute is noted, so that whoever guesses does not fill the trail. Where the database
    does not answer nobody is kept out for it.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._noted: OrderedDict[str, float] = OrderedDict()

    async def signed_in(self, name: str, address: str) -> None:
        """Somebody came in."""
        await self._keep(("signed_in", person(name), f"{name} signed in from {address}"))

    async def signed_out(self, session: Session, *, noted: bool = False) -> None:
        """Somebody left: every process knows within a second.

        Args:
            noted: It stands in the audit trail already.
        """
        line = None if noted else ("signed_out", person(session.name), f"{session.name} signed out")
        await self._keep(line, session)

    async def turned_away(self, address: str, reason: str) -> None:
        """Somebody was not let in."""
        now = self._clock.monotonic()
        if now - self._noted.get(address, float("-inf")) < REFUSALS_APART_SECONDS:
            return
        self._noted[address] = now
        self._noted.move_to_end(address)
        while len(self._noted) > MOST_ADDRESSES:
            self._noted.popitem(last=False)
        await self._keep(("refused", SYSTEM, f"Somebody at {address} was not let in: {plain(reason, _TEXT)}"))

    async def _keep(self, line: tuple[str, str, str] | None, closed: Session | None = None) -> None:
        """Keep a line, of act, actor and text, and a session that is over."""
        for _ in range(TRIES):
            try:
                await self._kept(line, closed)
            except Stale:
                continue
            except DatabaseUnavailable as exc:
                log.warning("entrance.not_noted", act=line[0] if line else "signed_out", reason=str(exc))
            return

    async def _kept(self, line: tuple[str, str, str] | None, closed: Session | None) -> None:
        now = self._clock.now()
        async with self._store.begin() as unit:
            known = await unit.directive(ENTRANCE)
            before = known if isinstance(known, Entrance) else None
            over = dict(before.closed) if before else {}
            if closed is not None:
                over[closed.id] = closed.expires_at
            lasting = sorted((item for item in over.items() if item[1] > now), key=lambda item: item[1])
            fresh = Entrance(
                ENTRANCE,
                before.created_at if before else now,
                before.ends_at if before else now,
                before.revision + 1 if before else 1,
                dict(lasting[-MOST_CLOSED:]),
            )
            entries = () if line is None else (DirectiveEntry(ENTRANCE, now, f"entrance.{line[0]}", line[1], line[2]),)
            await unit.keep(fresh, entries, expected_revision=before.revision if before else None)
