"""What people say of pages: false alarms and missed events, with their record in the audit trail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

import msgspec
import structlog

from alerting.directives.directive import DirectiveEntry
from alerting.directives.judgement import Judgement, judgement_id
from alerting.errors import DirectiveRefused, Stale
from alerting.incidents import wording
from alerting.incidents.model import Incident
from alerting.incidents.store import Store
from alerting.incidents.work import Act, Comment, person
from streams.clock import Clock
from streams.errors import UnknownTopic
from streams.feedback import Feedback, Verdict
from streams.topic import Declared

NOTE_CHARACTERS: Final = 200
_LONGEST_MISSED_SECONDS: Final = 14 * 86_400

log = structlog.get_logger(__name__)


class JudgesTopics(Protocol):
    """Where verdicts stand with their topics."""

    @property
    def declared(self) -> Mapping[str, Declared]:
        """Every topic by id."""
        ...

    async def add_feedback(self, topic_id: str, feedback: Feedback) -> Declared:
        """Add a verdict; again changes nothing."""
        ...

    async def remove_feedback(self, topic_id: str, feedback_id: str) -> Declared:
        """Withdraw one; again changes nothing."""
        ...


class _Performs(Protocol):
    async def perform(
        self, incident_id: str, act: Act, *, by: str, comment: str | None = None, once: str | None = None
    ) -> Incident:
        """Carry out one act."""
        ...


class FeedbackDesk:
    """Takes verdicts in: what was said is committed first, with its record in the audit trail, then it takes effect.

    Saying the same again is harmless, and completes what an outage cut in two. A verdict on a query that changed since
    is gone with it.
    """

    def __init__(self, store: Store, topics: JudgesTopics, acts: _Performs, clock: Clock) -> None:
        self._store = store
        self._topics = topics
        self._acts = acts
        self._clock = clock

    def of(self, topic: str) -> Declared:
        """The topic with its verdicts and what follows from them.

        Raises:
            UnknownTopic: There is none.
        """
        declared = self._topics.declared.get(topic)
        if declared is None:
            raise UnknownTopic(f"there is no topic {topic!r}")
        return declared

    async def false_alarm(self, incident_id: str, *, by: str, note: str = "", topic: str | None = None) -> Declared:
        """The incident was none: its topic takes more to page from now on.

        Args:
            topic: Which of its topics; without it the leading one.

        Raises:
            UnknownIncident: There is none.
            UnknownTopic: The topic is none of the incident's, or nobody tracks it.
            TopicRefused: It has as many verdicts as are kept.
            DatabaseUnavailable: Nothing was written.
            BrokerUnavailable: It is written down and has no effect yet; say it again.
        """
        incident = await self._store.get(incident_id)
        name = topic or incident.topic
        if name not in incident.topics:
            raise UnknownTopic(f"{name!r} is none of the topics of incident {incident_id}")
        feedback = self._said(Verdict.FALSE_ALARM, name, by, note, incident=incident_id)
        declared = await self._add(name, feedback, by)
        said = f"called a false alarm; from now on {name} takes {_change(declared.topic.caution)} to page"
        await self._acts.perform(incident_id, Comment(said), by=by, once=f"{feedback.id}/{declared.topic.revision}")
        return declared

    async def missed(self, topic: str, start: datetime, end: datetime, *, by: str, note: str = "") -> Declared:
        """Something happened between these times and nobody was paged: the topic takes less to page from now on.

        Raises like `false_alarm`, and:
            DirectiveRefused: The times are not in order, lie ahead, or are more than 14 days apart.
        """
        now = self._clock.now()
        if start.tzinfo is None or end.tzinfo is None:
            raise DirectiveRefused("start and end need a time zone")
        if not start < end or start > now or (end - start).total_seconds() > _LONGEST_MISSED_SECONDS:
            raise DirectiveRefused("start has to lie before end and before now, and at most 14 days before end")
        return await self._add(topic, self._said(Verdict.MISSED, topic, by, note, start=start, end=end), by)

    async def withdraw(
        self, topic: str, feedback_id: str, *, by: str, expected_revision: int | None = None
    ) -> Declared:
        """It does not count any more, as if it had never been said. Again changes nothing.

        Raises:
            UnknownTopic: There is none.
            Stale: The topic is not at `expected_revision`.
            DatabaseUnavailable: Nothing was written.
            BrokerUnavailable: It is written down and still has its effect; say it again.
        """
        Stale.unless(topic, self.of(topic).topic.revision, expected_revision)
        now = self._clock.now()
        async with self._store.begin() as unit:
            known = await unit.directive(feedback_id)
            if isinstance(known, Judgement) and known.topic == topic and known.withdrawn_at is None:
                changed = msgspec.structs.replace(known, withdrawn_at=now, revision=known.revision + 1)
                text = f"{person(by)}: {_words(known.feedback, topic)} does not count any more"
                entry = DirectiveEntry(feedback_id, now, "feedback.withdrawn", person(by), text)
                await unit.keep(changed, [entry], expected_revision=known.revision)
        return await self._topics.remove_feedback(topic, feedback_id)

    async def _add(self, topic: str, feedback: Feedback, by: str) -> Declared:
        self.of(topic)
        now = self._clock.now()
        text = f"{person(by)}: {_words(feedback, topic)}{f': {feedback.note}' if feedback.note else ''}"
        entry = DirectiveEntry(feedback.id, now, "feedback.added", person(by), text)
        fresh = Judgement(feedback.id, topic, feedback, person(by), now, now)
        try:
            async with self._store.begin() as unit:
                known = await unit.directive(feedback.id)
                if known is None:
                    await unit.keep(fresh, [entry], expected_revision=None)
                elif isinstance(known, Judgement) and known.withdrawn_at is not None:
                    again = msgspec.structs.replace(fresh, created_at=known.created_at, revision=known.revision + 1)
                    await unit.keep(again, [entry], expected_revision=known.revision)
        except Stale:
            log.info("feedback.said_twice_at_once", feedback=feedback.id)
        return await self._topics.add_feedback(topic, feedback)

    def _said(
        self,
        verdict: Verdict,
        topic: str,
        by: str,
        note: str,
        *,
        incident: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Feedback:
        place = incident or f"{start} {end}"
        return Feedback(
            id=judgement_id(verdict, topic, place),
            verdict=verdict,
            at=self._clock.now(),
            by=person(by),
            incident=incident,
            start=start,
            end=end,
            note=wording.plain(note, NOTE_CHARACTERS),
        )


def _words(feedback: Feedback, topic: str) -> str:
    if feedback.verdict is Verdict.FALSE_ALARM:
        return f"incident {feedback.incident} was a false alarm of {topic}"
    return f"something was missed on {topic} from {feedback.start:%Y-%m-%d %H:%M} to {feedback.end:%Y-%m-%d %H:%M} UTC"


def _change(caution: float) -> str:
    """How far a topic is from what it would do without feedback.

    >>> _change(1.5), _change(0.5), _change(1.0)
    ('odds 1.5 times as rare', 'odds 2 times as common', 'the same odds as without feedback')
    """
    if caution == 1.0:
        return "the same odds as without feedback"
    return f"odds {caution:.3g} times as rare" if caution > 1 else f"odds {1 / caution:.3g} times as common"


def effect(caution: float) -> str:
    """What feedback does to a topic, in words."""
    return f"a page takes {_change(caution)}"
