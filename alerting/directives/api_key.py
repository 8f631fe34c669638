"""A key for the API that was issued by a running Tocsin."""

from datetime import datetime
from typing import Literal

import msgspec


class ApiKey(msgspec.Struct, frozen=True, omit_defaults=True, tag="key"):
    """A key as it is kept: who has the database cannot use it, who has the key cannot change what it is good for.

    Attributes:
        id: `key_` and the eight characters of the key that may be shown.
        digest: SHA-256 of the whole key, hexadecimal; the key has 256 random bits, so nothing slower is needed.
        role: `viewer`, `responder` or `admin`.
        expires_at: From then on it opens nothing; None is never.
        last_used_at: Within five minutes; None where it never was.
        subject: Who signed in at an identity provider: theirs alone. Empty for a key that was issued.
        sees_nothing: None of their groups leads to a brand.
        brands: Only these are seen; empty is everything.
        ends_at: A key stands in no list of what is in force for incidents.
    """

    id: str
    name: str
    digest: str
    role: Literal["viewer", "responder", "admin"]
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    revision: int = 1
    brands: tuple[str, ...] = ()
    subject: str = ""
    sees_nothing: bool = False
    ends_at: None = None
