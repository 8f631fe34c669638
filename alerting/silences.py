"""What people do with silences, over the API, amtool, the console or the command line."""

import uuid
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec
import structlog

from alerting.brand_scope import scope_now
from alerting.directives.directive import DirectiveEntry
from alerting.directives.silence import Silence, SilenceState
from alerting.directives_kept import DirectivesKept
from alerting.errors import DatabaseUnavailable, DirectiveRefused, SilenceTooWide, Stale
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import PAGES, Incident
from alerting.incidents.store import IncidentFilter, Store
from alerting.incidents.work import person
from alerting.metrics import AlertingMetrics
from alerting.routing.belonging import Belonging
from alerting.routing.silence_wish import SilenceWish, silence_of
from alerting.routing.silencing import Preview, width, would_have_hidden
from alerting.settings import SilenceSettings
from streams.clock import Clock

_MOST_LOOKED_AT: Final = 2_000
_PAGE: Final = 200

log = structlog.get_logger(__name__)


class _Looks(Protocol):
    """Brings open incidents up to what mutes them now."""

    async def look(self) -> None:
        """Do so at once."""
        ...


class Silences(DirectivesKept[Silence]):
    """Everything people do with silences: committed before it is answered, with its record in the audit trail.

    Args:
        watch: Told after every act, so that open incidents are hushed before the answer; a process that dies in between
            leaves it to the next one that looks, a second later.
    """

    def __init__(
        self, store: Store, watch: _Looks, settings: SilenceSettings, clock: Clock, metrics: AlertingMetrics
    ) -> None:
        super().__init__(store, Silence, "silence")
        self._watch = watch
        self._settings = settings
        self._clock = clock
        self._metrics = metrics

    async def add(self, wish: SilenceWish, *, by: str) -> Silence:
        """Silence; it as it stands now.

        Raises:
            DirectiveRefused: Something in it is not allowed; says what and what is.
            SilenceTooWide: It hides too much and nobody confirmed that.
            DatabaseUnavailable: Nothing was written.
        """
        wish = await self._narrowed(wish)
        fresh = silence_of(wish, str(uuid.uuid4()), by, self._clock.now(), self._settings)
        fresh = await self._guarded(fresh, confirmed=wish.confirmed)
        await self._keep(fresh, "silence.created", by, None)
        return fresh

    async def change(self, silence_id: str, wish: SilenceWish, *, by: str, expected_revision: int | None) -> Silence:
        """Say anew what it hides and until when; it as it stands now. One that ended stays ended.

        Raises:
            UnknownDirective: There is none.
            Stale: It is no longer at `expected_revision`.
            DirectiveRefused: It has ended, or something in it is not allowed.
            SilenceTooWide: It hides too much and nobody confirmed that.
        """
        stored = await self._at(silence_id, expected_revision)
        if stored.state(self._clock.now()) is SilenceState.EXPIRED:
            raise DirectiveRefused(f"silence {silence_id} has ended; add another one")
        wish = await self._narrowed(wish)
        made = silence_of(wish, silence_id, by, self._clock.now(), self._settings)
        changed = msgspec.structs.replace(
            made,
            created_at=stored.created_at,
            starts_at=stored.starts_at if wish.starts_at is None else made.starts_at,
            revision=stored.revision + 1,
        )
        changed = await self._guarded(changed, confirmed=wish.confirmed or stored.wide)
        await self._keep(changed, "silence.changed", by, stored.revision)
        return changed

    async def expire(self, silence_id: str, *, by: str, expected_revision: int | None = None) -> Silence:
        """End it now; again changes nothing. What it hid and is still open pages.

        Raises:
            UnknownDirective: There is none.
            Stale: It is no longer at `expected_revision`.
        """
        stored = await self._at(silence_id, expected_revision)
        now = self._clock.now()
        if stored.state(now) is SilenceState.EXPIRED:
            return stored
        over = msgspec.structs.replace(
            stored,
            ends_at=now,
            starts_at=min(stored.starts_at, now),
            updated_at=now,
            revision=stored.revision + 1,
        )
        await self._keep(over, "silence.expired", by, stored.revision)
        return over

    async def preview(self, wish: SilenceWish, *, by: str) -> Preview:
        """What it would have hidden, and what it hides now. Nothing is written.

        Raises:
            DirectiveRefused: Something in it is not allowed.
        """
        wish = await self._narrowed(wish)
        return await self._previewed(silence_of(wish, "preview", by, self._clock.now(), self._settings))

    async def _narrowed(self, wish: SilenceWish) -> SilenceWish:
        """For the brands alone that whoever asks sees."""
        scope = scope_now()
        if not scope.is_limited:
            return wish
        brands = {status.topic: status.brand for status in await self._store.topics(self._clock.now())}
        try:
            return Belonging(scope, brands).narrowed(wish)
        except ValueError:
            return wish  # a matcher that is none is refused in words of its own

    async def _previewed(self, silence: Silence) -> Preview:
        now = self._clock.now()
        paged = await self._paged(now - timedelta(days=self._settings.preview_days))
        hidden = would_have_hidden(silence, [incident for incident, _ in paged])
        topics = [
            {"topic": status.topic, "brand": status.brand or "", "owner": status.owner or ""}
            for status in await self._store.topics(now)
        ]
        names = {incident.id for incident in hidden}
        pages = sum(count for incident, count in paged if incident.id in names)
        return Preview(
            days=self._settings.preview_days,
            width=width(silence, topics, pages, sum(count for _, count in paged)),
            hidden=hidden,
            hides_now=would_have_hidden(silence, await self._store.open_incidents()),
        )

    async def _paged(self, since: datetime) -> list[tuple[Incident, int]]:
        """Incidents that opened since then and paged, newest first, each with how many pages arrived."""
        found: list[tuple[Incident, int]] = []
        cursor: str | None = None
        for _ in range(_MOST_LOOKED_AT // _PAGE):
            page = await self._store.find(IncidentFilter(), cursor=cursor, limit=_PAGE)
            for incident in page.incidents:
                if incident.opened_at >= since and incident.receivers:
                    told = await self._store.deliveries(incident.id)
                    pages = sum(one.change in PAGES and one.state is DeliveryState.SENT for one in told)
                    found += [(incident, pages)] if pages else []
            cursor = page.next_cursor
            if cursor is None or page.incidents[-1].opened_at < since:
                break
        return found

    async def _guarded(self, silence: Silence, *, confirmed: bool) -> Silence:
        preview = await self._previewed(silence)
        if not preview.width.reasons:
            return silence
        if not confirmed:
            raise SilenceTooWide(f"{', and '.join(preview.width.reasons)}; confirm it if that is meant")
        return msgspec.structs.replace(silence, wide=True)

    async def _keep(self, silence: Silence, act: str, by: str, replaces: int | None) -> None:
        until = f"{silence.ends_at:%d %b %H:%M} UTC"
        text = f"{' '.join(silence.matchers)} until {until} by {silence.author}: {silence.reason}"
        entry = DirectiveEntry(silence.id, self._clock.now(), act, person(by), text)
        async with self._store.begin() as unit:
            await unit.keep(silence, (entry,), expected_revision=replaces)
        self._metrics.directive_acts.labels(act).inc()
        log.info(act, silence=silence.id, author=silence.author, matchers=silence.matchers, ends_at=silence.ends_at)
        try:
            await self._watch.look()
        except (DatabaseUnavailable, Stale) as exc:
            log.debug("silence.left_to_the_watch", reason=str(exc))
