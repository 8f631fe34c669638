"""Draws a scenario: mentions one by one, or only their counts by the minute."""

import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

import msgspec

from streams.events import Tally
from streams.mention import Author, Mention
from streams.simulate.care import Care
from streams.simulate.chance import poisson
from streams.simulate.scenario import EventKind, Label, Scenario, SimulatedEvent, SimulatedTopic, Voice
from streams.tone import NEGATIVE_UP_TO, POSITIVE_FROM

_PLATFORMS = ("x", "x", "x", "instagram", "instagram", "reddit", "facebook", "trustpilot")
_COUNTRIES = ("us", "us", "gb", "de", "fr", "nl", "ca")
_MEMORY_SECONDS = 1800.0
_FILLINGS = 20


class MinuteCount(msgspec.Struct, frozen=True):
    """One topic's minute."""

    topic: str
    minute: datetime
    tally: Tally


class World:
    """A scenario that unfolds second by second, the same for the same seed.

    The rate of a topic is its mean, times a daily wave, times a slow random drift (the exponential of a mean-reverting
    walk), plus the extra mentions of the events. Counts are Poisson around that rate, so over any stretch they are
    overdispersed and correlated in time.

    Args:
        scenario: What is to happen.
        start: Event time of the first second; whole seconds, aware.
        seed: Any whole number.
        polarity_of: How a text is scored, for `counts`; without it nothing counted there is scored.
        care: Answers complaints, and lets customers answer one another; nobody does without it, or in `counts`.
    """

    def __init__(
        self,
        scenario: Scenario,
        start: datetime,
        seed: int,
        *,
        polarity_of: Callable[[str], float | None] | None = None,
        care: Care | None = None,
    ) -> None:
        self.scenario = scenario
        self._care = care
        self._polarity_of = polarity_of
        self._polarities: dict[tuple[str, ...], tuple[float, ...]] = {}
        self.start = start.replace(microsecond=0)
        self._random = Random(f"{seed}")  # noqa: S311  # a simulation, no secret
        self._drift = {topic.id: self._random.gauss(0, 1) for topic in scenario.topics}
        self._elapsed = 0.0
        self._serial = 0

    def labels(self) -> tuple[Label, ...]:
        """What is planted, with times."""
        origin = self.start.timestamp()
        return tuple(
            Label(
                kind=event.kind,
                topic=event.topic,
                start=origin + event.at_seconds,
                end=origin + event.at_seconds + event.ramp_seconds + event.hold_seconds + 3 * event.fade_seconds,
                factor=event.factor,
            )
            for event in self.scenario.events
        )

    def mentions(self, seconds: int) -> Iterator[Mention]:
        """The mentions of the next `seconds` seconds, in order of time."""
        for _ in range(seconds):
            yield from self._second()

    def counts(self, minutes: int) -> Iterator[MinuteCount]:
        """The next `minutes` minutes, counted only; minutes without mentions are left out."""
        for _ in range(minutes):
            minute = self.start + timedelta(seconds=self._elapsed)
            for topic in self.scenario.topics:
                tally = self._minute_of(topic)
                if tally.mentions:
                    yield MinuteCount(topic.id, minute, tally)
            self._elapsed += 60

    def _minute_of(self, topic: SimulatedTopic) -> Tally:
        extra = self._events_of(topic)
        spoken = [(topic.voice, self._usual_rate(topic, 60.0), *_shares(topic, extra))]
        spoken += [
            (event.voice, height * topic.per_minute * (event.factor - 1), event.negative, event.positive)
            for event, height in extra
        ]
        polarities: list[float] = []
        for voice, rate, negative, positive in spoken:
            for sentences, share in (
                (voice.negative, negative),
                (voice.positive, positive),
                (voice.neutral, 1 - negative - positive),
            ):
                heard = self._heard(sentences, voice)
                polarities += self._random.choices(heard, k=poisson(self._random, rate * share))
        count = len(polarities)
        if self._polarity_of is None:
            return Tally(mentions=count, unscored=count)
        negatives = sum(polarity <= NEGATIVE_UP_TO for polarity in polarities)
        positives = sum(polarity >= POSITIVE_FROM for polarity in polarities)
        return Tally(
            mentions=count,
            negative=negatives,
            neutral=count - negatives - positives,
            positive=positives,
            polarity_sum=sum(polarities),
            polarity_squares=sum(polarity * polarity for polarity in polarities),
        )

    def _heard(self, sentences: tuple[str, ...], voice: Voice) -> tuple[float, ...]:
        """How these sentences are scored, over many ways to fill their slots; an unscored one counts as 0."""
        if sentences not in self._polarities:
            score = self._polarity_of or (lambda _: None)
            texts = [self._filled(sentence, voice) for sentence in sentences for _ in range(_FILLINGS)]
            self._polarities[sentences] = tuple(score(text) or 0.0 for text in texts)
        return self._polarities[sentences]

    def _filled(self, sentence: str, voice: Voice) -> str:
        filled = {slot: self._random.choice(words) for slot, words in voice.slots.items()}
        return sentence.format(brand=self.scenario.brand, **filled)

    def _second(self) -> Iterator[Mention]:
        second = self.start + timedelta(seconds=self._elapsed)
        drawn = [spoken for topic in self.scenario.topics for spoken in self._said_about(topic)]
        chatter = poisson(self._random, self.scenario.chatter_per_minute / 60)
        drawn += [(self._random.random(), self._random.choice(self.scenario.chatter), 0.0) for _ in range(chatter)]
        self._elapsed += 1
        said = [
            (self._mention(second + timedelta(seconds=offset), text, anger), anger)
            for offset, text, anger in sorted(drawn)
        ]
        if self._care is None:
            yield from (mention for mention, _ in said)
            return
        for mention, anger in said:
            if anger > 0:
                self._care.hear(mention)
        answers = self._care.due(second + timedelta(seconds=1))
        yield from sorted([*(mention for mention, _ in said), *answers], key=lambda one: one.published_at)

    def _said_about(self, topic: SimulatedTopic) -> Iterator[tuple[float, str, float]]:
        extra = self._events_of(topic)
        shares = _shares(topic, extra)
        for _ in range(poisson(self._random, self._usual_rate(topic, 1.0) / 60)):
            yield self._spoken(topic.voice, *shares)
        for event, height in extra:
            for _ in range(poisson(self._random, height * topic.per_minute * (event.factor - 1) / 60)):
                yield self._spoken(event.voice, event.negative, event.positive)

    def _events_of(self, topic: SimulatedTopic) -> list[tuple[SimulatedEvent, float]]:
        """The topic's events that go on now, with how far each is up, (0, 1]."""
        ours = [(event, _height(event, self._elapsed)) for event in self.scenario.events if event.topic == topic.id]
        return [(event, height) for event, height in ours if height > 0]

    def _usual_rate(self, topic: SimulatedTopic, step_seconds: float) -> float:
        keep = math.exp(-step_seconds / _MEMORY_SECONDS)
        self._drift[topic.id] = keep * self._drift[topic.id] + math.sqrt(1 - keep * keep) * self._random.gauss(0, 1)
        now = self.start + timedelta(seconds=self._elapsed)
        hour = now.hour + now.minute / 60
        wave = 1 + topic.daily_swing * math.cos((hour - 15) * math.tau / 24)
        return topic.per_minute * wave * math.exp(topic.roughness * self._drift[topic.id] - topic.roughness**2 / 2)

    def _spoken(self, voice: Voice, negative: float, positive: float) -> tuple[float, str, float]:
        mood = self._random.random()
        if mood < negative:
            sentences, anger = voice.negative, 1.0
        elif mood < negative + positive:
            sentences, anger = voice.positive, -1.0
        else:
            sentences, anger = voice.neutral, 0.0
        return self._random.random(), self._filled(self._random.choice(sentences), voice), anger

    def _mention(self, at: datetime, text: str, anger: float) -> Mention:
        self._serial += 1
        who = self._random.randrange(20_000)
        followers = int(math.exp(Random(who).gauss(5.0, 1.6)))  # noqa: S311
        spread = poisson(self._random, 0.3 + (1.5 if anger > 0 else 0.2))
        return Mention(
            id=f"{int(self.start.timestamp())}-{self._serial}",
            platform=self._random.choice(_PLATFORMS),
            published_at=at,
            text=text,
            content_type="reply" if self._random.random() < 0.4 else "post",
            author=Author(id=f"u{who}", name=f"person{who}", followers=followers),
            lang="en",
            country=self._random.choice(_COUNTRIES),
            likes=spread,
            reposts=spread // 3,
            reach=followers,
            provider="simulator",
        )


def _height(event: SimulatedEvent, elapsed: float) -> float:
    """How far the event is up at `elapsed` seconds, [0, 1]."""
    into = elapsed - event.at_seconds
    if into < 0:
        return 0.0
    if into < event.ramp_seconds:
        return (into + 1) / (event.ramp_seconds + 1)
    past = into - event.ramp_seconds - event.hold_seconds
    if past <= 0:
        return 1.0
    left = 0.5 ** (past / event.fade_seconds) if event.fade_seconds > 0 else 0.0
    return left if left > 0.01 else 0.0


def _shares(topic: SimulatedTopic, extra: list[tuple[SimulatedEvent, float]]) -> tuple[float, float]:
    """Negative and positive share among the usual mentions; a flip turns these."""
    flips = [(event, height) for event, height in extra if event.kind is EventKind.FLIP]
    if not flips:
        return topic.negative, topic.positive
    event, height = flips[0]
    return (
        topic.negative + height * (event.negative - topic.negative),
        topic.positive + height * (event.positive - topic.positive),
    )
