"""Sets every open crisis against what we ourselves said in it, and what that drew."""

import asyncio
from collections.abc import Container
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from alerting.conduct.home import at_home
from alerting.conduct.looking import DAY, View, backlash_in, complaints_in, looked, speakers_for_us, worth_hearing
from alerting.dispatch import Dispatch
from alerting.errors import DatabaseUnavailable, Stale
from alerting.incidents.answering import asked_in
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.outcome import Outcome, changed, kept_current
from alerting.incidents.own_part import Backlash, OwnPart
from alerting.incidents.own_part_words import backlash_line
from alerting.incidents.reply_store import ReplyStore
from alerting.incidents.store import IncidentFilter, Store
from alerting.metrics import AlertingMetrics
from streams.backoff import sleep_unless
from streams.clock import Clock
from streams.errors import StateCorrupted
from streams.events import Direction

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 15.0
AT_MOST_EVERY: Final = timedelta(minutes=1)

_OPEN: Final = IncidentFilter(states=(IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED))
_MOST: Final = 100
_MOST_ANSWERS: Final = 5_000
_MOST_OURS: Final = 1_000


class OwnPartDesk:
    """Looks every fifteen seconds. All that it knows is in the database: a restart loses nothing.

    A reply of ours that draws anger is told at once to whoever was told of the incident, each once; everything else is
    kept current in silence, every minute at most. Several processes may look; what one wrote the others find done.
    """

    def __init__(
        self, *, store: Store, replies: ReplyStore, dispatch: Dispatch, clock: Clock, metrics: AlertingMetrics
    ) -> None:
        self._store = store
        self._replies = replies
        self._dispatch = dispatch
        self._clock = clock
        self._metrics = metrics

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`."""
        while not stop.is_set():
            try:
                await self.look()
            except (DatabaseUnavailable, Stale) as exc:
                log.debug("own_part.waiting", reason=str(exc))
            except (StateCorrupted, msgspec.MsgspecError, ArithmeticError, ValueError):
                log.exception("own_part.not_reckoned")  # an estimate must never be what ends the process that pages
            await sleep_unless(stop, LOOK_SECONDS, self._clock)

    async def look(self) -> None:
        """Look once.

        Raises:
            DatabaseUnavailable: Nothing was learned; what was written before stands.
        """
        page = await self._store.find(_OPEN, cursor=None, limit=_MOST)
        looked_at: list[tuple[Incident, OwnPart]] = []
        told = {one.reply.mention for each in page.incidents if each.own_part for one in each.own_part.backlash}
        for incident in page.incidents:
            if incident.history or incident.direction is not Direction.CRISIS:
                continue
            view = await self._view(incident)
            if incident.own_part is not None and _is_current(incident.own_part, view, told):
                looked_at.append((incident, incident.own_part))
                continue
            looked_at.append((incident, await asyncio.to_thread(looked, view)))
        for incident, found in at_home(looked_at):
            if is_news(incident.own_part, found):
                await self._write(incident.id, found)

    async def _view(self, incident: Incident) -> View:
        now = self._clock.now()
        complaints = complaints_in(incident)
        names = tuple(dict.fromkeys((*complaints, *asked_in(incident))))
        answers = await self._replies.to(names, limit=_MOST_ANSWERS)
        view = View(now, incident.onset_at, complaints, answers)
        if await self._replies.any_own():
            since = min(incident.onset_at, now - DAY)
            accounts = speakers_for_us(answers)
            own = await self._replies.own(incident.brand, accounts, since=since, limit=_MOST_OURS)
            ours = [one.mention for one in own.read]
            drawn = await self._replies.drawn(ours)
            answered = sorted({one.answers[0] for one in own.read if one.mention in drawn})
            view = msgspec.structs.replace(view, own=own, drawn={**await self._replies.drawn(answered), **drawn})
        echoes = await self._replies.to(await asyncio.to_thread(worth_hearing, view), limit=_MOST_ANSWERS)
        return msgspec.structs.replace(view, echoes=echoes)

    async def _write(self, incident_id: str, found: OwnPart) -> None:
        async with self._store.begin() as unit:
            incident = await unit.incident(incident_id)
            if incident is None or incident.state is IncidentState.RESOLVED:
                return
            if not is_news(incident.own_part, found):
                return
            now = self._clock.now()
            outcome = judged(incident, found, now)
            await self._dispatch.record(unit, outcome, now)
        if outcome.transition is not Transition.UNCHANGED:
            self._metrics.transitions.labels(outcome.transition.value).inc()
            log.info("incident.backlash", incident=incident_id, replies=len(found.backlash))


def judged(incident: Incident, found: OwnPart, now: datetime) -> Outcome:
    """The incident with our own part; told to people where a reply of ours draws anger that did not before."""
    fresh = _fresh(incident.own_part, found)
    if fresh:
        line = backlash_line(fresh[0])
        return changed(incident, Transition.BACKLASH, f"{line[:1].upper()}{line[1:]}", now, own_part=found)
    return kept_current(incident, now, own_part=found)


def is_news(before: OwnPart | None, after: OwnPart) -> bool:
    """Whether it says something else than what is written down, and not too soon after it."""
    if before is None:
        return after != OwnPart(after.at)
    if _fresh(before, after):
        return True
    return after.at - before.at >= AT_MOST_EVERY and msgspec.structs.replace(before, at=after.at) != after


def _is_current(written: OwnPart, view: View, told: Container[str]) -> bool:
    """What is written is no older than it may be, and no backlash is new: then comparing texts can wait."""
    if view.now - written.at >= AT_MOST_EVERY:
        return False
    return all(one.reply.mention in told for one in backlash_in(view))


def _fresh(before: OwnPart | None, after: OwnPart) -> tuple[Backlash, ...]:
    known = {one.reply.mention for one in before.backlash} if before is not None else set()
    return tuple(one for one in after.backlash if one.reply.mention not in known)
