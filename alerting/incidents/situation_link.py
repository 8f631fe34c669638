"""A link for people without an account: it shows one incident, to look at, for a while."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

LONGEST_LINK: Final = timedelta(days=30)
MOST_LINKS: Final = 20


class SituationLink(msgspec.Struct, frozen=True, omit_defaults=True):
    """One link. Its address carries a signature; whether it opens anything is decided here.

    Attributes:
        id: Names it; worth nothing by itself.
        by: Who made it.
        revoked_at: When somebody took it back; None while nobody did.
    """

    id: str
    by: str
    made_at: datetime
    until: datetime
    revoked_at: datetime | None = None

    def opens(self, now: datetime) -> bool:
        """Whether it shows anything."""
        return self.revoked_at is None and now < self.until
