"""What mutes an incident at present: one answer for all that may. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from alerting.directives.directive import Directive
from alerting.directives.notice import Notice
from alerting.directives.silence import Silence
from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.muted import Muted, MuteKind
from alerting.muting_settings import InhibitRuleSettings, TimeIntervalSettings
from alerting.playbook_settings import PlaybookSettings
from alerting.routing.expectation import announced, expected, touching
from alerting.routing.inhibition import InhibitRule
from alerting.routing.playbooks import Playbooks
from alerting.routing.routes import Routes, Stop, labels_of
from alerting.routing.silencing import silenced
from alerting.routing.time_intervals import TimeInterval


class Muting:
    """Asks everything that may mute an incident.

    Args:
        routes: Whose stops may be muted at times.

    Raises:
        ValueError: A rule or an interval is wrong.
    """

    def __init__(
        self,
        routes: Routes | None = None,
        rules: Sequence[InhibitRuleSettings] = (),
        intervals: Sequence[TimeIntervalSettings] = (),
        playbooks: Sequence[PlaybookSettings] = (),
    ) -> None:
        self._routes = routes
        self._rules = tuple(InhibitRule(rule, place) for place, rule in enumerate(rules))
        self._playbooks = Playbooks(playbooks)
        self._intervals: Mapping[str, TimeInterval] = {one.name: TimeInterval(one) for one in intervals}

    @property
    def needs_others(self) -> bool:
        """Whether other open incidents make a difference."""
        return bool(self._rules)

    def may_change_with_time(self, in_force: Sequence[Directive]) -> bool:
        """Whether what mutes an incident may become another without anything happening to the incident itself."""
        return bool(self._rules or self._intervals) or any(isinstance(one, Silence | Notice) for one in in_force)

    def of(
        self, incident: Incident, in_force: Sequence[Directive], others: Sequence[Incident], now: datetime
    ) -> tuple[Muted, ...]:
        """Why nobody, or not everybody, is to be woken for the incident now; empty where there is no reason.

        Args:
            in_force: Every directive that has not ended.
            others: Every open incident; only where `needs_others`.
        """
        if incident.state is IncidentState.RESOLVED or incident.history:
            return ()
        found = list(silenced(incident, [one for one in in_force if isinstance(one, Silence)], now))
        found += expected(incident, [one for one in in_force if isinstance(one, Notice)], now)
        found += [muted for rule in self._rules if (muted := rule.muted(incident, others)) is not None]
        return (*found, *self._at_this_time(incident, now))

    def brought_up(
        self, incident: Incident, in_force: Sequence[Directive], others: Sequence[Incident], now: datetime
    ) -> Incident:
        """The incident with what mutes it, what ops announced and what to do; one that is over stays as it is."""
        if incident.state is IncidentState.RESOLVED or incident.history:
            return msgspec.structs.replace(incident, muted=())
        notices = touching(incident, [one for one in in_force if isinstance(one, Notice)], now)
        return msgspec.structs.replace(
            incident,
            muted=self.of(incident, in_force, others, now),
            announced=tuple(announced(notice) for notice in notices),
            playbook=self._playbooks.about(incident, notices),
        )

    def _at_this_time(self, incident: Incident, now: datetime) -> tuple[Muted, ...]:
        """Receivers all of whose stops are muted now; one that is reached on another way too hears of it there."""
        if self._routes is None or not self._intervals:
            return ()
        muted: dict[str, str] = {}
        awake: set[str] = set()
        for stop in self._routes.every_stop_for(labels_of(incident)):
            name = self._muted_at(stop, now)
            if name is None:
                awake.add(stop.receiver)
            else:
                muted.setdefault(stop.receiver, name)
        names = {
            name: tuple(who for who in muted if muted[who] == name and who not in awake) for name in muted.values()
        }
        return tuple(
            Muted(MuteKind.TIME_INTERVAL, name, f"Not sent to {', '.join(who)} at this time: {name}", receivers=who)
            for name, who in names.items()
        )

    def _muted_at(self, stop: Stop, now: datetime) -> str | None:
        for name in stop.mute_time_intervals:
            if self._intervals[name].contains(now):
                return name
        active = stop.active_time_intervals
        if active and not any(self._intervals[name].contains(now) for name in active):
            return f"outside of {', '.join(active)}"
        return None
