"""Which playbook is about an incident. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from alerting.directives.notice import Notice
from alerting.incidents.model import Incident
from alerting.incidents.playbook import Playbook, PlaybookClass, PlaybookLink
from alerting.incidents.wording import plain
from alerting.playbook_settings import PlaybookSettings
from alerting.routing.matchers import Matcher
from alerting.routing.routes import labels_of
from alerting.routing.safe_regex import SafeRegex


class Playbooks:
    """The playbooks as configured.

    Raises:
        ValueError: A matcher or an expression is wrong; says which.
    """

    def __init__(self, settings: Sequence[PlaybookSettings] = ()) -> None:
        self._all = tuple(_Rule(one) for one in settings)

    def about(self, incident: Incident, touching: Iterable[Notice]) -> Playbook | None:
        """The first that is about the incident; None where none is.

        Args:
            touching: The notices that are open and touch it.
        """
        kinds = {notice.kind.value for notice in touching}
        found = (rule.applied(incident, kinds) for rule in self._all)
        return next((playbook for playbook in found if playbook is not None), None)


class _Rule:
    def __init__(self, settings: PlaybookSettings) -> None:
        try:
            self._matchers = tuple(Matcher.parse(text) for text in settings.matchers)
            self._drivers = tuple(SafeRegex(text) for text in settings.drivers)
        except ValueError as exc:
            raise ValueError(f"{settings.name}: {exc}") from exc
        self._notices = frozenset(settings.notices)
        self._playbook = Playbook(
            name=settings.name,
            kind=PlaybookClass(settings.kind),
            steps=tuple(plain(step, 300) for step in settings.steps),
            holding_statement=plain(settings.holding_statement, 1000),
            links=tuple(PlaybookLink(plain(link.name, 100), str(link.url)) for link in settings.links),
            decides=plain(settings.decides, 100),
        )

    def applied(self, incident: Incident, kinds: set[str]) -> Playbook | None:
        labels = labels_of(incident)
        if not all(matcher.holds(labels) for matcher in self._matchers):
            return None
        reasons = [str(matcher) for matcher in self._matchers]
        if self._drivers:
            drivers = [driver.term for driver in incident.evidence.drivers]
            if not any(regex.matches(term.casefold()) for regex in self._drivers for term in drivers):
                return None
            reasons.append("one of its drivers matches")  # which one is a word from a mention: hostile
        if self._notices:
            if not kinds & self._notices:
                return None
            reasons.append(f"ops announced: {', '.join(sorted(kinds & self._notices))}")
        return msgspec.structs.replace(self._playbook, because="; ".join(reasons) or "it is about every incident")
