"""Something that Tocsin says of itself: of no incident, and yet somebody has to know."""

from datetime import datetime

import msgspec


class SelfNotice(msgspec.Struct, frozen=True, omit_defaults=True, tag="self_notice"):
    """One such message; it stands in the outbox under its id.

    Attributes:
        id: The same for whoever notices the same thing, so that it is said once.
        headline: What is the matter, at most 80 characters.
        text: What follows from it, and what to do.
        ends_at: It mutes nobody: over as soon as it is there.
    """

    id: str
    receiver: str
    headline: str
    text: str
    created_at: datetime
    ends_at: datetime
    revision: int = 1
