"""Something that another system is told because of a directive: kept with it until it arrived."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec


class Hook(StrEnum):
    """Whom it is for; each is configured by itself under `hooks`, but reports, which go to receivers."""

    POSTS = "posts"
    CUSTOMERS = "customers"
    CASES = "cases"
    REPORTS = "reports"


class ErrandState(StrEnum):
    """Where it stands."""

    PENDING = "pending"
    SENT = "sent"
    REJECTED = "rejected"


class Errand(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event for one hook.

    Attributes:
        id: The same at every attempt: the receiver drops what it has.
        event: `posts.hold`, `posts.release`, `customers.warn`, `case.linked`, `report.weekly`.
        data: What is said of it.
        due_at: Not before this time.
        reason: Why the last attempt failed.
    """

    id: str
    hook: Hook
    event: str
    at: datetime
    data: dict[str, Any]
    due_at: datetime
    state: ErrandState = ErrandState.PENDING
    attempts: int = 0
    sent_at: datetime | None = None
    reason: str | None = None


def next_due(errands: tuple[Errand, ...]) -> datetime | None:
    """When the first of them that has not arrived is due, as they arrive in their order; None where all have."""
    return next((one.due_at for one in errands if one.state is ErrandState.PENDING), None)
