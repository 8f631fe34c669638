"""Tocsin's own words about an incident: counts only, never a word from a mention."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from streams.events import Direction, Evidence

HEADLINE_CHARACTERS: Final = 80
HARDLY_ANY: Final = 0.5  # usual mentions in a window; of fewer nothing is a multiple

_NAME_CHARACTERS: Final = 200
_WEEKS_A_YEAR: Final = 52.18
_MARKED_RISE: Final = 1.5
_MARKED_SHARE: Final = 0.5
_MARKED_SHARE_RISE: Final = 0.1
_MARKED_DROP: Final = 0.2
_JOYFUL: Final = 0.2
_UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Line(NamedTuple):
    """What an incident has to tell: what it is about, and what is to be said."""

    label: str
    text: str


def plain(text: str, limit: int = _NAME_CHARACTERS) -> str:
    r"""`text` on one line, without control and direction characters, at most `limit` characters.

    >>> plain("Acme\x1b[31m  re\u202efunds\n")
    'Acme[31m refunds'
    """
    kept = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in _UNSAFE_CATEGORIES
    )
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def count(number: float) -> str:
    """A count as people read it.

    >>> count(980), count(2100), count(18_400), count(1_900_000)
    ('980', '2,100', '18 k', '1.9 M')
    """
    if number >= 999_500:
        return f"{number / 1e6:.1f} M"
    if number >= 10_000:
        return f"{number / 1e3:.0f} k"
    return f"{number:,.0f}"


def signed(number: float) -> str:
    """A part of a sum with its sign; what rounds to nothing is 0, without one.

    >>> signed(1234.4), signed(-0.26), signed(-0.04)
    ('+1,234', '-0.3', '0')
    """
    if abs(number) >= 1:
        return f"{number:+,.0f}"
    return f"{number:+.1f}" if round(number, 1) else "0"


def duration(seconds: float) -> str:
    """A span in the unit people would use.

    >>> duration(45), duration(300), duration(7200)
    ('45 s', '5 min', '2 h')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def odds(false_pages_per_week: float) -> str:
    """How often this topic would show as much with nothing going on.

    >>> odds(1 / 40)
    'about once in 40 weeks for this topic'
    >>> odds(3.0)
    'about 3 times a week for this topic'
    >>> odds(1e-9)
    'less than once in 100 years for this topic'
    """
    if false_pages_per_week >= 1.5:
        often = f"about {false_pages_per_week:.0f} times a week"
    elif false_pages_per_week > 0.67:
        often = "about once a week"
    elif false_pages_per_week * _WEEKS_A_YEAR * 100 <= 1:
        often = "less than once in 100 years"
    else:
        weeks = 1 / false_pages_per_week
        years = weeks / _WEEKS_A_YEAR
        often = f"about once in {weeks:.0f} weeks" if years < 2 else f"about once in {years:.0f} years"
    return f"{often} for this topic"


def began(at: datetime, earliest: datetime | None, latest: datetime | None) -> str:
    """When it began by the clock, UTC, and how sure that is.

    >>> moments = [datetime(2026, 1, 5, 14, minute) for minute in (2, 0, 3)]
    >>> began(*moments)
    'began about 14:02 (between 14:00 and 14:03)'
    >>> began(datetime(2026, 1, 5, 14, 2), datetime(2026, 1, 4, 23, 50), datetime(2026, 1, 5, 14, 3))
    'began about 14:02 (between 4 Jan 23:50 and 14:03)'
    >>> began(moments[0], None, None)
    'began about 14:02'
    """
    if earliest is None or latest is None:
        return f"began about {at:%H:%M}"
    first, last = (
        f"{moment:%H:%M}" if moment.date() == at.date() else f"{moment.day} {moment:%b %H:%M}"
        for moment in (earliest, latest)
    )
    return f"began about {at:%H:%M} (between {first} and {last})"


def per_minute(evidence: Evidence) -> float:
    """Mentions a minute at the time of the decision."""
    return evidence.per_minute or evidence.observed * 60 / evidence.window_seconds


def times_usual(evidence: Evidence) -> float | None:
    """The rate as a multiple of the expected one; None where next to nothing was expected."""
    expected = evidence.expected * 60 / evidence.window_seconds
    return per_minute(evidence) / expected if evidence.expected >= HARDLY_ANY else None


def name(topic_name: str, brand: str | None) -> str:
    """Brand and topic, the brand once.

    >>> name("Refunds", "Acme"), name("Acme refunds", "Acme"), name("Outlet west", None)
    ('Acme Refunds', 'Acme refunds', 'Outlet west')
    """
    topic, owner = plain(topic_name), plain(brand or "")
    return topic if not owner or topic.casefold().startswith(owner.casefold()) else f"{owner} {topic}"


def title(topic_name: str, brand: str | None, evidence: Evidence, direction: Direction) -> str:
    """What is going on, in a few words."""
    subject = name(topic_name, brand)
    if direction is Direction.QUIET:
        return f"{subject}: {_silence(evidence)}"
    if evidence.peers:
        return f"{subject}: {_together(evidence)}"
    if direction is Direction.VIRAL:
        return f"{subject}: going viral"
    times = times_usual(evidence)
    rising = times is None or times >= _MARKED_RISE
    if _mood(evidence, direction):
        return f"{subject}: surge of angry mentions" if rising else f"{subject}: the mood has turned"
    return f"{subject}: far more mentions than usual"


def headline(topic_name: str, brand: str | None, evidence: Evidence, direction: Direction) -> str:
    """Brand, what, how big, at most 80 characters: all that a lock screen shows."""
    return fitted(topic_name, brand, ", ".join(_how_big(evidence, direction)))


def fitted(topic_name: str, brand: str | None, rest: str) -> str:
    """`name: rest` within 80 characters; it is the name that gives way."""
    rest = plain(rest, HEADLINE_CHARACTERS - 12)
    subject = name(topic_name, brand)
    return f"{plain(subject, HEADLINE_CHARACTERS - 2 - len(rest))}: {rest}"


def why(evidence: Evidence, direction: Direction) -> str:
    """One sentence of counts."""
    if direction is Direction.QUIET:
        missing = f"; about {count(evidence.expected)} were to be expected" if evidence.expected >= 1 else ""
        return f"Nothing arrived for {duration(evidence.window_seconds)}{missing}. What is said there reaches nobody."
    sentence = f"{rate(per_minute(evidence), ' mentions a minute', ' mentions an hour')}, {expectation(evidence)}"
    share, usual = evidence.negative_share, evidence.negative_share_expected
    if direction is Direction.VIRAL and evidence.polarity is not None:
        sentence += f"; sentiment {evidence.polarity:+.2f}{_was(evidence.polarity_expected)}"
    elif share is not None:
        sentence += f"; {share:.0%} negative" + (f", usually {usual:.0%}" if usual is not None else "")
    platforms = sorted(evidence.platforms.items(), key=lambda item: (-item[1], item[0]))
    total = sum(evidence.platforms.values())
    if len(platforms) > 1 and total > 0:
        sentence += f"; {platforms[0][1] / total:.0%} of it on one of {len(platforms)} platforms"
    if evidence.authors > 1:
        sentence += f"; about {count(evidence.authors)} people"
    return f"{sentence}."


def goes_on(evidence: Evidence) -> str:
    """What an event comes to that goes on: since it began, or over the three hours that are kept of it."""
    if evidence.excess is None:
        come, above = evidence.observed, evidence.observed - evidence.expected
        stretch = f"in {duration(evidence.window_seconds)}"
    else:
        come, above = evidence.excess.mentions, evidence.excess.mentions - evidence.excess.expected
        stretch = f"since {evidence.excess.since:%H:%M}"
    return f"Goes on: {count(come)} mentions {stretch}, {count(max(above, 0.0))} above expected"


def facts(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    """Up to four numbers, each with what was expected of it: (value, label)."""
    found = [(rate(per_minute(evidence), "/min", "/hour"), expectation(evidence))]
    if evidence.polarity is not None:
        found.append((f"{evidence.polarity:+.2f}", f"sentiment{_was(evidence.polarity_expected)}"))
    if evidence.negative_share is not None:
        usual = evidence.negative_share_expected
        found.append(
            (f"{evidence.negative_share:.0%}", "negative" + (f", usually {usual:.0%}" if usual is not None else ""))
        )
    if evidence.reach > 0:
        found.append((count(evidence.reach), "reach"))
    return tuple(found[:4])


def rate(value_per_minute: float, a_minute: str, an_hour: str) -> str:
    """A rate in the unit that gives it a whole number to hold on to.

    >>> rate(143.2, "/min", "/hour"), rate(4.25, "/min", "/hour"), rate(0.1, "/min", "/hour")
    ('143/min', '4.2/min', '6/hour')
    """
    if value_per_minute >= 10:
        return f"{count(value_per_minute)}{a_minute}"
    return f"{value_per_minute:.1f}{a_minute}" if value_per_minute >= 1 else f"{value_per_minute * 60:.0f}{an_hour}"


def expectation(evidence: Evidence) -> str:
    """The expected band in the unit of the rate: `expected 29 to 46`."""
    factor = (60 if per_minute(evidence) >= 1 else 3600) / evidence.window_seconds
    low, high = evidence.low * factor, evidence.high * factor
    if high < 10:
        return f"expected {low:.1f} to {high:.1f}"
    return f"expected {count(low)} to {count(high)}"


def _how_big(evidence: Evidence, direction: Direction) -> list[str]:
    if direction is Direction.QUIET:
        return [f"{_silence(evidence)} for {duration(evidence.window_seconds)}"]
    parts = [_together(evidence)] if evidence.peers else []
    parts.append(rate(per_minute(evidence), "/min", "/hour"))
    times = times_usual(evidence)
    if times is None:
        parts.append("usually almost none")
    elif times >= _MARKED_RISE:
        parts.append(
            "over 100x usual" if times > 100 else f"{times:.1f}x usual" if times < 3 else f"{times:.0f}x usual"
        )
    mood = _mood(evidence, direction)
    if mood and times is not None and times < _MARKED_RISE and evidence.negative_share is not None:
        parts.append(f"{evidence.negative_share:.0%} negative")
    elif mood:
        parts.append(mood)
    return parts


def _together(evidence: Evidence) -> str:
    """Of a peer group: `industry-wide, 3 of 6 rise`."""
    return f"industry-wide, {sum(peer.rising for peer in evidence.peers)} of {len(evidence.peers)} rise"


def _silence(evidence: Evidence) -> str:
    return "quiet" if evidence.expected > 0 else "stalled"


def _mood(evidence: Evidence, direction: Direction) -> str | None:
    polarity, usual = evidence.polarity, evidence.polarity_expected
    if direction is Direction.VIRAL:
        return "joyful" if polarity is not None and polarity >= _JOYFUL else None
    share, usual_share = evidence.negative_share, evidence.negative_share_expected
    if share is not None and share >= _MARKED_SHARE:
        return "angry"
    if share is not None and usual_share is not None and share - usual_share >= _MARKED_SHARE_RISE:
        return "angry"
    if polarity is not None and usual is not None and usual - polarity >= _MARKED_DROP:
        return "angry"
    return None


def _was(usual: float | None) -> str:
    return "" if usual is None else f", was {usual:+.2f}"


def grouped(reasons: Mapping[str, int]) -> str:
    """Why so many topics are one incident; empty for a single one.

    Args:
        reasons: How many topics joined for each reason.

    >>> grouped({"shared_mentions": 9, "shared_drivers": 2})
    'One event in 12 topics: shared mentions (9), shared drivers (2)'
    """
    if not reasons:
        return ""
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(f"{reason.replace('_', ' ')} ({count})" for reason, count in ranked)
    return f"One event in {sum(reasons.values()) + 1} topics: {told}"
