"""Sees to it that open incidents are muted by what mutes them now, and by nothing else."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
import structlog

from alerting.directives.directive import Directive, DirectiveEntry
from alerting.directives.notice import Notice
from alerting.directives.silence import Silence, SilenceState
from alerting.dispatch import Dispatch
from alerting.incidents.model import Incident, Transition
from alerting.incidents.muted import MuteKind
from alerting.incidents.outcome import SYSTEM, Outcome, entry
from alerting.incidents.store import Store
from alerting.lookout import Lookout
from alerting.metrics import AlertingMetrics
from alerting.routing.expectation import crossed
from alerting.routing.muting import Muting
from alerting.settings import SilenceSettings
from streams.clock import Clock

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
LOOK_ANYWAY_SECONDS: Final = 5.0  # what another process muted and freed between two looks is seen then


class MuteWatch:
    """Looks at the open incidents every second, and right after every act that mutes. Several processes may.

    What became muted is noted on the incident, and what was due and not begun is taken back; what is muted no more
    pages, if it is still open. A silence that is about to end is told of on the incidents that it hides.
    """

    def __init__(
        self,
        store: Store,
        dispatch: Dispatch,
        muting: Muting,
        settings: SilenceSettings,
        clock: Clock,
        metrics: AlertingMetrics,
    ) -> None:
        self._store = store
        self._dispatch = dispatch
        self._muting = muting
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._restless = True
        self._looked_at = float("-inf")

    async def run(self, stop: asyncio.Event) -> None:
        """Look every second until `stop`, less often while the database does not answer."""
        await Lookout("mute_watch", self._clock, every_seconds=LOOK_SECONDS).run(self.look, stop)

    async def look(self) -> None:
        """Bring every open incident up to what mutes it now.

        Raises:
            DatabaseUnavailable: The rest is looked at next time; likewise `Stale`.
        """
        now = self._clock.now()
        in_force = await self._store.directives_in_force(now)
        restless = self._muting.may_change_with_time(in_force)
        elapsed = self._clock.monotonic()
        if not restless and not self._restless and elapsed - self._looked_at < LOOK_ANYWAY_SECONDS:
            return  # nothing can mute, and nothing did a moment ago: reading every open incident would be for nothing
        incidents = await self._store.open_incidents()
        beyond = await self._beyond(incidents, in_force, now)
        for seen in incidents:
            if seen.id in beyond or self._muting.brought_up(seen, in_force, incidents, now) != seen:
                await self._bring_up(seen.id, beyond.get(seen.id, ()))
        for directive in in_force:
            if isinstance(directive, Silence) and directive.ends_at - now <= self._settings.notice_before:
                await self._warn(directive, incidents, now)
        self._measure(in_force, incidents, now)
        self._restless, self._looked_at = restless, elapsed

    async def _beyond(
        self, incidents: Sequence[Incident], in_force: Sequence[Directive], now: datetime
    ) -> dict[str, tuple[tuple[Notice, str], ...]]:
        """Which incidents a notice mutes though their topics have left its forecast behind; rates are the board's."""
        expected = [one for one in incidents if any(muted.kind is MuteKind.NOTICE for muted in one.muted)]
        if not expected:
            return {}
        notices = [one for one in in_force if isinstance(one, Notice)]
        board = await self._store.topics(now)
        rates = {status.topic: status.per_minute for status in board if status.per_minute is not None}
        return {one.id: found for one in expected if (found := crossed(one, notices, rates, now))}

    async def _bring_up(self, incident_id: str, beyond: Sequence[tuple[Notice, str]] = ()) -> None:
        now = self._clock.now()
        async with self._store.begin() as unit:
            incident = await unit.incident(incident_id)
            if incident is None:
                return
            fresh = [(notice.id, text) for notice, text in beyond if notice.id not in incident.beyond]
            left = msgspec.structs.replace(incident, beyond=(*incident.beyond, *(name for name, _ in fresh)))
            if not fresh and await self._dispatch.with_mutes(unit, incident, now) == incident:
                return
            before = incident.muted
            revised = msgspec.structs.replace(left, revision=incident.revision + 1, updated_at=now)
            lines = tuple(entry(revised, Transition.UNCHANGED, text, now) for _, text in fresh)
            outcome = Outcome(revised, Transition.MUTED, lines, replaces=incident.revision)
            saved = await self._dispatch.record(unit, outcome, now)
        if saved is not None and saved.muted != before:
            change = Transition.MUTED if saved.muted else Transition.UNMUTED
            self._metrics.transitions.labels(change.value).inc()
            log.info(
                "incident.mutes", change=change.value, incident=incident_id, by=[one.source for one in saved.muted]
            )

    async def _warn(self, silence: Silence, incidents: tuple[Incident, ...], now: datetime) -> None:
        """Once, while it still hides: on the silence itself and on what it hides; not where it is short anyway."""
        asked_for = silence.ends_at - max(silence.starts_at, silence.updated_at)
        short = asked_for <= 2 * self._settings.notice_before
        if silence.warned or short or silence.state(now) is not SilenceState.ACTIVE:
            return
        hidden = [one for one in incidents if any(muted.source == silence.id for muted in one.muted)]
        minutes = max(1, round((silence.ends_at - now).total_seconds() / 60))
        text = f"The silence by {silence.author} ends in {minutes} min; {_count(len(hidden))} then"
        async with self._store.begin() as unit:
            current = await unit.directive(silence.id)
            if not isinstance(current, Silence) or current.revision != silence.revision:
                return
            told = msgspec.structs.replace(current, warned=True, revision=current.revision + 1)
            line = DirectiveEntry(silence.id, now, "silence.ending", SYSTEM, text)
            await unit.keep(told, (line,), expected_revision=current.revision)
            for seen in hidden:
                incident = await unit.incident(seen.id)
                if incident is not None and any(muted.source == silence.id for muted in incident.muted):
                    await self._dispatch.announce(unit, incident, text, now)
        self._metrics.directive_acts.labels("silence.ending").inc()
        log.warning("silence.ending", silence=silence.id, author=silence.author, hides=len(hidden))

    def _measure(self, in_force: tuple[Directive, ...], incidents: tuple[Incident, ...], now: datetime) -> None:
        kinds = Counter(muted.kind for one in incidents for muted in one.muted)
        for kind in MuteKind:
            self._metrics.incidents_muted.labels(kind.value).set(kinds[kind])
        states = Counter(one.state(now) for one in in_force if isinstance(one, Silence))
        for state in (SilenceState.PENDING, SilenceState.ACTIVE):
            self._metrics.silences.labels(state.value).set(states[state])


def _count(hidden: int) -> str:
    return f"{hidden} open incident{'s'[: hidden != 1]} will page" if hidden else "nothing that is open will page"
