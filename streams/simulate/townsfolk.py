"""Who speaks in a simulated world, and in what words."""

import math
from datetime import datetime, timedelta
from random import Random
from typing import Final

from streams.mention import Author, Mention
from streams.simulate.scenario import SimulatedTopic

_COUNTRIES: Final = ("us", "us", "gb", "de", "fr", "nl", "ca")
_PEOPLE: Final = 20_000
_BOTS: Final = 300
_HELD_BACK: Final = 1.0


class Townsfolk:
    """Makes mentions of what was said; whoever speaks for bots says the same, is young and has no followers."""

    def __init__(self, start: datetime, random: Random) -> None:
        self._start = start
        self._random = random

    def mention(
        self,
        topic: SimulatedTopic,
        *,
        serial: int,
        at: float,
        arrives: float,
        platform: str,
        mood: int,
        kind: str,
        parent: int,
    ) -> Mention:
        """One mention.

        Args:
            at: When it was said, seconds after the start of the stream; `arrives` when it reached us.
            mood: -1 for anger, 1 for joy, 0 for neither.
            parent: The serial of what it shares on; 0 for what is said anew.
        """
        draw = self._random
        voice = topic.voice
        sentences = {-1: voice.negative, 0: voice.neutral, 1: voice.positive}[mood]
        sentence = sentences[0] if kind == "bot" else draw.choice(sentences)
        filled = {slot: draw.choice(words) for slot, words in voice.slots.items()}
        brand = topic.id.partition("-")[0].capitalize()
        published = self._start + timedelta(seconds=round(at, 3))
        return Mention(
            id=f"{int(self._start.timestamp())}-{serial}",
            platform=platform,
            published_at=published,
            text=sentence.format(brand=brand, **filled),
            content_type="message" if kind == "call" else "repost" if parent else "post",
            repost_of=f"{int(self._start.timestamp())}-{parent}" if parent else None,
            author=self._author(kind),
            lang="en",
            country=draw.choice(_COUNTRIES),
            ingested_at=self._start + timedelta(seconds=round(arrives, 3)) if arrives > at + _HELD_BACK else None,
            provider="simulator",
        )

    def _author(self, kind: str) -> Author:
        if kind == "bot":
            who = self._random.randrange(_BOTS)
            created = self._start - timedelta(days=1 + who % 5)
            return Author(id=f"b{who}", name=f"user{who}8842", followers=who % 4, created_at=created, posts_count=3)
        who = self._random.randrange(_PEOPLE)
        followers = int(math.exp(5.0 + 1.6 * math.sin(who * 12.9898) * 2.0))
        return Author(id=f"u{who}", name=f"person{who}", followers=followers)
