"""What ops announce, over the API, the command line or Kafka."""

import secrets
from typing import Protocol

import msgspec
import structlog

from alerting.directives.directive import DirectiveEntry
from alerting.directives.notice import Notice
from alerting.directives_kept import DirectivesKept
from alerting.errors import DatabaseUnavailable, DirectiveRefused, Stale
from alerting.incidents.store import Store, Unit
from alerting.incidents.work import person
from alerting.metrics import AlertingMetrics
from alerting.routing.expectation import announced
from alerting.routing.notice_wish import NoticeWish, notice_of
from streams.clock import Clock

log = structlog.get_logger(__name__)


class _Looks(Protocol):
    async def look(self) -> None: ...


class Notices(DirectivesKept[Notice]):
    """Everything that is done with notices: committed before it is answered, with its record in the audit trail.

    Args:
        watch: Told after every act, so that open incidents follow before the answer.
    """

    def __init__(self, store: Store, watch: _Looks, clock: Clock, metrics: AlertingMetrics) -> None:
        super().__init__(store, Notice, "notice")
        self._watch = watch
        self._clock = clock
        self._metrics = metrics

    async def add(self, wish: NoticeWish, *, by: str) -> Notice:
        """Announce; the notice as it stands now.

        Raises:
            DirectiveRefused: Something in it is not allowed, or a topic is not tracked.
            DatabaseUnavailable: Nothing was written.
        """
        fresh = notice_of(wish, f"ntc_{secrets.token_hex(10)}", by, self._clock.now())
        await self._tracked(fresh)
        async with self._store.begin() as unit:
            await self.keep(unit, fresh, None, by)
        await self._said(fresh, "notice.created")
        return fresh

    async def change(self, notice_id: str, wish: NoticeWish, *, by: str, expected_revision: int | None) -> Notice:
        """Announce it anew; it as it stands now. One that ended stays ended.

        Raises:
            UnknownDirective: There is none.
            Stale: It is no longer at `expected_revision`.
            DirectiveRefused: It has ended, or something in it is not allowed.
        """
        stored = await self._at(notice_id, expected_revision)
        now = self._clock.now()
        if stored.ends_at <= now:
            raise DirectiveRefused(f"notice {notice_id} has ended; announce another one")
        made = notice_of(wish, notice_id, by, now, origin=stored.origin)
        await self._tracked(made)
        async with self._store.begin() as unit:
            changed = await self.keep(unit, made, stored, by)
        await self._said(changed, "notice.changed")
        return changed

    async def end(self, notice_id: str, *, by: str, expected_revision: int | None = None) -> Notice:
        """It is over, or was wrong; again changes nothing. What it kept from paging pages, if it is still open.

        Raises:
            UnknownDirective: There is none.
            Stale: It is no longer at `expected_revision`.
        """
        stored = await self._at(notice_id, expected_revision)
        if stored.ends_at <= self._clock.now():
            return stored
        async with self._store.begin() as unit:
            over = await self.withdraw(unit, stored, by)
        await self._said(over, "notice.ended")
        return over

    async def keep(self, unit: Unit, made: Notice, stored: Notice | None, by: str) -> Notice:
        """Keep what was announced within a unit, in the place of what stood there; it as it is kept."""
        kept = made
        if stored is not None:
            kept = msgspec.structs.replace(made, created_at=stored.created_at, revision=stored.revision + 1)
        act = "notice.created" if stored is None else "notice.changed"
        entry = DirectiveEntry(kept.id, self._clock.now(), act, person(by), announced(kept))
        await unit.keep(kept, (entry,), expected_revision=stored.revision if stored else None)
        return kept

    async def withdraw(self, unit: Unit, stored: Notice, by: str) -> Notice:
        """End it within a unit; it as it is kept."""
        now = self._clock.now()
        over = msgspec.structs.replace(
            stored,
            ends_at=now,
            starts_at=min(stored.starts_at, now),
            updated_at=now,
            revision=stored.revision + 1,
        )
        entry = DirectiveEntry(over.id, now, "notice.ended", person(by), f"Over: {stored.text}")
        await unit.keep(over, (entry,), expected_revision=stored.revision)
        return over

    async def _tracked(self, notice: Notice) -> None:
        known = {status.topic for status in await self._store.topics(self._clock.now())}
        unknown = sorted(set(notice.topics) - known)
        if unknown:
            raise DirectiveRefused(f"there is no topic {unknown[0]!r}")

    async def _said(self, notice: Notice, act: str) -> None:
        self._metrics.directive_acts.labels(act).inc()
        log.info(act, notice=notice.id, kind=notice.kind.value, owner=notice.owner, topics=notice.topics)
        try:
            await self._watch.look()
        except (DatabaseUnavailable, Stale) as exc:
            log.debug("notice.left_to_the_watch", reason=str(exc))
