"""Shifts that people take over and pass on while Tocsin runs."""

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from alerting.directives.directive import DirectiveEntry
from alerting.directives.shift_cover import ShiftCover
from alerting.errors import DirectiveRefused, Stale, UnknownDirective
from alerting.incidents.store import Store
from alerting.incidents.wording import plain
from alerting.incidents.work import person
from alerting.lookout import Lookout
from alerting.metrics import AlertingMetrics
from alerting.oncall.roster import Roster
from alerting.receivers import contacts_of
from alerting.settings import Settings
from streams.clock import Clock

LOOK_SECONDS: Final = 1.0
LONGEST: Final = timedelta(days=31)
FURTHEST: Final = timedelta(days=90)
REASON_CHARACTERS: Final = 200
_KIND: Final = "cover"
_MOST_LISTED: Final = 200

log = structlog.get_logger(__name__)


class CoverWish(msgspec.Struct, frozen=True):
    """Who takes over what; see `ShiftCover`.

    Attributes:
        starts_at: None is now.
        ends_at: None is the end of the shift that is then taken over.
    """

    schedule: str
    person: str
    instead_of: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str = ""


class ShiftCovers:
    """Everything that is done with covers: committed before it is answered, with its record in the audit trail.

    The roster of this process knows a cover when it is answered, that of every other one within a second.
    """

    def __init__(
        self, settings: Settings, roster: Roster, store: Store, clock: Clock, metrics: AlertingMetrics
    ) -> None:
        self._people = contacts_of(settings.receivers, settings.people)
        self._roster = roster
        self._store = store
        self._clock = clock
        self._metrics = metrics

    @property
    def people(self) -> tuple[str, ...]:
        """Who can take over: everybody who can be called."""
        return tuple(name for name, receivers in self._people.items() if receivers)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the roster current until `stop`."""
        await Lookout("shift_covers", self._clock, every_seconds=LOOK_SECONDS, outlives=True).run(self.look, stop)

    async def look(self) -> None:
        """Tell the roster what is handed over."""
        in_force = await self._store.directives_in_force(self._clock.now())
        self._roster.cover(one for one in in_force if isinstance(one, ShiftCover))

    async def all(self) -> tuple[ShiftCover, ...]:
        """Newest first, those that are over too."""
        found = await self._store.directives(_KIND, limit=_MOST_LISTED)
        return tuple(one for one in found if isinstance(one, ShiftCover))

    async def take(self, wish: CoverWish, *, by: str) -> ShiftCover:
        """Hand over; the cover as it stands.

        Raises:
            DirectiveRefused: Something in it is not allowed; says what is.
            DatabaseUnavailable: Nothing was written.
        """
        cover = self._made(wish, by, self._clock.now())
        whose = f" for {cover.instead_of}" if cover.instead_of else ""
        times = f"from {cover.starts_at:%d %b %H:%M} until {cover.ends_at:%d %b %H:%M} UTC"
        why = f": {cover.reason}" if cover.reason else ""
        await self._keep(cover, "cover.taken", by, None, f"{cover.person} takes {cover.schedule}{whose} {times}{why}")
        return cover

    async def end(self, cover_id: str, *, by: str, expected_revision: int | None = None) -> ShiftCover:
        """It is over, or was wrong; again changes nothing.

        Raises:
            UnknownDirective: There is none.
            Stale: It is not at `expected_revision`.
        """
        found = await self._store.directive(cover_id)
        if not isinstance(found, ShiftCover):
            raise UnknownDirective(f"nothing was handed over as {cover_id!r}")
        Stale.unless(cover_id, found.revision, expected_revision)
        now = self._clock.now()
        if found.ends_at <= now:
            return found
        over = msgspec.structs.replace(
            found, starts_at=min(found.starts_at, now), ends_at=now, updated_at=now, revision=found.revision + 1
        )
        text = f"{found.schedule} is as its schedule says again, without {found.person}"
        await self._keep(over, "cover.ended", by, found.revision, text)
        return over

    def _made(self, wish: CoverWish, by: str, now: datetime) -> ShiftCover:
        if wish.schedule not in self._roster.names:
            raise DirectiveRefused(f"there is no schedule {plain(wish.schedule, 64)!r}")
        if not self._people.get(wish.person):
            known = ", ".join(self.people) or "nobody"
            raise DirectiveRefused(f"{plain(wish.person, 64)!r} cannot be called; who can is {known}")
        if any(moment is not None and moment.tzinfo is None for moment in (wish.starts_at, wish.ends_at)):
            raise DirectiveRefused("a time has no time zone")
        starts_at = max(wish.starts_at or now, now)
        if starts_at - now > FURTHEST:
            raise DirectiveRefused(f"a hand-over begins within {FURTHEST.days} days")
        ends_at = wish.ends_at or self._roster.on_call(wish.schedule, starts_at).until
        if ends_at is None:
            raise DirectiveRefused("nobody's shift ends within 90 days; say until when")
        if not starts_at < ends_at <= starts_at + LONGEST:
            raise DirectiveRefused(f"a hand-over ends after it begins, not in the past, and within {LONGEST.days} days")
        if wish.instead_of == wish.person:
            raise DirectiveRefused("nobody takes over from themselves")
        return ShiftCover(
            id=f"cov_{secrets.token_hex(10)}",
            schedule=wish.schedule,
            person=wish.person,
            starts_at=starts_at,
            ends_at=ends_at,
            author=person(by),
            created_at=now,
            updated_at=now,
            instead_of=wish.instead_of or None,
            reason=plain(wish.reason, REASON_CHARACTERS),
        )

    async def _keep(self, cover: ShiftCover, act: str, by: str, replaces: int | None, text: str) -> None:
        entry = DirectiveEntry(cover.id, self._clock.now(), act, person(by), text)
        async with self._store.begin() as unit:
            await unit.keep(cover, (entry,), expected_revision=replaces)
        self._metrics.directive_acts.labels(act).inc()
        log.info(act, cover=cover.id, schedule=cover.schedule, person=cover.person, ends_at=cover.ends_at)
        await self.look()
