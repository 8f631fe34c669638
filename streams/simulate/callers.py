"""The contact centre of the demo's world: what people call about while refunds break."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final

from streams.contact import Contact
from streams.simulate.chance import poisson
from streams.simulate.scenario import EventKind, Scenario

REASONS: Final = {"refund pending": 14.0, "parcel late": 22.0, "app login": 8.0}
"""Calls a minute on a usual day, by reason."""

_OF_TOPIC: Final = {"refunds": "refund pending", "delivery": "parcel late", "app-login": "app login"}
_FOLLOWS_SECONDS: Final = 60.0
_CALLS_A_MENTION: Final = 1.2
_TAIL_SECONDS: Final = 45.0
_STEP: Final = timedelta(minutes=10)
_BY_THE_MINUTE: Final = timedelta(hours=4)


class Callers:
    """Calls second by second, the same for the same seed. In a crisis people call about a minute after they post.

    Args:
        start: Event time of the first second; whole seconds, aware.
    """

    def __init__(self, scenario: Scenario, start: datetime, seed: int) -> None:
        self._scenario = scenario
        self._start = start.replace(microsecond=0)
        self._random = Random(f"callers/{seed}")  # noqa: S311  # a simulation, no secret
        self._elapsed = 0.0

    def past(self, days: int) -> Iterator[Contact]:
        """The days before the start, counted by ten minutes, the last four hours by the minute."""
        at = self._start - timedelta(days=days)
        while at < self._start:
            step = _STEP if at < self._start - _BY_THE_MINUTE else timedelta(minutes=1)
            for reason, per_minute in REASONS.items():
                count = poisson(self._random, per_minute * (step.total_seconds() / 60) * _wave(at))
                if count:
                    yield Contact(at, reason, brand=self._scenario.brand, count=count, id=f"{at.isoformat()}/{reason}")
            at += step

    def calls(self, seconds: int) -> Iterator[Contact]:
        """The calls of the next `seconds` seconds, in order of time."""
        for _ in range(seconds):
            at = self._start + timedelta(seconds=self._elapsed)
            for reason, per_minute in REASONS.items():
                for number in range(poisson(self._random, (per_minute * _wave(at) + self._caused(reason)) / 60)):
                    name = f"{at.isoformat()}/{reason}/{number}"
                    yield Contact(at, reason, brand=self._scenario.brand, id=name)
            self._elapsed += 1

    def _caused(self, reason: str) -> float:
        """Calls a minute because of what happens."""
        found = 0.0
        for event in self._scenario.events:
            if event.kind is not EventKind.CRISIS or _OF_TOPIC.get(event.topic) != reason:
                continue
            usual = next(topic.per_minute for topic in self._scenario.topics if topic.id == event.topic)
            into = self._elapsed - event.at_seconds - _FOLLOWS_SECONDS
            if into >= 0:
                past = max(into - event.ramp_seconds - event.hold_seconds, 0.0)
                rising = 1 - math.exp(-into / _TAIL_SECONDS)
                found += rising * math.exp(-past / 600.0) * usual * (event.factor - 1) * _CALLS_A_MENTION
        return found


def _wave(at: datetime) -> float:
    return 1 + 0.3 * math.cos((at.hour + at.minute / 60 - 15) * math.tau / 24)
