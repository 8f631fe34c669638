"""Our own part in an incident: whom we answered and when, with what words, and what that drew. Values."""

from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer as evidence; everything in it is hostile, personal data is masked where the configuration says so.

    Attributes:
        mention: Its key; `to` is the key of what it answers.
        author_number: A stable 64-bit hash of who spoke, by which a person can be taken out of it.
    """

    mention: str
    to: str
    at: datetime
    text: str = ""
    author: str | None = None
    author_number: int | None = None
    polarity: float | None = None
    url: str | None = None


class Waiting(msgspec.Struct, frozen=True):
    """A complaint that nobody of us answered: its key, and since when it waits."""

    mention: str
    since: datetime


class Waits(msgspec.Struct, frozen=True, omit_defaults=True):
    """Complaints and our answers to them, by a fair sample; where it is all of them, `low` and `high` are the same.

    Attributes:
        complaints: How many there are.
        looked_at: Of how many we looked whether they were answered; `answered` were.
        unanswered: How many of all complaints are not, in 90 of 100 cases between `low` and `high`.
        median_seconds: Half of those that were answered waited no longer; None where none was.
        waiting: Of those looked at the ones that wait longest, the oldest first, at most five.
    """

    complaints: float
    looked_at: int
    answered: int
    unanswered: float
    low: float
    high: float
    median_seconds: float | None = None
    waiting: tuple[Waiting, ...] = ()

    @property
    def oldest_at(self) -> datetime | None:
        """Since when the oldest waits; None where none does, or where that was forgotten."""
        return self.waiting[0].since if self.waiting else None


class Template(msgspec.Struct, frozen=True, omit_defaults=True):
    """A text that replies of ours have in common.

    Attributes:
        example: The first reply of it.
        today: How many replies of the last day are made of it; an estimate of more than 1,000.
        here: How many of those since the event began.
        declared: The name of the template by the source's word; None where it was found by likeness.
    """

    example: Said
    today: int
    here: int
    declared: str | None = None


class Canned(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many of our replies are made of templates.

    Attributes:
        here: Replies since the event began, of which `here_canned` are.
        today: Replies of the last day, of which `today_canned` are; estimates of more than 1,000.
        templates: The most used first, at most five.
    """

    here: int
    here_canned: int
    today: int
    today_canned: int
    templates: tuple[Template, ...] = ()


class Backlash(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reply of ours that draws itself more, and more negative, answers than our replies do.

    Attributes:
        answers: How many it drew; exact unless `exact` says otherwise, see `Drawn`.
        scored: Of how many of those the mood is known, of which `negative` are negative.
        expected: How many our other replies draw on average.
        expected_negative: The share of negative ones that they draw.
        chance: How often one of our replies would draw as much with nothing wrong with it, [0, 1].
        likes: How many liked it, by its latest version; None where the source does not say.
        original: How many answers the mention drew that it answers.
        examples: Negative answers in different words, the most negative first.
    """

    reply: Said
    answers: int
    scored: int
    negative: int
    expected: float
    expected_negative: float
    chance: float
    exact: bool = True
    likes: int | None = None
    original: int = 0
    examples: tuple[Said, ...] = ()

    @property
    def negative_share(self) -> float:
        """Of the scored answers, [0, 1]."""
        return self.negative / self.scored if self.scored else 0.0

    @property
    def ratioed(self) -> bool | None:
        """More people answered it than liked it; None where nobody knows how many did."""
        return None if self.likes is None else self.answers > self.likes


class Helping(msgspec.Struct, frozen=True, omit_defaults=True):
    """Customers who answer the complaints of others, among those looked at.

    Attributes:
        looked_at: Complaints whose answers were looked at.
        helped: Of those, how many got an answer from somebody else that is not negative.
        thanked: Of those, how many whose author thanked for it.
        helpers: How many people that were.
        examples: Those that were thanked for first.
    """

    looked_at: int
    helped: int
    thanked: int
    helpers: int
    examples: tuple[Said, ...] = ()


class OwnPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """Our own part in an incident, as of `at`.

    Attributes:
        replies: How many replies of ours are known since the event began; None where ours are not in the stream: then
            nobody can tell what we answered. `waits` and `canned` are None then, too.
        helping: None where no complaint was sampled.
    """

    at: datetime
    replies: int | None = None
    waits: Waits | None = None
    canned: Canned | None = None
    backlash: tuple[Backlash, ...] = ()
    helping: Helping | None = None


def without_authors(part: OwnPart, authors: Collection[int] | None) -> OwnPart:
    """The counts without the words, names and addresses of these authors, 64-bit hashes; None: of all authors."""

    def left(some: Iterable[Said]) -> tuple[Said, ...]:
        return tuple(one for one in some if authors is not None and one.author_number not in authors)

    def nameless(one: Said) -> Said:
        return one if left((one,)) else Said(f"{one.mention.partition(':')[0]}:erased", "", one.at)

    replace = msgspec.structs.replace
    return replace(
        part,
        waits=replace(part.waits, waiting=()) if authors is None and part.waits is not None else part.waits,
        canned=None
        if part.canned is None
        else replace(
            part.canned,
            templates=tuple(replace(one, example=nameless(one.example)) for one in part.canned.templates),
        ),
        backlash=tuple(replace(one, reply=nameless(one.reply), examples=left(one.examples)) for one in part.backlash),
        helping=None if part.helping is None else replace(part.helping, examples=left(part.helping.examples)),
    )
