"""What somebody said of a page, or of one that did not come: kept with whoever said it, also after it was withdrawn."""

import hashlib
from datetime import datetime

import msgspec

from streams.feedback import Feedback, Verdict


class Judgement(msgspec.Struct, frozen=True, omit_defaults=True, tag="feedback"):
    """One verdict on one topic; its effect stands with the topic's declaration.

    Attributes:
        id: The feedback's.
        author: A person's name as given, or the key's name.
        withdrawn_at: When it was taken back; None while it counts.
        ends_at: It mutes nobody: over as soon as it is there.
    """

    id: str
    topic: str
    feedback: Feedback
    author: str
    created_at: datetime
    ends_at: datetime
    revision: int = 1
    withdrawn_at: datetime | None = None


def judgement_id(verdict: Verdict, topic: str, place: str) -> str:
    """The same for the same verdict on the same thing.

    Args:
        place: The incident, or from when to when.
    """
    digest = hashlib.blake2b(f"{verdict.value}|{topic}|{place}".encode(), digest_size=8).hexdigest()
    return f"fb_{digest}"
