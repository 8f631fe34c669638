"""What people call about in a simulated town, counted by the minute."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from streams.contact import Contact
from streams.simulate.chance import poisson
from streams.simulate.planted import LabelLine, Planted
from streams.simulate.scenario import SimulatedTopic

REASONS: Final = {
    "refunds": "refund missing",
    "delivery": "parcel late",
    "app-login": "login fails",
    "stores": "store hours",
    "spring-campaign": "spring campaign code",
    "recall": "product recall",
    "chief-executive": "chief executive",
}
"""Why people call, by the subject of a topic."""

_MINUTE: Final = 60.0
_MEMORY_MINUTES: Final = 120.0
_OPENS, _CLOSES = 8, 20
_AT_NIGHT: Final = 0.15
_AT_WEEKENDS: Final = 0.6


class TownCallers:
    """The contact centre of a town: the same for the same seed, and no part of the stream of mentions.

    Each reason has a rate of its own that follows opening hours, and wanders. Because of an event that has a `lead`
    people call so much later (or earlier) than others post.

    Args:
        start: Event time of the first minute; whole seconds, aware.
        planted: What happens, as the town has it.
    """

    def __init__(
        self,
        topics: Sequence[SimulatedTopic],
        start: datetime,
        *,
        seconds: float,
        planted: Sequence[Planted],
        seed: int,
    ) -> None:
        self._random = Random(f"town callers/{seed}")  # noqa: S311  # a simulation, no secret
        self._topics = topics
        self._start = start.replace(microsecond=0)
        self._seconds = seconds
        self._by_topic = {
            topic.id: [number for number, one in enumerate(planted) if one.topic == topic.id and one.lead]
            for topic in topics
        }
        self._planted = planted
        self._calls_a_post = [self._random.uniform(0.4, 1.6) for _ in planted]
        self._usual = {topic.id: topic.per_minute * self._random.uniform(0.5, 1.5) for topic in topics}
        self._wander = dict.fromkeys(self._usual, 0.0)
        self._roughness = {topic.id: self._random.uniform(0.05, 0.25) for topic in topics}
        self._sizes = [0] * len(planted)

    def labelled(self, label: LabelLine, number: int) -> LabelLine:
        """The label of what is planted as `number`, with why and how many call; whole once `contacts` has ended."""
        if not label.lead:
            return label
        return msgspec.structs.replace(label, reason=_reason(label.topic), calls=self._sizes[number])

    def contacts(self) -> Iterator[Contact]:
        """Counts by reason and minute, in order of time. To be asked once."""
        for minute in range(math.ceil(self._seconds / _MINUTE)):
            at = self._start + timedelta(minutes=minute)
            for topic in self._topics:
                count = poisson(self._random, self._usual_rate(topic.id, at))
                for number in self._by_topic[topic.id]:
                    more = poisson(self._random, self._caused(number, topic, minute * _MINUTE))
                    self._sizes[number] += more
                    count += more
                if count:
                    reason, brand = _reason(topic.id), topic.id.partition("-")[0]
                    yield Contact(at, reason, brand=brand, count=count, id=f"{at.isoformat()}/{brand}/{reason}")

    def _usual_rate(self, topic: str, at: datetime) -> float:
        keep = math.exp(-1 / _MEMORY_MINUTES)
        self._wander[topic] = keep * self._wander[topic] + math.sqrt(1 - keep * keep) * self._random.gauss(0, 1)
        roughness = self._roughness[topic]
        # people come and go over half an hour about the opening hours
        hour = at.hour + at.minute / 60
        open_ = 1 / ((1 + math.exp(-8 * (hour - _OPENS))) * (1 + math.exp(8 * (hour - _CLOSES))))
        day = (_AT_NIGHT + (1 - _AT_NIGHT) * open_) * (_AT_WEEKENDS if at.weekday() >= 5 else 1.0)
        return self._usual[topic] * day * math.exp(roughness * self._wander[topic] - roughness**2 / 2)

    def _caused(self, number: int, topic: SimulatedTopic, at: float) -> float:
        one = self._planted[number]
        return one.level(at - one.lead) * one.height * topic.per_minute * self._calls_a_post[number]


def _reason(topic: str) -> str:
    return REASONS[topic.partition("-")[2]]
