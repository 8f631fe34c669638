"""How much is told of what is decided."""

from typing import Final

import msgspec


class Detail(msgspec.Struct, frozen=True):
    """What is decided does not depend on it.

    Attributes:
        counts: Every window that closes is told, beside what was expected of it.
        evidence: Detections say what they consist of: who spoke, what of, and how it may go on.
    """

    counts: bool = True
    evidence: bool = True


FULL: Final = Detail()
