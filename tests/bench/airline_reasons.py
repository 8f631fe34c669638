"""What the pages name, beside what people who read every tweet gave as the reason (`negativereason` of the file)."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from streams.events import Detection
from streams.evidence.features import THEME, themes_of
from streams.evidence.theme_words import ThemeWords
from streams.findings import Driver
from streams.fold import fold
from tests.bench.airline_tweets import AIRLINES

_FLIGHT_WORDS: Final = ("late", "delay", "cancel", "stuck", "hours", "waiting")
_TOP_REASONS: Final = 2


class Labelled(NamedTuple):
    """A tweet with what a person read in it; the reason is empty where it is not negative."""

    at: datetime
    text: str
    reason: str


class Agreement(NamedTuple):
    """One detection's negative drivers beside the reasons of the same tweets.

    Attributes:
        reasons: The most frequent human reasons since the onset, with their counts.
        drivers: Each negative driver with the reason that most of its labelled tweets have, and their share.
        agreeing: Contribution of the drivers whose reason is one of the two most frequent, over that of all.
    """

    reasons: tuple[tuple[str, int], ...]
    drivers: tuple[tuple[str, str, float], ...]
    agreeing: float | None


def read_labels(path: Path) -> list[Labelled]:
    """All rows, each once."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["tweet_id"]: row for row in csv.DictReader(file)}
    return [
        Labelled(datetime.fromisoformat(row["tweet_created"]).astimezone(UTC), fold(row["text"]), row["negativereason"])
        for row in rows.values()
    ]


def of_topic(topic: str, labels: Iterable[Labelled]) -> list[Labelled]:
    """Those that are addressed to the airline that the topic is about; all of them for a theme."""
    handle = AIRLINES.get(topic, ("", ""))[1]
    return [one for one in labels if handle in one.text]


def agreement(detection: Detection, labels: Iterable[Labelled], themes: ThemeWords) -> Agreement:
    """How far what is named is what people read; `labels` are those of the detection's topic."""
    excess = detection.evidence.excess
    since = excess.since if excess else detection.onset
    within = [one for one in labels if since <= one.at <= detection.at + timedelta(seconds=1)]
    reasons = Counter(one.reason for one in within if one.reason)
    angry = [driver for driver in detection.evidence.drivers if driver.tone == "negative"]
    named = tuple((driver.term, *_reason_of(driver, within, themes)) for driver in angry)
    top = {reason for reason, _ in reasons.most_common(_TOP_REASONS)}
    whole = sum(max(driver.contribution or 0.0, 0.0) for driver in angry)
    agreeing = sum(
        max(driver.contribution or 0.0, 0.0)
        for driver, (_, reason, _) in zip(angry, named, strict=True)
        if reason in top
    )
    return Agreement(tuple(reasons.most_common(3)), named, agreeing / whole if whole > 0 else None)


def names_flights(drivers: Sequence[Driver]) -> bool:
    """Whether a driver speaks of late or cancelled flights."""
    return any(word in fold(driver.term) for driver in drivers for word in _FLIGHT_WORDS)


def _reason_of(driver: Driver, within: Iterable[Labelled], themes: ThemeWords) -> tuple[str, float]:
    term = fold(driver.term)
    reasons = Counter(
        one.reason
        for one in within
        if one.reason and (term in themes_of(one.text, themes) if driver.kind == THEME else term in one.text)
    )
    if not reasons:
        return "", 0.0
    reason, count = reasons.most_common(1)[0]
    return reason, count / reasons.total()
