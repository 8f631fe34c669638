"""A text for customers about a notice: drafted, approved by comms, handed to whoever sends it."""

from datetime import datetime
from enum import StrEnum

import msgspec

from alerting.directives.errand import Errand


class NoteState(StrEnum):
    """Where it stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    DISCARDED = "discarded"


class CustomerNote(msgspec.Struct, frozen=True, omit_defaults=True, tag="customer_note"):
    """What customers are to be told first. We never post: an approved text goes out as a signed webhook.

    Attributes:
        notice: The notice that it is about.
        ends_at: The notice's end: afterwards nobody needs to be warned.
    """

    id: str
    notice: str
    text: str
    topics: tuple[str, ...]
    area: tuple[str, ...]
    drafted_by: str
    state: NoteState
    created_at: datetime
    updated_at: datetime
    ends_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    errands: tuple[Errand, ...] = ()
    revision: int = 1
