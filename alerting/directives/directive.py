"""Everything that people told Tocsin to hold to, and the trail of it."""

from datetime import datetime

import msgspec

from alerting.directives.api_key import ApiKey
from alerting.directives.case_link import CaseLink
from alerting.directives.customer_note import CustomerNote
from alerting.directives.drill import Drill
from alerting.directives.entrance import Entrance
from alerting.directives.erasure import Erasure
from alerting.directives.errand import next_due
from alerting.directives.judgement import Judgement
from alerting.directives.letter_sent import LetterSent
from alerting.directives.mood_label import MoodLabel
from alerting.directives.notice import Notice
from alerting.directives.post_hold import PostHold
from alerting.directives.self_notice import SelfNotice
from alerting.directives.shift_cover import ShiftCover
from alerting.directives.silence import Silence
from alerting.directives.topic_change import TopicChange
from alerting.directives.weekly_telling import WeeklyTelling

WithErrands = PostHold | CustomerNote | CaseLink | WeeklyTelling
Directive = (
    Silence
    | Notice
    | PostHold
    | CustomerNote
    | CaseLink
    | ApiKey
    | Entrance
    | Judgement
    | MoodLabel
    | SelfNotice
    | ShiftCover
    | TopicChange
    | Drill
    | Erasure
    | LetterSent
    | WeeklyTelling
)


class DirectiveEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was done with a directive; stands in the audit trail.

    Attributes:
        act: `silence.created`, `notice.ended`, ...
        actor: Who did it: a person, or `tocsin`.
        position: Its place in the audit trail, set by the store.
    """

    directive: str
    at: datetime
    act: str
    actor: str
    text: str
    position: int = 0


def kind_of(directive: Directive) -> str:
    """`silence`, `notice`, ...: the word under which the store keeps it."""
    return str(directive.__struct_config__.tag)


def due_at(directive: Directive) -> datetime | None:
    """When the next of its errands is due; None where it has none that is."""
    return next_due(directive.errands) if isinstance(directive, WithErrands) else None
