"""Where an excess comes from, and which accounts carry it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

from streams.evidence.reading import Read
from streams.excerpt import Excerpt
from streams.findings import Carrier, Split

UNKNOWN: Final = "unknown"
OTHER: Final = "other"
_SHOWN: Final = 8
_CARRIERS: Final = 3
_LARGE_FOLLOWING: Final = 10_000
_NEW_DAYS: Final = 30
_WORTH_NAMING: Final = 0.03
_FEWEST_FOLLOWERS: Final = 1_000
_NAME_CHARACTERS: Final = 64
# What adapters call the platforms of those who publish for a living.
_MEDIA: Final = frozenset({"news", "print", "press", "magazine", "newspaper", "tv", "radio", "broadcast", "podcast"})


def kind_of_author(excerpt: Excerpt) -> str:
    """`brand`, `media`, `verified`, `large` (10,000 followers), `new` (30 days), `ordinary` or `unknown`.

    >>> kind_of_author(Excerpt(0, "x:1", "", followers=20_000)), kind_of_author(Excerpt(0, "news:1", ""))
    ('large', 'media')
    """
    if excerpt.brand:
        return "brand"
    if excerpt.platform in _MEDIA:
        return "media"
    if excerpt.verified:
        return "verified"
    if (excerpt.followers or 0) >= _LARGE_FOLLOWING:
        return "large"
    if excerpt.age_days is not None and excerpt.age_days < _NEW_DAYS:
        return "new"
    return UNKNOWN if excerpt.followers is None and excerpt.age_days is None else "ordinary"


# The name of each split, and what a mention is put under.
DIMENSIONS: Final[Mapping[str, Callable[[Excerpt], str]]] = {
    "platform": lambda excerpt: excerpt.platform,
    "channel": lambda excerpt: excerpt.content_type,
    "region": lambda excerpt: excerpt.region or UNKNOWN,
    "language": lambda excerpt: excerpt.lang or UNKNOWN,
    "author": kind_of_author,
}


class Shares(Protocol):
    """Which share of mentions usually has a feature."""

    def share(self, feature: str) -> float:
        """[0, 1]."""
        ...


def places_of(excerpt: Excerpt) -> Iterable[str]:
    """The mention's places as features, one for each dimension."""
    return [f"{by}:{value(excerpt)}" for by, value in DIMENSIONS.items()]


def splits(reads: Sequence[Read], mentions: float, expected: float, usual: Shares) -> tuple[Split, ...]:
    """The excess by each dimension; the parts of each sum to `mentions - expected`.

    What is expected of a value is its usual share; the eight largest parts are named, the rest is `other`.
    """
    found = []
    for by, value in DIMENSIONS.items():
        counts: dict[str, float] = {}
        for read in reads:
            place = value(read.excerpt)
            counts[place] = counts.get(place, 0.0) + read.weight
        usually = {place: expected * usual.share(f"{by}:{place}") for place in counts}
        parts = {place: count - usually[place] for place, count in counts.items()}
        ranked = sorted(parts, key=lambda place: (-abs(parts[place]), place))
        named = {place: parts[place] for place in sorted(ranked[:_SHOWN], key=lambda place: (-parts[place], place))}
        rest = mentions - expected - sum(named.values())
        if abs(rest) > 1e-6 * max(mentions, 1.0):
            named[OTHER] = named.get(OTHER, 0.0) + rest
        if len(named) > 1 or UNKNOWN not in named:
            found.append(Split(by, named))
    return tuple(found)


def carriers(reads: Sequence[Read], mentions: float, high: float) -> tuple[Carrier, ...]:
    """The accounts without which least would be left, at most three.

    An account carries its own mentions and those that repeat, quote or answer them, as far as both were sampled.

    Args:
        mentions: All that were counted.
        high: Up to here their number would be nothing unusual.
    """
    speaker = {read.excerpt.key: _who(read.excerpt) for read in reads}
    carried: dict[str, float] = {}
    spoke: dict[str, Excerpt] = {}
    for read in reads:
        who = _who(read.excerpt)
        best = spoke.get(who)
        if best is None or (read.excerpt.followers or 0) > (best.followers or 0):
            spoke[who] = read.excerpt
        above = None if read.excerpt.of is None else speaker.get(read.excerpt.of, f"post {read.excerpt.of}")
        for account in {who, above} - {None, ""}:
            carried[str(account)] = carried.get(str(account), 0.0) + read.weight
    ranked = sorted(
        carried, key=lambda who: (-carried[who], -((spoke[who].followers or 0) if who in spoke else 0), who)
    )
    found = []
    for who in ranked[:_CARRIERS]:
        excerpt = spoke.get(who)
        loud = excerpt is not None and (excerpt.followers or 0) >= _FEWEST_FOLLOWERS
        if carried[who] < _WORTH_NAMING * mentions or (carried[who] < 2 and not loud):
            continue
        without = max(mentions - carried[who], 0.0)
        found.append(
            Carrier(
                key=who.removeprefix("post ") if excerpt is None else excerpt.key,
                mentions=round(carried[who]),
                without=round(without),
                name=None if excerpt is None or excerpt.author is None else excerpt.author[:_NAME_CHARACTERS],
                kind=UNKNOWN if excerpt is None else kind_of_author(excerpt),
                followers=None if excerpt is None else excerpt.followers,
                decisive=mentions > high >= without,
                author_number=None if excerpt is None else excerpt.author_number,
            )
        )
    return tuple(found)


def _who(excerpt: Excerpt) -> str:
    """The account; empty where nobody said."""
    if excerpt.author_number is not None:
        return f"{excerpt.author_number:016x}"
    return f"{excerpt.platform}:{excerpt.author}" if excerpt.author else ""
