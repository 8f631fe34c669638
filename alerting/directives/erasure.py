"""An author who asked to be forgotten."""

from datetime import datetime

import msgspec


class Erasure(msgspec.Struct, frozen=True, omit_defaults=True, tag="erasure"):
    """One author of one platform; in force until everything that was known of them is gone.

    Attributes:
        number: A 64-bit hash of platform and id, in hex: what is needed to recognise the author, and all that is kept.
        author: Who asked for it: a person's name as given, or the key's name.
        created_at: When somebody asked for it last.
        finished_at: When all was gone; None before.
    """

    id: str
    number: str
    author: str
    created_at: datetime
    ends_at: datetime
    finished_at: datetime | None = None
    revision: int = 1
