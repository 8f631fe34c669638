"""Seeded streams of minutes, partial counts and records, for whatever detects."""

import math
import random
from collections.abc import Iterator, Sequence

from streams import codec
from streams.broker.base import Partition, Record
from streams.definition import Definition
from streams.events import PartialCount, Tally, Watermark
from streams.windows import MINUTE, Slot

START = 1_767_225_600  # 2026-01-01T00:00:00Z
HOUR = 3600
DAY = 86_400


def poisson(random_: random.Random, mean: float) -> int:
    """A Poisson number; by sums of exponential gaps, so the cost is the number."""
    count, reached = 0, random_.expovariate(1.0)
    while reached < mean:
        count += 1
        reached += random_.expovariate(1.0)
    return count


def negative_binomial(random_: random.Random, mean: float, dispersion: float) -> int:
    """A number with variance mean + dispersion * mean ** 2."""
    if dispersion <= 0.0:
        return poisson(random_, mean)
    return poisson(random_, random_.gammavariate(1.0 / dispersion, dispersion * mean))


def tally(mentions: int, negative: int = 0, polarity: float = 0.5) -> Tally:
    """`negative` mentions of `-polarity`, the others neutral."""
    return Tally(
        mentions=mentions,
        negative=negative,
        neutral=mentions - negative,
        polarity_sum=-polarity * negative,
        polarity_squares=polarity**2 * negative,
    )


def minutes(
    seed: int,
    count: int,
    per_minute: float,
    *,
    negative_share: float = 0.2,
    dispersion: float = 0.0,
    start: int = START,
) -> list[Slot]:
    """Steady minutes."""
    random_ = random.Random(seed)  # noqa: S311 - numbers for a test
    slots = []
    for number in range(count):
        mentions = negative_binomial(random_, per_minute, dispersion)
        negative = sum(random_.random() < negative_share for _ in range(mentions))
        slots.append(Slot(start + number * MINUTE, MINUTE, tally(mentions, negative)))
    return slots


def silence(count: int, start: int) -> list[Slot]:
    """Minutes in which nobody spoke."""
    return [Slot(start + number * MINUTE, MINUTE, Tally()) for number in range(count)]


def partial(
    second: int, mentions: int = 1, negative: int = 0, *, topic: str = "refunds", **more: object
) -> PartialCount:
    """One delta."""
    return PartialCount(topic=topic, revision=1, second=second, tally=tally(mentions, negative), **more)  # type: ignore[arg-type]


def records(values: Sequence[PartialCount | Watermark | Definition], first_offset: int = 0) -> list[Record]:
    """The log of one partials partition."""
    return [
        Record(
            Partition("tocsin.partials", 0),
            first_offset + number,
            None,
            _encoded(value),
            0,
        )
        for number, value in enumerate(values)
    ]


def _encoded(value: PartialCount | Watermark | Definition) -> bytes:
    if isinstance(value, Watermark):
        return codec.encode_watermark(value)
    return codec.encode_definition(value) if isinstance(value, Definition) else codec.encode_partial(value)


def watermark(second: float, *, source: str = "mentions-0", idle: bool = False, sources: int = 1) -> Watermark:
    """Event time of one source."""
    return Watermark(source=source, event_ms=round(second * 1000), idle=idle, sources=sources)


def log_of(slots: Sequence[Slot], *, topic: str = "refunds") -> Iterator[PartialCount | Watermark]:
    """A delta in the middle of each minute that has mentions, and a watermark at its end."""
    for slot in slots:
        if slot.tally.mentions:
            yield PartialCount(topic=topic, revision=1, second=slot.start + 30, tally=slot.tally)
        yield watermark(slot.start + MINUTE)


def hours(count: float) -> int:
    """Minutes in so many hours."""
    return math.ceil(count * 60)
