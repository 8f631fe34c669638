"""What the pages show of the watch list and of feedback."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from alerting.api.feedback import TakesFeedback
from alerting.api.watch import KnowsWhatRises
from alerting.console.verdicts import Spoken, spoken
from alerting.console.watching import Rising, rising_lines
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
    """

    def __init__(
        self, store: Store, clock: Clock, *, feedback: TakesFeedback | None, watch: KnowsWhatRises | None
    ) -> None:
        self._store = store
        self._clock = clock
        self._feedback = feedback
        self._watch = watch

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
