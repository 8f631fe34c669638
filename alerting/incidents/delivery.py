"""The values of the outbox: a message to somebody, and where it stands."""

from datetime import datetime
from enum import StrEnum

import msgspec

from alerting.incidents.group import Grouping
from alerting.incidents.hop import Hop
from alerting.incidents.model import Transition


class DeliveryState(StrEnum):
    """Where one message to one receiver stands."""

    PENDING = "pending"
    SENT = "sent"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message about one incident revision, one drill or Tocsin itself, for one notifier of one receiver.

    Attributes:
        incident: What it is about; a drill's id where it is a test, a notice's where Tocsin says it of itself.
        change: Why this message is due.
        reference: The provider's handle of the conversation (a Slack `channel:ts`, a dedup key), once known.
        attempts: How often it was tried.
        next_attempt_at: Not before this time.
        reason: Why the last attempt failed.
        detail: Where it goes, as people know it: `#comms-now`, `payments on-call`.
        digest: Names the digest it goes out with; empty where it goes alone.
        said: What happened, as the timeline tells it.
        because: Why it comes to this receiver, where that needs saying: whom it could not reach.
        group: With which others it goes out; None where it goes by itself.
        test: It belongs to a drill and to no incident.
        of_itself: Tocsin says it of itself; it belongs to no incident either.
        hops: How far a test came in its last attempt, and when.
        trace: The place in a trace that it goes on from; empty where nobody traces.
    """

    id: str
    incident: str
    incident_revision: int
    receiver: str
    notifier: str
    change: Transition
    state: DeliveryState
    created_at: datetime
    next_attempt_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    reference: str | None = None
    reason: str | None = None
    detail: str = ""
    digest: str = ""
    because: str = ""
    said: str = ""
    group: Grouping | None = None
    test: bool = False
    of_itself: bool = False
    hops: tuple[Hop, ...] = ()
    trace: str = ""

    @property
    def has_incident(self) -> bool:
        """Whether it is about an incident."""
        return not (self.test or self.of_itself)
