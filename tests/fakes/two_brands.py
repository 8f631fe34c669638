"""A house with two brands in it: Acme, and one whose every name and text can be told from all others."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.access import Holder, Role
from alerting.api.keys import KeyRing
from alerting.brand_scope import EVERYTHING, BrandScope
from alerting.directives.case_link import CaseLink
from alerting.directives.customer_note import CustomerNote, NoteState
from alerting.directives.directive import Directive, DirectiveEntry
from alerting.directives.judgement import Judgement
from alerting.directives.mood_label import MoodLabel
from alerting.directives.notice import Notice, NoticeKind
from alerting.directives.post_hold import HoldState, PostHold
from alerting.directives.silence import Silence
from alerting.fakes.inbox import Inbox
from alerting.incidents.model import TimelineEntry, Transition
from alerting.incidents.topic_status import TopicStatus
from streams.basis import Basis
from streams.errors import UnknownTopic
from streams.events import Direction
from streams.feedback import Feedback, Verdict
from streams.topic import Declared, Origin, Topic
from streams.topic_settings import TopicSettings
from streams.watched import Watched
from tests.fakes.api_house import ApiHouse, api_house
from tests.fakes.clock import START, FakeClock
from tests.fakes.detections import detection
from tests.fakes.memory_store import MemoryStore
from tests.fakes.storyboard import curve_of, evidence_of, incident_at, storyboard

SECRET: Final = "zyxsecret"
"""Stands in every name and text of the other brand."""

HIDDEN: Final = "zyxhidden"
"""Stands in every id of the other brand."""

OWN: Final = "Acme"
OTHER: Final = f"{SECRET} Inc"
INCIDENT: Final = f"inc_01JGV5{HIDDEN.upper()}00000000000"
TOPIC: Final = HIDDEN

TEAMS: Final[Mapping[str, BrandScope]] = {
    "all": EVERYTHING,
    "acme": BrandScope.of([OWN]),
    "other": BrandScope.of([OTHER]),
    "both": BrandScope.of([OWN, OTHER]),
}
KEYS: Final = {
    f"{role.value}-of-{team}": f"a-key-for-the-{role.value}-of-{team}-0123" for role in Role for team in TEAMS
}


def two_brands(now: datetime) -> MemoryStore:
    """A store with everything that can belong to a brand, for both."""
    store = storyboard(now)
    for known in tuple(store.incidents.values()):
        store.incidents[known.id] = msgspec.structs.replace(known, family=OWN)
    incident = msgspec.structs.replace(
        incident_at(
            now,
            id=INCIDENT,
            topic=TOPIC,
            topic_name=f"{SECRET} name",
            title=f"{SECRET} title",
            evidence=evidence_of(now, terms=(f"{SECRET} term",), texts=(f"{SECRET} text",)),
        ),
        brand=OTHER,
        family=OTHER,
        owner=f"{SECRET} owner",
        why=f"{SECRET} why",
    )
    store.add(incident, TimelineEntry(INCIDENT, now, Transition.OPENED, "tocsin", f"{SECRET} line"))
    status = TopicStatus(TOPIC, f"{SECRET} name", f"{SECRET} owner", OTHER, f"{SECRET} query", 0.25, 1, 0, 5.0, 1.0)
    store.board = (*store.board, status)
    store.curves[TOPIC] = curve_of(now, usual=5.0)
    decided = detection(episode=incident.episode, topic=TOPIC)
    store.decided[f"detection-{HIDDEN}"] = msgspec.structs.replace(decided, id=f"detection-{HIDDEN}")
    for directive in _directives(now):
        store.kept[directive.id] = directive
        store.kept_lines.append(DirectiveEntry(directive.id, now, "x.created", "jo", f"{SECRET} line"))
    return store


def _directives(now: datetime) -> tuple[Directive, ...]:
    later = now + timedelta(hours=5)
    feedback = Feedback(f"fb-{HIDDEN}", Verdict.FALSE_ALARM, now, "jo", incident=INCIDENT, note=f"{SECRET} note")
    return (
        Silence(f"silence-{HIDDEN}", (f'topic="{TOPIC}"',), "jo", f"{SECRET} reason", now, later, now, now),
        Silence(f"silence-2-{HIDDEN}", (f'incident="{INCIDENT}"',), "jo", f"{SECRET} reason", now, later, now, now),
        Notice(f"notice-{HIDDEN}", NoticeKind.OUTAGE, (TOPIC,), "jo", f"{SECRET} text", now, later, now, now),
        CustomerNote(
            id=f"note-{HIDDEN}",
            notice=f"notice-{HIDDEN}",
            text=f"{SECRET} text",
            topics=(TOPIC,),
            area=(),
            drafted_by="jo",
            state=NoteState.DRAFT,
            created_at=now,
            updated_at=now,
            ends_at=later,
        ),
        _hold(f"hold-{HIDDEN}", (TOPIC,), now),
        _hold("hold-everywhere", (), now),
        CaseLink(f"case-{HIDDEN}", "crm", HIDDEN, f"thread-{HIDDEN}", "jo", now, now, incident=INCIDENT),
        CaseLink(f"case-2-{HIDDEN}", "crm", f"2-{HIDDEN}", f"thread-2-{HIDDEN}", "jo", now, now, mention=f"x:{HIDDEN}"),
        MoodLabel(f"mood-{HIDDEN}", TOPIC, INCIDENT, f"x:{HIDDEN}", f"{SECRET} text", "negative", "jo", now, later),
        Judgement(f"fb-{HIDDEN}", TOPIC, feedback, "jo", now, now),
    )


def _hold(name: str, topics: tuple[str, ...], now: datetime) -> PostHold:
    """One of all topics comes from their incident as well, and holds for everybody's posts."""
    later = now + timedelta(hours=5)
    evidence = (f"{SECRET} evidence",)
    reason = f"{SECRET} reason"
    return PostHold(
        name, topics, ("DE",), reason, evidence, "jo", HoldState.CONFIRMED, now, now, later, 4.0, incident=INCIDENT
    )


class DeclaredHere:
    """Topics of both brands, as they are declared; implements `DeclaresTopics` and `TakesFeedback`.

    Attributes:
        changed: What was asked for, in order.
    """

    def __init__(self, now: datetime) -> None:
        feedback = (Feedback(f"fb-{HIDDEN}", Verdict.FALSE_ALARM, now, "jo", incident=INCIDENT, note=f"{SECRET} note"),)
        topics = (
            Topic("refunds", "Refunds", "acme AND refund*", brand=OWN),
            Topic(TOPIC, f"{SECRET} name", f"{SECRET} query", brand=OTHER, owner=f"{SECRET} owner"),
            Topic(f"{TOPIC}-below", f"{SECRET} below", f"{SECRET} query", parent=TOPIC),
        )
        self.declared: Mapping[str, Declared] = {
            topic.id: Declared(topic, Origin.API, now, "jo", feedback if topic.id == TOPIC else ()) for topic in topics
        }
        self.changed: list[str] = []

    async def put(self, topic: TopicSettings, *, by: str, expected: int | None, absent: bool = False) -> Declared:
        """Declare a topic."""
        self.changed.append(f"put {topic.id} by {by} {expected} {absent}")
        value = Topic(topic.id, topic.name, topic.query, brand=topic.brand, parent=topic.parent)
        return Declared(value, Origin.API, START, by)

    async def remove(self, topic_id: str, *, by: str, expected: int | None) -> None:
        """Remove a topic."""
        self.changed.append(f"remove {topic_id} by {by} {expected}")

    def of(self, topic: str) -> Declared:
        """The topic with its verdicts."""
        if topic not in self.declared:
            raise UnknownTopic(f"there is no topic {topic!r}")
        return self.declared[topic]

    async def false_alarm(self, incident_id: str, *, by: str, note: str = "", topic: str | None = None) -> Declared:
        """The incident was none."""
        self.changed.append(f"false alarm {incident_id} by {by} {note}")
        return self.of(topic or "refunds")

    async def missed(self, topic: str, start: datetime, end: datetime, *, by: str, note: str = "") -> Declared:
        """Nobody was paged."""
        self.changed.append(f"missed {topic} {start} {end} by {by} {note}")
        return self.of(topic)

    async def withdraw(
        self, topic: str, feedback_id: str, *, by: str, expected_revision: int | None = None
    ) -> Declared:
        """A verdict does not count any more."""
        del expected_revision
        self.changed.append(f"withdraw {feedback_id} by {by}")
        return self.of(topic)


class RisesHere:
    """Both brands have a topic on the watch list; implements `KnowsWhatRises`."""

    def __init__(self, now: datetime) -> None:
        since, basis = now - timedelta(minutes=20), Basis(0.25)
        self.watched: Mapping[str, Watched] = {
            topic: Watched(topic, since, now, "volume", Direction.CRISIS, 0.5, 12, 3.0, 1800, basis)
            for topic in ("refunds", TOPIC)
        }


@dataclass(frozen=True)
class House:
    """The house, and what was declared in it."""

    house: ApiHouse
    topics: DeclaredHere


@asynccontextmanager
async def house_of_teams() -> AsyncIterator[House]:
    """A key for every role in every team, named `viewer-of-acme`."""
    clock, topics = FakeClock(), DeclaredHere(START)
    holders = {
        f"{role.value}-of-{team}": Holder(f"{role.value}-of-{team}", role, None, scope)
        for role in Role
        for team, scope in TEAMS.items()
    }
    async with api_house(
        store=two_brands(START),
        clock=clock,
        inbox=Inbox(),
        topics=topics,
        feedback=topics,
        rises=RisesHere(START),
        ring=KeyRing(KEYS, holders),
    ) as house:
        yield House(house, topics)
