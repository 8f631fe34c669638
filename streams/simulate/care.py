"""Who answers complaints in a simulated world: a care team, by template or in their own words, and other customers."""

import heapq
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from streams.mention import Author, Mention
from streams.simulate.care_words import (
    TEMPLATES,
    TONE_DEAF,
    after_a_reply,
    filled,
    helpful,
    outrage,
    thanks,
    written,
)

_PEOPLE: Final = 20_000


class CareHabits(msgspec.Struct, frozen=True):
    """How a care team works, and the customers around it.

    Attributes:
        answered: Share of complaints that get an answer of ours.
        delay_seconds: Median until then; the longest tenth takes five times as long.
        canned: Share of our answers that are made of templates.
        echo: How many answers one of ours draws on average; `grumbling` is the share of negative ones.
        helped: Share of complaints that another customer answers within `help_seconds`; half of these are thanked.
        backlash_after: Of our answers so many pass before the one that hurts; None for none.
        outraged: How many people answer that one within `outrage_seconds`; `hurt` is the share of negative ones.
    """

    answered: float = 0.35
    delay_seconds: float = 480.0
    canned: float = 0.4
    echo: float = 0.4
    grumbling: float = 0.35
    helped: float = 0.05
    help_seconds: float = 1800.0
    backlash_after: int | None = None
    outraged: int = 40
    hurt: float = 0.85
    outrage_seconds: float = 600.0


HURRIED: Final = CareHabits(
    answered=0.12,
    delay_seconds=20.0,
    echo=0.3,
    helped=0.12,
    help_seconds=45.0,
    backlash_after=9,
    outraged=60,
    outrage_seconds=90.0,
)
"""For worlds of a few minutes."""
WEEKS: Final = CareHabits(answered=0.3, backlash_after=60)
"""For worlds of days and weeks."""


def account_of(brand: str) -> str:
    """What the care team of a simulated brand is called, on every platform."""
    return f"{brand.lower()}_care"


class CareLabels(msgspec.Struct):
    """What was planted, by the keys of mentions.

    Attributes:
        answered: Complaint to the answer of ours.
        canned: Answer of ours to the number of its template; `written` are all others.
        backlash: The answers of ours that hurt.
        helped: Answer of a customer to the complaint; `thanked` are those that got thanks.
    """

    complaints: list[str] = []
    answered: dict[str, str] = {}
    canned: dict[str, int] = {}
    written: list[str] = []
    backlash: list[str] = []
    helped: dict[str, str] = {}
    thanked: list[str] = []


class Care:
    """Answers what it hears, later, the same for the same seed.

    Args:
        account: The care team's, as the author's id.
        start: Event time from which mentions are numbered.
        told: Whether our answers carry `author.is_brand_reply`.
    """

    def __init__(
        self, habits: CareHabits, *, account: str, start: datetime, seed: int | str, told: bool = True
    ) -> None:
        self._habits = habits
        self._ours = Author(id=account, name=account, followers=18_000, verified=True, is_brand_reply=told)
        self._prefix = f"{int(start.timestamp())}-care"
        self._random = Random(f"care/{seed}")  # noqa: S311  # a simulation, no secret
        self._waiting: list[tuple[datetime, int, Mention]] = []
        self._serial = self._given = 0
        self.labels: Final = CareLabels()

    def hear(self, complaint: Mention) -> None:
        """Somebody complains."""
        draw, habits = self._random, self._habits
        self.labels.complaints.append(complaint.key)
        if draw.random() < habits.answered:
            self._answer(complaint)
        if draw.random() < habits.helped:
            self._help(complaint)

    def due(self, until: datetime) -> Iterator[Mention]:
        """What is said before that time, in order of time."""
        while self._waiting and self._waiting[0][0] < until:
            yield heapq.heappop(self._waiting)[2]

    def _answer(self, complaint: Mention) -> None:
        draw, habits = self._random, self._habits
        self._given += 1
        hurts = habits.backlash_after is not None and self._given == habits.backlash_after + 1
        template = draw.randrange(len(TEMPLATES)) if draw.random() < habits.canned and not hurts else None
        if hurts:
            text = draw.choice(TONE_DEAF)
        else:
            text = written(draw) if template is None else filled(TEMPLATES[template], draw)
        delay = habits.delay_seconds * math.exp(1.25 * draw.gauss(0, 1))
        likes = draw.randrange(4)
        reply = self._say(complaint, self._ours, text, delay, likes=likes, thread=complaint.thread_id or complaint.id)
        self.labels.answered[complaint.key] = reply.key
        if hurts:
            self.labels.backlash.append(reply.key)
        if template is None:
            self.labels.written.append(reply.key)
        else:
            self.labels.canned[reply.key] = template
        self._echo(reply, hurts=hurts)

    def _echo(self, reply: Mention, *, hurts: bool) -> None:
        draw, habits = self._random, self._habits
        if hurts:
            for _ in range(habits.outraged):
                self._say(
                    reply, self._anybody(), outrage(draw, negative=habits.hurt), draw.uniform(5, habits.outrage_seconds)
                )
            return
        while draw.random() < habits.echo / (1 + habits.echo):
            self._say(reply, self._anybody(), after_a_reply(draw, negative=habits.grumbling), draw.uniform(30, 3600))

    def _help(self, complaint: Mention) -> None:
        draw, habits = self._random, self._habits
        tip = self._say(complaint, self._anybody(), helpful(draw), draw.uniform(5, habits.help_seconds))
        self.labels.helped[tip.key] = complaint.key
        if draw.random() < 0.5 and complaint.author is not None:  # half of them
            self.labels.thanked.append(tip.key)
            self._say(tip, complaint.author, thanks(draw), draw.uniform(5, habits.help_seconds / 3))

    def _anybody(self) -> Author:
        who = self._random.randrange(_PEOPLE)
        return Author(id=f"u{who}", name=f"person{who}", followers=who % 900)

    def _say(
        self,
        to: Mention,
        author: Author,
        text: str,
        delay: float,
        *,
        likes: int | None = None,
        thread: str | None = None,
    ) -> Mention:
        self._serial += 1
        said = Mention(
            id=f"{self._prefix}-{self._serial}",
            platform=to.platform,
            published_at=to.published_at + timedelta(seconds=round(delay, 3)),
            text=text,
            content_type="reply",
            parent_id=to.id,
            thread_id=thread or to.thread_id or to.id,
            url=f"https://{to.platform}.example/{self._prefix}-{self._serial}",
            author=author,
            likes=likes,
            lang="en",
            provider="simulator",
        )
        heapq.heappush(self._waiting, (said.published_at, self._serial, said))
        return said
