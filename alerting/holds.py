"""Holds of scheduled posts: proposed, confirmed by a human, told to whoever publishes, released or expired."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import structlog

from alerting.directives.directive import DirectiveEntry
from alerting.directives.errand import Errand, Hook
from alerting.directives.post_hold import HoldState, PostHold
from alerting.directives_kept import DirectivesKept
from alerting.dispatch import Dispatch
from alerting.errors import DirectiveRefused, Stale, TransitionRefused, UnknownDirective, UnknownIncident
from alerting.incidents.model import Incident
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.store import Store
from alerting.incidents.wording import plain
from alerting.incidents.work import person
from alerting.metrics import AlertingMetrics
from alerting.settings import Settings
from streams.clock import Clock

LONGEST_HOURS: Final = 168.0

_MOST_LISTED: Final = 500
_NOBODY_NEEDS: Final = timedelta(hours=24)
_REASON_CHARACTERS: Final = 500

log = structlog.get_logger(__name__)


class HoldWish(msgspec.Struct, frozen=True):
    """What somebody proposes; see `PostHold`. `hours` None is as configured."""

    topics: tuple[str, ...]
    area: tuple[str, ...]
    reason: str
    evidence: tuple[str, ...] = ()
    hours: float | None = None
    incident: str | None = None


class PostHolds(DirectivesKept[PostHold]):
    """Everything that is done with holds. Nothing is held before a human confirmed it, and nothing for ever."""

    def __init__(
        self, store: Store, dispatch: Dispatch, settings: Settings, clock: Clock, metrics: AlertingMetrics
    ) -> None:
        super().__init__(store, PostHold, "hold", most=_MOST_LISTED)
        self._dispatch = dispatch
        self._hours = settings.hooks.hold_hours
        self._clock = clock
        self._metrics = metrics

    async def propose(self, wish: HoldWish, *, by: str, hold_id: str | None = None) -> PostHold:
        """Propose; with an incident, that says so too, to everybody who hears of it.

        Args:
            hold_id: The same again proposes nothing twice.

        Raises:
            DirectiveRefused: It says nothing about what, or for too long.
            UnknownIncident: There is no such incident.
            Stale: It was proposed before.
        """
        now, hours = self._clock.now(), wish.hours or self._hours
        reason = plain(wish.reason, _REASON_CHARACTERS)
        if not reason or not (wish.topics or wish.area):
            raise DirectiveRefused("a hold needs a reason, and topics or an area")
        if not 0 < hours <= LONGEST_HOURS:
            raise DirectiveRefused(f"a hold lasts at most {LONGEST_HOURS:g} hours")
        hold = PostHold(
            id=hold_id or f"hold_{secrets.token_hex(10)}",
            topics=wish.topics,
            area=wish.area,
            reason=reason,
            evidence=tuple(plain(line, _REASON_CHARACTERS) for line in wish.evidence),
            proposed_by=by if by == SYSTEM else person(by),
            state=HoldState.PROPOSED,
            created_at=now,
            updated_at=now,
            ends_at=now + _NOBODY_NEEDS,
            hours=hours,
            incident=wish.incident,
        )
        text = f"Proposed by {hold.proposed_by}: hold scheduled posts {scope(hold)} for {hours:g} h: {reason}"
        async with self._store.begin() as unit:
            await unit.keep(hold, (self._line(hold, "proposed", hold.proposed_by, text),), expected_revision=None)
            if wish.incident is not None:
                await self._dispatch.announce(unit, await _open(unit.incident, wish.incident), text, now)
        self._said(hold, "proposed")
        return hold

    async def confirm(
        self, hold_id: str, *, by: str, hours: float | None = None, expected_revision: int | None = None
    ) -> PostHold:
        """A human says: hold them. Again changes nothing.

        Raises:
            UnknownDirective: There is none.
            TransitionRefused: It is no proposal any more.
            Stale: It is no longer at `expected_revision`.
        """
        now = self._clock.now()
        lasts = timedelta(hours=min(hours or LONGEST_HOURS, LONGEST_HOURS)) if hours else None
        return await self._decide(
            hold_id,
            by,
            expected_revision,
            HoldState.CONFIRMED,
            frozenset({HoldState.PROPOSED}),
            lambda hold: now + (lasts or timedelta(hours=hold.hours)),
        )

    async def refuse(self, hold_id: str, *, by: str, expected_revision: int | None = None) -> PostHold:
        """No: they go out as planned. Raises like `confirm`."""
        return await self._decide(
            hold_id, by, expected_revision, HoldState.REFUSED, frozenset({HoldState.PROPOSED}), lambda one: one.ends_at
        )

    async def release(self, hold_id: str, *, by: str, expected_revision: int | None = None) -> PostHold:
        """They may go out again. Raises like `confirm`."""
        now = self._clock.now()
        return await self._decide(
            hold_id, by, expected_revision, HoldState.RELEASED, frozenset({HoldState.CONFIRMED}), lambda _: now
        )

    async def expire(self, hold: PostHold) -> None:
        """Its time is over: whoever publishes is told that posts may go out again; a proposal is only forgotten.

        Raises:
            Stale: Somebody was faster.
        """
        allowed = frozenset({HoldState.PROPOSED, HoldState.CONFIRMED})
        await self._decide(hold.id, SYSTEM, hold.revision, HoldState.EXPIRED, allowed, lambda one: one.ends_at)

    async def _decide(
        self,
        hold_id: str,
        by: str,
        expected_revision: int | None,
        becomes: HoldState,
        allowed: frozenset[HoldState],
        ends_at: Callable[[PostHold], datetime],
    ) -> PostHold:
        now, actor = self._clock.now(), by if by == SYSTEM else person(by)
        async with self._store.begin() as unit:
            hold = await unit.directive(hold_id)
            if not isinstance(hold, PostHold):
                raise UnknownDirective(f"there is no hold {hold_id!r}")
            if expected_revision is not None and hold.revision != expected_revision:
                raise Stale(f"hold {hold_id} is at revision {hold.revision}, not {expected_revision}")
            if hold.state is becomes:
                return hold
            if hold.state not in allowed or (becomes is not HoldState.EXPIRED and hold.ends_at <= now):
                raise TransitionRefused(f"hold {hold_id} is {hold.state.value}; it cannot become {becomes.value}")
            decided = msgspec.structs.replace(
                hold,
                state=becomes,
                decided_by=actor,
                decided_at=now,
                updated_at=now,
                ends_at=ends_at(hold),
                revision=hold.revision + 1,
            )
            decided = msgspec.structs.replace(decided, errands=(*hold.errands, *_told(decided, hold.state, now)))
            text = f"{becomes.value.capitalize()} by {actor}: scheduled posts {scope(decided)}"
            await unit.keep(
                decided, (self._line(decided, becomes.value, actor, text),), expected_revision=hold.revision
            )
            if decided.incident is not None and (incident := await unit.incident(decided.incident)) is not None:
                await self._dispatch.announce(unit, incident, text, now)
        self._said(decided, becomes.value)
        return decided

    def _line(self, hold: PostHold, act: str, actor: str, text: str) -> DirectiveEntry:
        return DirectiveEntry(hold.id, self._clock.now(), f"post_hold.{act}", actor, text)

    def _said(self, hold: PostHold, act: str) -> None:
        self._metrics.directive_acts.labels(f"post_hold.{act}").inc()
        log.info(f"post_hold.{act}", hold=hold.id, topics=hold.topics, area=hold.area)  # noqa: G004  # our own words


def scope(hold: PostHold) -> str:
    """What it covers, in words: `about refunds in DE`."""
    about = f"about {', '.join(hold.topics)}" if hold.topics else "about anything"
    return f"{about} in {', '.join(hold.area)}" if hold.area else f"{about} everywhere"


def _told(hold: PostHold, before: HoldState, now: datetime) -> tuple[Errand, ...]:
    """What whoever publishes has to hear of it."""
    if hold.state is HoldState.CONFIRMED:
        event = "posts.hold"
    elif before is HoldState.CONFIRMED:
        event = "posts.release"
    else:
        return ()
    data: dict[str, Any] = {
        "id": hold.id,
        "topics": list(hold.topics),
        "area": list(hold.area),
        "reason": hold.reason,
        "decided_by": hold.decided_by,
        "ends_at": hold.ends_at.isoformat(),
        "incident": hold.incident,
    }
    return (Errand(f"{hold.id}.{hold.revision}", Hook.POSTS, event, now, data, now),)


async def _open(find: Callable[[str], Any], incident_id: str) -> Incident:
    incident = await find(incident_id)
    if not isinstance(incident, Incident):
        raise UnknownIncident(f"there is no incident {incident_id!r}")
    return incident
