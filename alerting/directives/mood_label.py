"""How somebody read a mention that Tocsin read otherwise or not at all: a label for whoever measures scorers."""

import hashlib
from datetime import datetime
from typing import Literal

import msgspec

Mood = Literal["negative", "neutral", "positive"]


class MoodLabel(msgspec.Struct, frozen=True, omit_defaults=True, tag="mood"):
    """One mention with the mood that a person gave it; the newest word counts.

    Attributes:
        mention: `platform:id`.
        text: As it was shown, personal data masked; hostile like every text from mentions.
        read: The polarity that it was counted with, in [-1, 1]; None is unscored.
        author_number: Who wrote the mention, a 64-bit hash.
        author: Who said so: a person's name as given, or the key's name.
        ends_at: It mutes nobody: over as soon as it is there.
    """

    id: str
    topic: str
    incident: str
    mention: str
    text: str
    mood: Mood
    author: str
    created_at: datetime
    ends_at: datetime
    revision: int = 1
    read: float | None = None
    lang: str | None = None
    author_number: int | None = None


def name_of(mention: str) -> str:
    """A short name for a mention's key, which may hold anything: what a form carries.

    >>> len(name_of("x:1"))
    16
    """
    return hashlib.blake2b(mention.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
