"""Where people come in: what its lines in the audit trail hang on."""

from datetime import datetime
from typing import Final

import msgspec

ENTRANCE: Final = "entrance"


class Entrance(msgspec.Struct, frozen=True, omit_defaults=True, tag="entrance"):
    """Who signed in and out with keys of the configuration, and who was turned away. There is one.

    Attributes:
        ends_at: It mutes nobody: over as soon as it is there.
        closed: Sessions that somebody signed out of, by their ids, and until when each would have lasted.
    """

    id: str
    created_at: datetime
    ends_at: datetime
    revision: int = 1
    closed: dict[str, datetime] = {}
