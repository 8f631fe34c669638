"""One topic's part in an incident: what it shows of the event, and why it belongs to it."""

from datetime import datetime
from enum import StrEnum

import msgspec

from streams.events import Direction, Evidence
from streams.findings import Complaint


class GroupingReason(StrEnum):
    """Why a topic's rise belongs to an incident, or does not."""

    FIRST = "first"
    SHARED_MENTIONS = "shared_mentions"
    DECLARED_KIN = "declared_kin"
    SHARED_DRIVERS = "shared_drivers"
    BY_HAND = "by_hand"
    SEPARATE = "separate"


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """One topic of an incident.

    Attributes:
        onset_at: When the topic's own rise began, between `onset_earliest` and `onset_latest` where that is known.
        joined_at: When it became part of the incident.
        reason: Why it did; `first` opened it.
        because: The same in a sentence of counts; no text from mentions.
        evidence: Of its latest detection, counts only: no samples, no drivers.
        mentions: Keys of the sampled mentions of its latest and of its first detection.
        asked: A fair sample of its mentions, see `Evidence`: whom the brand may answer. `complaints` are negative.
        terms: Excess of its drivers, in mentions; hostile like every word from mentions.
        episodes: Its own, oldest first.
    """

    topic: str
    topic_name: str
    onset_at: datetime
    joined_at: datetime
    reason: GroupingReason
    because: str
    direction: Direction
    evidence: Evidence
    mentions: tuple[str, ...] = ()
    terms: dict[str, float] = {}
    episodes: tuple[str, ...] = ()
    onset_earliest: datetime | None = None
    onset_latest: datetime | None = None
    asked: dict[str, float] = {}
    complaints: dict[str, Complaint] = {}

    @property
    def excess(self) -> float:
        """Mentions above expectation in the deciding window, >= 0."""
        return max(0.0, self.evidence.observed - self.evidence.expected)
