"""Why nobody is woken for an incident that is open."""

from datetime import datetime
from enum import StrEnum

import msgspec


class MuteKind(StrEnum):
    """What mutes it."""

    SILENCE = "silence"
    INHIBITION = "inhibition"
    NOTICE = "notice"
    TIME_INTERVAL = "time_interval"


class Muted(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that mutes an incident at present.

    Attributes:
        source: The silence's or notice's id, the rule's or the interval's name.
        because: One sentence for people: `Silenced until 14:00 UTC by jo: the flood is known`.
        until: When it ends by itself; None where no time says.
        receivers: Whom it keeps it from; empty means everybody.
    """

    kind: MuteKind
    source: str
    because: str
    until: datetime | None = None
    receivers: tuple[str, ...] = ()


def is_muted(muted: tuple[Muted, ...], receiver: str | None = None) -> bool:
    """Whether these keep it from the receiver; without one, from everybody."""
    return any(not one.receivers or (receiver is not None and receiver in one.receivers) for one in muted)
