"""A ticket or call of the traditional channel that an incident or a single mention belongs to."""

from datetime import datetime

import msgspec

from alerting.directives.errand import Errand


class CaseLink(msgspec.Struct, frozen=True, omit_defaults=True, tag="case_link"):
    """One case elsewhere; its thread id travels along, both ways.

    Attributes:
        system: As people call it: `zendesk`.
        case: The case's id there.
        incident: What it belongs to; or `mention`, the key of a single one (`platform:id`).
        thread: The conversation's id, the same on both sides.
        url: Where people find the case.
        status: What the other side said last.
        heard: Ids of the signed messages that changed the status, the newest last; the last fifty.
        heard_at: When the newest of them was signed, by the other side's clock.
    """

    id: str
    system: str
    case: str
    thread: str
    linked_by: str
    created_at: datetime
    updated_at: datetime
    incident: str | None = None
    mention: str | None = None
    url: str | None = None
    status: str | None = None
    heard: tuple[str, ...] = ()
    heard_at: datetime | None = None
    ends_at: datetime | None = None
    errands: tuple[Errand, ...] = ()
    revision: int = 1

    def __str__(self) -> str:
        status = f": {self.status}" if self.status else ""
        return f"{self.system} {self.case}{status}"
