"""Why it was decided so: the numbers behind a detection in a person's words. No word of a mention is in it."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from alerting.incidents.wording import count, duration, odds
from streams.basis import Basis, Opinion, Weighed
from streams.events import Detection, Direction, Phase
from streams.watched import Watched

_FEW_BLOCKS: Final = 14  # half days; below, the prior has the say
_ALWAYS: Final = 13.9
_UNKNOWN: Final = "It was decided by a version that did not keep its numbers."
_NO_DETECTOR: Final = "No detector of the topic decided this: a feed that fell silent is judged by its own arrivals."

_DONE: Final = {
    Phase.OPENED: "Paged",
    Phase.GREW: "Grew",
    Phase.COUNTED: "Counted again",
    Phase.PEAKED: "Passed its peak",
    Phase.ENDED: "Over",
    Phase.WITHDRAWN: "Taken back",
}


def reckoning(detection: Detection) -> tuple[str, ...]:
    """One sentence for each step of the decision, the outcome first."""
    evidence = detection.evidence
    window = duration(evidence.window_seconds)
    found = (
        f"{_DONE[detection.phase]} at {detection.at:%Y-%m-%d %H:%M:%S} UTC: {count(evidence.observed)} mentions in "
        f"{window} where {_about(evidence.expected)} are usual"
    )
    if detection.direction is Direction.QUIET:
        return (found + ".", _NO_DETECTOR)
    if detection.basis is None:
        return (found + f", which happens {odds(detection.false_pages_per_week)}.", _UNKNOWN)
    return (
        found + f", which happens {odds(detection.false_pages_per_week)}.",
        *_grounds(detection.basis, detection.detector, opened=detection.phase is Phase.OPENED),
        (
            f"It began at {detection.onset:%H:%M:%S} UTC by the estimate; the topic's definition was revision "
            f"{detection.topic_revision}, the {'count' if detection.phase is Phase.COUNTED else 'claim'} number "
            f"{detection.sequence} of episode {detection.episode}."
        ),
    )


def watch_reckoning(watched: Watched) -> tuple[str, ...]:
    """Why a topic stands on the watch list and does not page."""
    return (
        (
            f"Rising since {watched.since:%Y-%m-%d %H:%M} UTC: {count(watched.observed)} mentions in "
            f"{duration(watched.window_seconds)} where {_about(watched.expected)} are usual, which happens "
            f"{odds(watched.false_pages_per_week)}."
        ),
        f"Nobody was paged, because a page takes {rarity(watched.basis.pages_per_week)} or rarer.",
        *_grounds(watched.basis, watched.detector),
    )


def rarity(pages_per_week: float) -> str:
    """A budget as odds.

    >>> rarity(0.25), rarity(2.0), rarity(1.0)
    ('once in 4 weeks', '2 times a week', 'once a week')
    """
    if pages_per_week > 1.0:
        return f"{pages_per_week:.3g} times a week"
    return "once a week" if pages_per_week == 1.0 else f"once in {1 / pages_per_week:.3g} weeks"


def _grounds(basis: Basis, decided: str, *, opened: bool = False) -> Iterator[str]:
    if opened:
        pages = "page" if basis.pages_per_week == 1.0 else "pages"
        yield f"The budget is {basis.pages_per_week:.3g} false {pages} a week, so a page takes {_threshold(basis)}."
    if basis.caution != 1.0:
        yield (
            f"What people said of its pages multiplies every odds of this topic with {basis.caution:.3g}: "
            f"{'stricter' if basis.caution > 1 else 'milder'} than without."
        )
    for opinion in sorted(basis.opinions, key=lambda one: one.charged):
        yield from _opinion(opinion, basis.caution, decided=opinion.detector == decided)
    if not basis.opinions:
        yield "No detector had an opinion: all were warming up."


def _threshold(basis: Basis) -> str:
    return f"what chance shows {rarity(basis.pages_per_week)} or less"


def _opinion(opinion: Opinion, caution: float, *, decided: bool) -> Iterator[str]:
    paid = f"{_times(opinion.false_pages_per_week)} by itself"
    if opinion.share < 1.0 or caution != 1.0:
        paid += f"; with its {opinion.share:.0%} of the budget it counts as {_times(opinion.charged)}"
    yield f"{'Decided by ' if decided else ''}{opinion.detector}: {paid}."
    rarest = min(opinion.weighed, key=lambda one: one.false_pages_per_week, default=None)
    for weighed in sorted(opinion.weighed, key=lambda one: one.false_pages_per_week):
        if weighed is rarest or weighed.false_pages_per_week < _ALWAYS or weighed.told:
            yield "  " + weighed_words(weighed)
    usual = sum(one.false_pages_per_week >= _ALWAYS and one is not rarest and not one.told for one in opinion.weighed)
    if usual:
        yield f"  {usual} other score{'s' if usual > 1 else ''} as on any day."


def weighed_words(weighed: Weighed) -> str:
    """One score in words."""
    seen = f"{weighed.name}: {_plain(weighed.observed)} where {_plain(weighed.usual)} is usual"
    if weighed.told:
        return f"{seen}; belongs to an event that was told already, and opens nothing."
    if weighed.location is None or weighed.scale is None:
        return f"{seen}; by the exact odds of so many in so long that happens {_times(weighed.false_pages_per_week)}."
    above = (weighed.score - weighed.location) / weighed.scale
    side = "above" if above >= 0 else "below"
    behind = (
        f"{weighed.blocks} half days of its own" if weighed.blocks >= _FEW_BLOCKS else _mostly_prior(weighed.blocks)
    )
    return (
        f"{seen}; its score {weighed.score:.2f} lies {abs(above):.1f} scales {side} the usual highest of half a day "
        f"({weighed.location:.2f}, one scale is {weighed.scale:.2f}, from {behind}): "
        f"{_times(weighed.false_pages_per_week)}."
    )


def nats(basis: Basis) -> tuple[float, float]:
    """Evidence that there is, and that a page takes, in nats: ln of how much rarer than 14 times a week."""
    least = min((opinion.charged for opinion in basis.opinions), default=14.0)
    return math.log(14.0 / least), max(math.log(14.0 / basis.pages_per_week), 0.0)


def rarest_first(opinions: Sequence[Opinion]) -> list[tuple[str, Weighed]]:
    """Every score with its detector, the rarest first."""
    pairs = [(opinion.detector, weighed) for opinion in opinions for weighed in opinion.weighed]
    return sorted(pairs, key=lambda pair: pair[1].false_pages_per_week)


def _mostly_prior(blocks: int) -> str:
    own = f"{blocks} half day{'' if blocks == 1 else 's'} of its own" if blocks else "no half day of its own yet"
    return f"{own} and mostly what streams of this rate show"


def _times(pages: float) -> str:
    return "any day" if pages >= _ALWAYS else odds(pages).removesuffix(" for this topic")


def _about(number: float) -> str:
    return f"{number:.1f}" if number < 10 else f"about {count(number)}"


def _plain(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) or abs(number) >= 100 else f"{number:.2f}"
