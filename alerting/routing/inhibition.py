"""Incidents that mute others while they are open, as in Alertmanager. Pure.

Source: https://prometheus.io/docs/alerting/latest/configuration/#inhibit_rule
"""

from collections.abc import Iterable, Mapping

from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.muted import Muted, MuteKind
from alerting.muting_settings import InhibitRuleSettings
from alerting.routing.matchers import LABELS, Matcher
from alerting.routing.routes import labels_of


class InhibitRule:
    """One rule.

    Args:
        place: Its place in the configuration, for want of a name.

    Raises:
        ValueError: A matcher or a label is wrong.
    """

    def __init__(self, settings: InhibitRuleSettings, place: int) -> None:
        self.name = settings.name or f"inhibit_rules[{place}]"
        self._source = tuple(Matcher.parse(text) for text in settings.source_matchers)
        self._target = tuple(Matcher.parse(text) for text in settings.target_matchers)
        unknown = [label for label in settings.equal if label not in LABELS]
        if unknown:
            raise ValueError(f"unknown label {unknown[0]!r}; known are {', '.join(LABELS)}")
        self._equal = settings.equal

    def muted(self, incident: Incident, others: Iterable[Incident]) -> Muted | None:
        """By which of the others the incident is muted; None by none.

        One that is both source and target cannot be muted by another one that is both: not by itself, and no two by
        each other.
        """
        labels = labels_of(incident)
        if not _hold(self._target, labels):
            return None
        both = _hold(self._source, labels)
        for other in others:
            if other.id == incident.id or other.state is IncidentState.RESOLVED:
                continue
            theirs = labels_of(other)
            if not _hold(self._source, theirs) or any(labels[label] != theirs[label] for label in self._equal):
                continue
            if both and _hold(self._target, theirs):
                continue
            because = f"Muted by the rule {self.name} while {other.title} ({other.id}) is open"
            return Muted(MuteKind.INHIBITION, self.name, because)
        return None


def _hold(matchers: tuple[Matcher, ...], labels: Mapping[str, str]) -> bool:
    return all(matcher.holds(labels) for matcher in matchers)
