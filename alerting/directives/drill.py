"""A test page that somebody asked for: it takes the way that every page takes, and says that it is a test."""

from datetime import datetime

import msgspec


class Drill(msgspec.Struct, frozen=True, omit_defaults=True, tag="drill"):
    """One test of the way to one receiver; its messages stand in the outbox under its id.

    Attributes:
        author: Who asked for it: the key's name.
        ends_at: It mutes nobody: over as soon as it is there.
    """

    id: str
    receiver: str
    author: str
    created_at: datetime
    ends_at: datetime
    revision: int = 1
