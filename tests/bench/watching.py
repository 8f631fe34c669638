"""Simulated topics under watch, for the benchmarks of detection: the product's own fold with the product's defaults."""

import math
import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.detectors.prior import Lesson, Prior
from streams.events import Detection, PartialCount, Phase, Tally
from streams.settings import DetectSettings, TimeSettings
from streams.stages.topic_watch import TopicWatch
from streams.topic import Topic
from streams.windows import MINUTE
from tests.fakes.streams_of_counts import START, negative_binomial

HOUR_MINUTES: Final = 60
DAY_MINUTES: Final = 24 * HOUR_MINUTES
_NEGATIVE_SHARE: Final = 0.2
_POLARITY: Final = 0.5


def counts(
    random_: random.Random, minutes: int, per_minute: float, *, dispersion: float = 0.0, rhythm: float = 0.0
) -> Iterator[int]:
    """Mentions minute by minute.

    Args:
        dispersion: Of five-minute counts: the rate is drawn anew every five minutes, with this squared variation.
        rhythm: How far the rate swings over a day, as a share of its mean, 0 to 1; it begins anywhere in the day.
    """
    phase = random_.uniform(0.0, 2.0 * math.pi)
    drawn = 1.0
    for minute in range(minutes):
        if dispersion > 0.0 and minute % 5 == 0:
            drawn = random_.gammavariate(1.0 / dispersion, dispersion)
        swing = 1.0 + rhythm * math.sin(2.0 * math.pi * minute / DAY_MINUTES + phase)
        yield negative_binomial(random_, per_minute * swing * drawn, 0.0)


def tally(random_: random.Random, mentions: int, negative_share: float = _NEGATIVE_SHARE) -> Tally:
    """Mentions of which each is negative by chance, the others neutral."""
    negative = sum(random_.random() < negative_share for _ in range(mentions))
    return Tally(
        mentions=mentions,
        negative=negative,
        neutral=mentions - negative,
        polarity_sum=-_POLARITY * negative,
        polarity_squares=_POLARITY**2 * negative,
    )


class Watched:
    """One topic, its minutes given one after the other; each minute's mentions arrive one second before its end."""

    def __init__(self, random_: random.Random, *, pages_per_week: float = 0.25, prior: Prior | None = None) -> None:
        self._random = random_
        topic = Topic(id="topic", name="Topic", query="topic", pages_per_week=pages_per_week)
        self._watch = TopicWatch(topic, time=TimeSettings(), detect=DetectSettings(), prior=prior)
        self.minute = 0
        self.detections: list[Detection] = []

    def run(self, mentions: Iterable[int], *, negative_share: float = _NEGATIVE_SHARE) -> None:
        """So many mentions a minute."""
        for count in mentions:
            begin = START + self.minute * MINUTE
            if count:
                self.add(begin + MINUTE - 1, tally(self._random, count, negative_share))
            self.end_minute()

    def lesson(self) -> Lesson | None:
        """What it would teach a new topic."""
        return self._watch.lesson()

    def add(self, second: int, tally: Tally) -> list[Detection]:
        """One delta; what was detected at once."""
        delta = PartialCount(topic="topic", revision=1, second=second, tally=tally)
        _, told = self._watch.add(delta, second)
        return self._note(told)

    def end_minute(self) -> None:
        """Event time comes to the end of the minute."""
        self.minute += 1
        if self._watch.is_active:
            self._note(self._watch.tick(START + self.minute * MINUTE))

    def opened(self, since_minute: int = 0) -> list[Detection]:
        """Pages at or after that minute."""
        since = START + since_minute * MINUTE
        return [
            detection
            for detection in self.detections
            if detection.phase is Phase.OPENED and detection.at.timestamp() >= since
        ]

    def _note(self, told: Iterable[object]) -> list[Detection]:
        found = [value for value in told if isinstance(value, Detection)]
        self.detections += found
        return found
