"""From sampled mentions to evidence: drivers that sum to the excess, places, carriers, words. Pure."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from streams.events import Evidence, Tally
from streams.evidence import minhash
from streams.evidence.asking import asked_of, complaints_of
from streams.evidence.cascades import Spread
from streams.evidence.drivers import Part, divide, tone_of_most
from streams.evidence.features import tokens
from streams.evidence.organic import organic
from streams.evidence.places import carriers, splits
from streams.evidence.rates import Rates
from streams.evidence.reading import Read, scaled
from streams.evidence.verbatims import moment_of, verbatims
from streams.evidence.virality import of_event, of_posts
from streams.excerpt import Excerpt
from streams.findings import Driver, Excess, Origin
from streams.tone import NEGATIVE, NEUTRAL, POSITIVE

_TERM_CHARACTERS: Final = 80
_NEW_UP_TO: Final = 0.05  # of its mentions may be usual for what is called new


class Usually(msgspec.Struct, frozen=True):
    """What a topic's mentions are usually like: negative ones, all others, and where they come from."""

    negative: Rates
    rest: Rates
    places: Rates


class Event(msgspec.Struct, frozen=True):
    """What is to be explained.

    Attributes:
        since: From where on it is counted, seconds since 1970: where it began, or three hours ago.
        tally: All its mentions since then.
        expected: How many were to be expected in the meantime; `high` at most, 95 % of the time.
        negative_expected: The usual share of negative mentions, [0, 1]; None where nobody knows yet.
        minutes: Its mentions minute by minute; empty where its beginning is not known any more.
    """

    since: int
    tally: Tally
    expected: float
    high: float
    negative_expected: float | None = None
    minutes: tuple[int, ...] = ()


def explain(
    evidence: Evidence,
    event: Event,
    found: Sequence[Read],
    usually: Usually,
    early: Callable[[], Sequence[Read]],
    first: Callable[[str], Excerpt | None],
    spreads: Sequence[Spread] = (),
    *,
    only_drivers: bool = False,
) -> Evidence:
    """`evidence` with what carries the excess of the event since it began.

    Args:
        found: The sampled mentions of the event.
        early: Mentions of before the event, for the origin of what is new.
        first: The mention that brought a new word, link or picture.
        spreads: Posts that are passed on most.
        only_drivers: Leave everything else as it was: how the excess splits, who carries it, in whose words.
    """
    tally = event.tally
    mentions = {
        NEGATIVE: float(tally.negative),
        POSITIVE: float(tally.positive),
        NEUTRAL: float(tally.neutral + tally.unscored),
    }
    reads = with_copies(scaled(found, mentions))
    share = _negative_share(event, usually)
    angry = [read for read in reads if read.tone == NEGATIVE]
    others = [read for read in reads if read.tone != NEGATIVE]
    negative = divide(angry, event.expected * share, usually.negative)
    rest = divide(others, event.expected * (1 - share), usually.rest)
    parts = (*negative, *rest)
    known = [*reads, *early()] if parts else []
    if any(part.feature.startswith("copies:") for part in parts):
        known = with_copies(known)
    if usually.places.mentions <= 0:
        known, first = [], lambda _: None  # where nothing is known of before, nothing is new
    drivers = (
        *(_driver(part, angry, known, first) for part in negative),
        *(_driver(part, others, known, first) for part in rest),
    )
    if only_drivers:
        return msgspec.structs.replace(evidence, drivers=drivers)
    excess = tally.mentions - event.expected
    own = organic(reads, usually.places.share("author:new"))
    return msgspec.structs.replace(
        evidence,
        drivers=drivers,
        excess=Excess(
            since=datetime.fromtimestamp(event.since, UTC),
            mentions=tally.mentions,
            expected=event.expected,
            other=excess - sum(part.contribution for part in parts),
            sampled=len(reads),
            negative=tally.negative - event.expected * share,
        ),
        splits=splits(reads, tally.mentions, event.expected, usually.places),
        carriers=carriers(reads, tally.mentions, event.high),
        verbatims=verbatims(reads, parts),
        forecast=of_event(event.minutes, event.expected / max(len(event.minutes), 1)),
        posts=of_posts(spreads, {read.excerpt.key: read.excerpt for read in reads}),
        organic=own,
        organic_share=own.share if own is not None and own.coordinated else None,
        asked=asked_of(reads),
        complaints=complaints_of(reads),
    )


def with_copies(reads: Sequence[Read]) -> list[Read]:
    """The reads, those whose texts are nearly the same with a feature in common that names the first of them."""
    signatures = {}
    for at, read in enumerate(reads):
        signed = minhash.signature(tokens(read.excerpt.text))
        if signed is not None:
            signatures[at] = signed
    marked = list(reads)
    for group in minhash.clusters(signatures):
        first = min(group, key=lambda at: (reads[at].excerpt.at_ms, reads[at].number))
        feature = f"copies:{reads[first].excerpt.text}"
        for at in group:
            marked[at] = msgspec.structs.replace(reads[at], features={**reads[at].features, feature: None})
    return marked


def _negative_share(event: Event, usually: Usually) -> float:
    learned = usually.negative.mentions + usually.rest.mentions
    if learned > 0:
        return usually.negative.mentions / learned
    return event.negative_expected or 0.0


def _driver(part: Part, reads: Sequence[Read], known: Sequence[Read], first: Callable[[str], Excerpt | None]) -> Driver:
    kind, _, value = part.feature.partition(":")
    term = _text_of_post(value, reads, part.members) if kind == "post" else value
    new = part.expected <= _NEW_UP_TO * part.mentions
    return Driver(
        term=term[:_TERM_CHARACTERS],
        mentions=round(part.mentions),
        expected=part.expected,
        contribution=part.contribution,
        kind=kind,
        tone=tone_of_most(reads, part.members),
        first=_first(part.feature, known, first) if new else None,
    )


def _first(feature: str, known: Sequence[Read], first: Callable[[str], Excerpt | None]) -> Origin | None:
    """The earliest mention with the feature, among what is kept and what brought what was new of it."""
    kind, _, value = feature.partition(":")
    words = [feature] if kind in {"media", "link"} else value.lstrip("#").split() if kind != "copies" else []
    found = [excerpt for word in words if (excerpt := first(word)) is not None]
    # a phrase is no older than the newest of its words
    found = [max(found, key=_when)] if found else []
    same = {feature} if kind != "copies" else _other_names(feature, known)
    found += [read.excerpt for read in known if not same.isdisjoint(read.features)]
    return _origin(min(found, key=_when)) if found else None


def _other_names(copies: str, known: Sequence[Read]) -> set[str]:
    """Copies go by the first of them that is at hand, so among earlier mentions they may have another name."""
    having = [read for read in known if copies in read.features]
    return {feature for read in having for feature in read.features if feature.startswith("copies:")}


def _when(excerpt: Excerpt) -> tuple[int, str]:
    return excerpt.at_ms, excerpt.key


def _text_of_post(key: str, reads: Sequence[Read], members: Sequence[int]) -> str:
    """The post's own words where they were sampled, or those of a repeat; else its key."""
    texts = [reads[at].excerpt.text for at in members if reads[at].excerpt.key == key]
    texts += [reads[at].excerpt.text for at in members if reads[at].excerpt.repeats]
    return next((text for text in texts if text), key)


def _origin(excerpt: Excerpt) -> Origin:
    return Origin(
        key=excerpt.key,
        at=moment_of(excerpt),
        author=excerpt.author,
        url=excerpt.url,
        author_number=excerpt.author_number,
    )
