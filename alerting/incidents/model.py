"""The values of an incident: what it is and what happened to it."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from alerting.incidents.contact_findings import ContactFindings
from alerting.incidents.escalation import Escalation
from alerting.incidents.muted import Muted, is_muted
from alerting.incidents.own_part import OwnPart
from alerting.incidents.part import Part
from alerting.incidents.peers import Peers
from alerting.incidents.playbook import Playbook
from alerting.incidents.public_answers import PublicAnswers
from alerting.incidents.quieted import Quieted
from alerting.incidents.situation_link import SituationLink
from alerting.incidents.statement import Statement
from streams.events import Direction, Evidence


class IncidentState(StrEnum):
    """Where the work on it stands."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """Harm, SEV1 the worst."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"


class Transition(StrEnum):
    """What happened to an incident; `CALLED` and `NOTIFIED` are reasons of deliveries alone."""

    OPENED = "opened"
    GREW = "grew"
    COUNTED = "counted"
    SEVERITY_CHANGED = "severity_changed"
    SEVERITY_LOWERED = "severity_lowered"
    PEAKED = "peaked"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    JOINED = "joined"
    MERGED = "merged"
    SPLIT = "split"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    PASSED_ON = "passed_on"
    HANDED_OVER = "handed_over"
    ESCALATED = "escalated"
    CALLED = "called"
    NOTIFIED = "notified"
    PARTLY_ACKNOWLEDGED = "partly_acknowledged"
    STATED = "stated"
    MUTED = "muted"
    UNMUTED = "unmuted"
    ANNOUNCED = "announced"
    ACKNOWLEDGE_OVERDUE = "acknowledge_overdue"
    RESOLVE_OVERDUE = "resolve_overdue"
    SHARED = "shared"
    ANSWERED = "answered"
    ANSWER_OVERDUE = "answer_overdue"
    HEARD = "heard"
    BACKLASH = "backlash"
    UNCHANGED = "unchanged"


class Incident(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event that people work on.

    Attributes:
        id: `inc_` and 26 characters, sortable by time of creation, the public name everywhere.
        dedup_key: What pager providers fold on; stays the same over all states of the incident.
        episode: The detector's event that opened it.
        revision: Grows with every change; the ETag.
        why: One sentence of counts in a person's words; contains no text from mentions.
        direction: A crisis or a joyful rise.
        false_pages_per_week: Odds of the strongest detection, see `Detection`.
        topic: The leading one of its topics, the one with the largest excess; likewise its name, brand and owner.
        family: The brand, or that of a declared parent. Incidents of different families are never grouped.
        evidence: Of the leading topic's latest detection while it went on.
        peak_per_minute: Highest rate seen so far.
        accepted_ms: When the broker accepted the mention that opened it, milliseconds since 1970.
        episodes: All that opened or joined it, oldest first; the store finds it by each. `running` have not ended.
        receivers: Who was told of it so far; they hear of every later change.
        acknowledged_by: A person's name as given, or the key's name.
        parts: What each topic shows of the event, and why it belongs to it; in the order in which they joined.
        reopened_at: When it opened last, if not for the first time: its clocks began anew.
        assignee: Whom somebody gave it to; `passed_to` is the owner it was passed on to, who overrules the topic's.
        snoozed_until: Until then nobody hears of its growth.
        peers: How the peers of its topics stand; None where none are configured.
        proposed_owner: Whose it is by its drivers; overrules the topic's owner, for the reason in `owned_because`.
        contacts: What the contact centre hears of it, and how many are silent; None until somebody looked.
        statement: What the people who fix it say.
        overdue: Promises that were not kept since it opened last, see `Promise`.
        onset_earliest: Nine of ten events began between this and `onset_latest`; None where nobody estimated it.
        answers: How the brand answered in public; None where nobody counts that. `links` show it to strangers.
        own_part: What we ourselves said, and what that drew; None until somebody looked.
        merged_into: The older incident that it turned out to be the same as.
        escalation: Who is called after whom; as it stood when the incident opened.
        quieted: Who has heard of it without being paged, and why.
        muted: Why nobody, or not everybody, is woken for it at present.
        announced: What ops announced that touches it, one line each.
        beyond: Notices whose forecast its topics left far behind since: they mute it no more.
        cases: Tickets and calls of the traditional channel that it belongs to, one line each.
        playbook: What to do about an incident like this; None where no playbook is about it.
    """

    id: str
    dedup_key: str
    episode: str
    topic: str
    topic_name: str
    title: str
    why: str
    state: IncidentState
    severity: Severity
    direction: Direction
    detectors: tuple[str, ...]
    onset_at: datetime
    opened_at: datetime
    updated_at: datetime
    evidence: Evidence
    false_pages_per_week: float
    revision: int = 1
    brand: str | None = None
    owner: str | None = None
    peak_per_minute: float = 0.0
    last_detection_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    accepted_ms: int = 0
    history: bool = False
    episodes: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    reopened_at: datetime | None = None
    assignee: str | None = None
    snoozed_until: datetime | None = None
    passed_to: str | None = None
    statement: Statement | None = None
    answers: PublicAnswers | None = None
    own_part: OwnPart | None = None
    links: tuple[SituationLink, ...] = ()
    overdue: tuple[str, ...] = ()
    merged_into: str | None = None
    family: str = ""
    peers: Peers | None = None
    contacts: ContactFindings | None = None
    proposed_owner: str | None = None
    owned_because: str = ""
    onset_earliest: datetime | None = None
    onset_latest: datetime | None = None
    escalation: Escalation | None = None
    quieted: Quieted = Quieted()
    muted: tuple[Muted, ...] = ()
    announced: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    playbook: Playbook | None = None

    @property
    def is_muted(self) -> bool:
        """Nobody at all is woken for it at present."""
        return is_muted(self.muted)

    def is_muted_for(self, receiver: str) -> bool:
        """This receiver is not woken for it at present."""
        return is_muted(self.muted, receiver)

    @property
    def topics(self) -> tuple[str, ...]:
        """All its topics, the leading one first."""
        return (self.topic, *(part.topic for part in self.parts if part.topic != self.topic))


class TimelineEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that happened to an incident; `position` is its place in the live stream, rising, set by the store.

    Attributes:
        actor: Who did it: a person, or `tocsin`.
        text: One sentence; may quote a person's comment, never a mention.
        paged: Receivers that are woken because of it.
        told: Receivers that are told of it besides.
    """

    incident: str
    at: datetime
    transition: Transition
    actor: str
    text: str
    position: int = 0
    paged: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


PAGES: Final = frozenset({Transition.OPENED, Transition.REOPENED, Transition.CALLED})
"""What wakes people; everything else keeps them up to date."""


HUSHED: Final = frozenset(
    {
        Transition.OPENED,
        Transition.REOPENED,
        Transition.GREW,
        Transition.COUNTED,
        Transition.PEAKED,
        Transition.SEVERITY_CHANGED,
        Transition.SEVERITY_LOWERED,
        Transition.WOKEN,
        Transition.ACKNOWLEDGE_OVERDUE,
        Transition.RESOLVE_OVERDUE,
        Transition.ESCALATED,
        Transition.CALLED,
        Transition.NOTIFIED,
    }
)
"""What a receiver does not hear of while an incident is muted for it; of what people do, and of the end, it does."""
