"""What the people who fix it say about an incident: one text for care, comms and ops."""

from datetime import datetime

import msgspec

from alerting.incidents import wording

LONGEST_STATEMENT = 280


class Statement(msgspec.Struct, frozen=True, omit_defaults=True):
    """The one fact field of an incident. Each new one replaces the last; the timeline keeps them all.

    Attributes:
        status: What is known and being done, one line.
        by: Who said so.
        expected_at: When it should be over; None where nobody knows.
        next_update_at: When more will be said.
        fixed_at: Since when it is mended, whatever people still say; None while it is not.
        cause_at: When a cause was stated first; carried over from one statement to the next.
    """

    status: str
    by: str
    at: datetime
    cause: str | None = None
    expected_at: datetime | None = None
    next_update_at: datetime | None = None
    fixed_at: datetime | None = None
    cause_at: datetime | None = None

    def __str__(self) -> str:
        """One line, the same wherever it is shown. Times are UTC."""
        parts = [wording.plain(self.status, LONGEST_STATEMENT)]
        if self.cause:
            parts.append(f"Cause: {wording.plain(self.cause, LONGEST_STATEMENT)}")
        if self.fixed_at is not None:
            parts.append(f"Fixed {_time(self.fixed_at, self.at)}")
        if self.expected_at is not None:
            parts.append(f"Expected to be over {_time(self.expected_at, self.at)}")
        if self.next_update_at is not None:
            parts.append(f"Next update {_time(self.next_update_at, self.at)}")
        return ". ".join(part.rstrip(".") for part in parts) + "."


def _time(at: datetime, now: datetime) -> str:
    return f"{at:%H:%M} UTC" if at.date() == now.date() else f"{at.day} {at:%b %H:%M} UTC"
