"""A dead letter that somebody sent once more."""

from datetime import datetime

import msgspec


class LetterSent(msgspec.Struct, frozen=True, omit_defaults=True, tag="letter"):
    """That it was done, and by whom; what stands in it is not kept here.

    Attributes:
        id: `letter/`, the Kafka topic's partition, its offset, and how often it was sent.
        author: A person's name as given, or the key's name.
        corrected: Somebody changed it before.
        ends_at: It mutes nobody: over as soon as it is there.
    """

    id: str
    author: str
    created_at: datetime
    ends_at: datetime
    corrected: bool = False
    revision: int = 1
