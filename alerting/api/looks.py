"""What the pages show of the watch list and of feedback."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from alerting.api.feedback import TakesFeedback
from alerting.api.watch import KnowsWhatRises
from alerting.brand_scope import scope_now
from alerting.console.calls_only import CallsOnly, calls_only_lines
from alerting.console.verdicts import Spoken, spoken
from alerting.console.watching import Rising, rising_lines
from alerting.contact_desk import ContactDesk
from alerting.feedback_desk import effect
from alerting.incidents.model import Incident
from alerting.incidents.store import Store
from streams.clock import Clock
from streams.errors import UnknownTopic


class Looks:
    """Answers with nothing where there is no desk, or no list.

    Args:
        feedback: Takes what people say of pages.
        watch: What rises and does not page.
        contacts: What only the contact centre hears.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        feedback: TakesFeedback | None,
        watch: KnowsWhatRises | None,
        contacts: ContactDesk | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._feedback = feedback
        self._watch = watch
        self._contacts = contacts

    @property
    def takes_feedback(self) -> bool:
        """Whether anybody takes it."""
        return self._feedback is not None

    async def rising(self, now: datetime) -> tuple[Rising, ...]:
        """The watch list, the rarest first."""
        if self._watch is None or not self._watch.watched:
            return ()
        names: Mapping[str, str] = {status.topic: status.name for status in await self._store.topics(now)}
        return rising_lines(self._watch.watched, names, now)

    def calls_only(self, now: datetime) -> tuple[CallsOnly, ...]:
        """Reasons that rise at the contact centre and belong to no open incident, of the brands that are seen."""
        found = self._contacts.calls_only if self._contacts is not None else ()
        scope = scope_now()
        return calls_only_lines([rise for rise in found if scope.sees(rise.line.brand)], now)

    def of_topic(self, topic: str, now: datetime) -> tuple[Sequence[Spoken], str]:
        """The verdicts on a topic, newest first, and what they do to its odds."""
        if self._feedback is None:
            return (), ""
        try:
            declared = self._feedback.of(topic)
        except UnknownTopic:
            return (), ""
        return spoken(topic, declared.feedback, now), effect(declared.topic.caution) if declared.feedback else ""

    def of_incident(self, incident: Incident, now: datetime) -> tuple[Spoken, ...]:
        """The verdicts on an incident."""
        return tuple(
            one for topic in incident.topics for one in self.of_topic(topic, now)[0] if one.incident == incident.id
        )
