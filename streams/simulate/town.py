"""Weeks of a simulated world with labels: clustered points, seasons, drifts, and what is planted in them."""

import heapq
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from streams.mention import Mention
from streams.simulate.care import Care
from streams.simulate.planted import Kind, LabelLine, Planted, label_of
from streams.simulate.programme import EVERY_TOPIC, PLATFORMS, programme
from streams.simulate.scenario import SimulatedTopic
from streams.simulate.townsfolk import Townsfolk

CALLS: Final = "contact-centre"
_STEP: Final = 60.0
_WEEK_HOURS: Final = 168
_MEMORY: Final = 5400.0
_LAZINESS: Final = 1.6  # of the delays of shares: a Lomax law, whose tail is heavy
_DELAY_SCALE: Final = 240.0
_LONGEST_DELAY: Final = 86_400.0
_CALL_SHARE: Final = 0.08
_NOBODY: Final[Mapping[str, Care]] = {}


class _Said(msgspec.Struct, frozen=True, order=True):
    at: float
    serial: int
    topic: int
    platform: str
    mood: int
    event: int
    kind: str
    parent: int = 0


class _Course(msgspec.Struct):
    """How a topic is going: its own rhythm, how it wanders, how much it is shared on."""

    per_minute: float
    hours: list[float]
    roughness: float
    shares: float
    negative: float
    wander: float = 0.0


class Town:
    """A stream of mentions in order of arrival, the same for the same seed, and the labels of what is planted in it.

    A topic's rate is its mean, times a profile of the week, times the exponential of a wandering walk with heavy steps.
    Whatever is said may be shared on, and shares again (a branching process with heavy-tailed delays), so that counts
    are clustered. Events add to that, turn moods, hold feeds back or begin a cascade of their own.

    Args:
        topics: By subject, one for each brand.
        start: Event time of the first second; whole seconds, aware.
        events: How many are planted.
        seed: Any whole number.
        care: By brand, who answers complaints, and lets customers answer one another.

    Source:
        Hawkes and Oakes, "A cluster process representation of a self-exciting process", J. Appl. Prob. 11(3), 1974.
    """

    def __init__(
        self,
        topics: Sequence[Sequence[SimulatedTopic]],
        start: datetime,
        *,
        days: float,
        events: int,
        seed: int,
        care: Mapping[str, Care] = _NOBODY,
    ) -> None:
        self._care = care
        self.start = start.replace(microsecond=0)
        self.seconds = days * 86_400.0
        self._random = Random(f"town/{seed}")  # noqa: S311  # a simulation, no secret
        self._topics = [topic for group in topics for topic in group]
        self.planted = programme(
            [[topic.id for topic in group] for group in topics], self.seconds, events, self._random
        )
        self._courses = [self._course(topic) for topic in self._topics]
        self._of_topic = [
            [number for number, one in enumerate(self.planted) if one.topic in {topic.id, EVERY_TOPIC}]
            for topic in self._topics
        ]
        self._sizes = [0] * len(self.planted)
        self._folk = Townsfolk(self.start, self._random)
        self._serial = 0

    def labels(self) -> tuple[LabelLine, ...]:
        """What was planted, with its size; whole once `mentions` has come to its end."""
        begin = self.start.timestamp()
        return tuple(label_of(one, begin, size) for one, size in zip(self.planted, self._sizes, strict=True))

    def mentions(self) -> Iterator[Mention]:
        """All mentions, in order of arrival. To be asked once."""
        waiting: list[_Said] = []
        held: list[tuple[float, _Said]] = []
        for minute in range(math.ceil(self.seconds / _STEP)):
            begin, end = minute * _STEP, (minute + 1) * _STEP
            for index in range(len(self._topics)):
                for said in self._spoken(index, begin):
                    heapq.heappush(waiting, said)
            while waiting and waiting[0].at < end:
                said = heapq.heappop(waiting)
                for share in self._shared(said):
                    heapq.heappush(waiting, share)
                arrives = self._arrival(said)
                if arrives is not None:
                    heapq.heappush(held, (arrives, said))
            while held and held[0][0] < end:
                arrives, said = heapq.heappop(held)
                mention = self._mention(said, arrives)
                care = self._care.get(self._topics[said.topic].id.partition("-")[0])
                if care is not None and said.mood < 0 and said.kind not in {"bot", "call"}:
                    care.hear(mention)
                yield mention
            for care in self._care.values():
                yield from care.due(self.start + timedelta(seconds=end))

    def _course(self, topic: SimulatedTopic) -> _Course:
        draw = self._random
        peak, width = draw.uniform(10, 21), draw.uniform(4, 7)
        hours = []
        for hour in range(_WEEK_HOURS):
            apart = min((hour - peak) % 24, (peak - hour) % 24)
            day = 0.25 + math.exp(-((apart / width) ** 2))
            hours.append(day * (0.6 if hour >= 120 else 1.0) * draw.uniform(0.9, 1.1))
        mean = sum(hours) / len(hours)
        return _Course(
            per_minute=topic.per_minute,
            hours=[hour / mean for hour in hours],
            roughness=draw.uniform(0.05, 0.35),
            shares=draw.uniform(0.0, 0.45),
            negative=topic.negative,
        )

    def _spoken(self, index: int, begin: float) -> Iterator[_Said]:
        course, topic, draw = self._courses[index], self._topics[index], self._random
        now = self.start + timedelta(seconds=begin)
        step = draw.gauss(0, 1) if draw.random() > 0.01 else draw.gauss(0, 4)
        keep = math.exp(-_STEP / _MEMORY)
        course.wander = keep * course.wander + math.sqrt(1 - keep * keep) * step
        usual = course.per_minute * course.hours[now.weekday() * 24 + now.hour] * (1 - course.shares)
        usual *= math.exp(course.roughness * course.wander - course.roughness**2 / 2)
        negative, flipped = course.negative, -1
        for number in self._of_topic[index]:
            one = self.planted[number]
            level = one.level(begin)
            if one.kind is Kind.DRIFT:
                past = min(max((begin - one.onset) / (one.end - one.onset), 0.0), 1.0)
                usual *= 1.0 + (one.height - 1.0) * past
            elif one.kind is Kind.FLIP and level > 0:
                negative, flipped = negative + level * (one.negative - negative), number
            elif level > 0 and one.height > 0:
                yield from self._extra(index, number, one, level * one.height * course.per_minute, begin)
            if one.lead < 0:
                calls = one.level(begin - one.lead) * one.height * course.per_minute * _CALL_SHARE
                yield from self._say(index, calls, begin, CALLS, one.negative, number, "call")
        yield from self._say(index, usual, begin, "", negative, flipped, "post")
        yield from self._say(index, usual * _CALL_SHARE, begin, CALLS, topic.negative, -1, "call")

    def _extra(self, index: int, number: int, one: Planted, rate: float, begin: float) -> Iterator[_Said]:
        if one.kind is Kind.CASCADE:
            # nearly every share leads to another one: the event feeds itself once it began
            rate *= 0.15 if begin < one.onset + 600 else 0.02
            yield from self._say(index, rate, begin, "x", one.negative, number, "cascade")
        elif one.kind is Kind.BOTS:
            yield from self._say(index, rate, begin, "x", one.negative, number, "bot")
        elif one.kind is Kind.VIRALITY:
            yield from self._say(index, rate * 0.5, begin, "", one.negative, number, "joy")
        else:
            yield from self._say(index, rate, begin, "", one.negative, number, "anger")
            if one.lead > 0:
                calls = one.level(begin - one.lead) * one.height * self._courses[index].per_minute * _CALL_SHARE
                yield from self._say(index, calls, begin, CALLS, one.negative, number, "call")

    def _say(
        self, index: int, rate: float, begin: float, platform: str, negative: float, event: int, kind: str
    ) -> Iterator[_Said]:
        draw = self._random
        positive = self._topics[index].positive if kind in {"post", "call", "cascade"} else 0.02
        if kind == "joy":
            positive = 0.9
        reached = draw.expovariate(1.0)
        while reached < rate:
            mood = draw.random()
            feeling = -1 if mood < negative else 1 if mood < negative + positive else 0
            where = platform or draw.choice(PLATFORMS)
            self._serial += 1
            yield _Said(begin + _STEP * reached / rate, self._serial, index, where, feeling, event, kind)
            reached += draw.expovariate(1.0)

    def _shared(self, said: _Said) -> Iterator[_Said]:
        if said.kind in {"bot", "call"}:
            return
        draw = self._random
        shares = {"cascade": 0.93, "joy": 0.6}.get(said.kind, self._courses[said.topic].shares)
        reached = draw.expovariate(1.0)
        while reached < shares:
            delay = _DELAY_SCALE * (draw.random() ** (-1.0 / _LAZINESS) - 1.0)
            self._serial += 1
            if delay < _LONGEST_DELAY:
                mood = said.mood if draw.random() < 0.8 else draw.choice((-1, 0, 1))
                yield _Said(
                    said.at + delay, self._serial, said.topic, said.platform, mood, said.event, said.kind, said.serial
                )
            reached += draw.expovariate(1.0)

    def _arrival(self, said: _Said) -> float | None:
        """When it reaches us; None where its feed lost it."""
        if said.event >= 0:
            self._sizes[said.event] += 1
        for number in self._of_topic[said.topic]:
            one = self.planted[number]
            if one.platform == said.platform and one.onset <= said.at < one.end:
                self._sizes[number] += 1
                return None if one.kind is Kind.GAP else one.end + self._random.uniform(0.0, 120.0)
        return said.at

    def _mention(self, said: _Said, arrives: float) -> Mention:
        return self._folk.mention(
            self._topics[said.topic],
            serial=said.serial,
            at=said.at,
            arrives=arrives,
            platform=said.platform,
            mood=said.mood,
            kind=said.kind,
            parent=said.parent,
        )
