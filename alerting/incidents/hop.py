"""One step of a message on its way."""

from datetime import datetime

import msgspec


class Hop(msgspec.Struct, frozen=True):
    """What had happened by then: `leased`, `begun`, `connected`, `answered`."""

    name: str
    at: datetime
