"""The load of the latency benchmark: five thousand mentions a second over ten thousand topics, and its past.

The load runs in a process of its own, so that it takes nothing from the event loop that is measured.
"""

import asyncio
import math
import os
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from multiprocessing.synchronize import Event
from typing import Any, Final, NamedTuple

from streams.broker.base import Outgoing
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.events import PartialCount, Tally
from streams.sentiment.base import Scorer
from streams.settings import KafkaSettings
from streams.simulate.chance import poisson
from streams.tone import NEGATIVE_UP_TO, POSITIVE_FROM

TOPICS: Final = 10_000
PER_SECOND: Final = float(os.environ.get("TOCSIN_BENCH_PER_SECOND", "5000"))  # less on a shared machine
MATCHED_SHARE: Final = 0.42
PAST_MINUTES: Final = 4 * 60
BURSTING_PAST_MINUTES: Final = 24 * 60  # a topic that has seen one day states rarer odds than one that has seen none
PAST_TOPICS: Final = 1_000  # the others are too quiet to have learned anything: they are new
BURST_FACTOR: Final = 20.0
BURST_SECONDS: Final = 15.0
_BURSTING: Final = range(80, 130)  # of about two mentions a second each
_SLICE_SECONDS: Final = 0.05
_USUAL: Final = (
    "{name} order came today, as promised, in a box",
    "does anybody know when {name} opens on Sunday?",
    "{name} support was great, thank you",
    "my {name} parcel is late again, annoying",
    "{name} has a new app, looking at it now on the train",
)
_ANGRY: Final = (
    "{name} is down, cannot pay, terrible",
    "charged twice by {name}, this is awful, nobody answers",
    "{name} lost my order and the chat hangs up, worst service",
)


_ELSE: Final = (
    "what a morning, the train was late and the coffee cold, still a good day",
    "does anybody know a quiet place to work near the station?",
    "we watched the match until the end and it was worth every minute",
)

# The topic at rank r is named as often as 1 / r says.
_SHARES: Final = [1 / (rank + 1) for rank in range(TOPICS)]
_RATES: Final = [PER_SECOND * MATCHED_SHARE * share / sum(_SHARES) for share in _SHARES]
_CUMULATED: Final = list(accumulate(_SHARES))


class Burst(NamedTuple):
    """One topic gets `BURST_FACTOR` times its usual mentions for `BURST_SECONDS`; `at` counts from the load's start."""

    topic: int
    at: float


def topic_id(number: int) -> str:
    """Of the topic with this number."""
    return f"shop-{number:04d}"


def topics() -> list[dict[str, Any]]:
    """As a configuration file has them; each is a brand of its own, so that no two bursts are one event."""
    return [
        {"id": topic_id(number), "name": f"Shop {number}", "brand": f"Shop {number}", "query": _name(number)}
        for number in range(TOPICS)
    ]


def bursts(seed: int, *, count: int, first: float, seconds: float) -> list[Burst]:
    """`count` bursts of as many topics, at most 50, spread over `seconds` from `first` on."""
    rng = random.Random(seed)  # noqa: S311  # a load, no secret
    step = seconds / count
    chosen = rng.sample(_BURSTING, count)
    return [Burst(topic, first + (index + rng.random()) * step) for index, topic in enumerate(chosen)]


def past(seed: int, scorer: Scorer, until: datetime) -> Iterator[PartialCount]:
    """What the topics counted in the minutes before `until`, Poisson as the load itself, oldest first."""
    rng = random.Random(seed)  # noqa: S311  # a load, no secret
    spoken = [scorer.score(text.format(name=_name(0)), "en") or 0.0 for text in _USUAL]
    end = int(until.timestamp()) // 60 * 60
    for minute in range(-BURSTING_PAST_MINUTES, 0):
        known = range(PAST_TOPICS) if minute >= -PAST_MINUTES else _BURSTING
        for number in known:
            rate = _RATES[number]
            each = rate * 60 / len(_USUAL)
            counts = [max(0, round(rng.gauss(each, math.sqrt(each)))) for _ in spoken]
            said = list(zip(counts, spoken, strict=True))
            total = sum(counts)
            negative = sum(count for count, polarity in said if polarity <= NEGATIVE_UP_TO)
            positive = sum(count for count, polarity in said if polarity >= POSITIVE_FROM)
            tally = Tally(
                mentions=total,
                negative=negative,
                neutral=total - negative - positive,
                positive=positive,
                polarity_sum=sum(count * polarity for count, polarity in said),
                polarity_squares=sum(count * polarity * polarity for count, polarity in said),
            )
            yield PartialCount(
                topic=topic_id(number), revision=1, second=end + minute * 60, tally=tally, history=True, seconds=60
            )


def run_load(kafka: dict[str, Any], seed: int, planned: Sequence[Burst], stop: Event, sent: Any, start: Any) -> None:
    """Send until `stop`, in a process of its own; `sent` counts along, `start` is told as seconds since 1970."""
    asyncio.run(_load(KafkaSettings.model_validate(kafka), seed, planned, stop, sent, start))


async def _load(kafka: KafkaSettings, seed: int, planned: Sequence[Burst], stop: Event, sent: Any, start: Any) -> None:
    rng, clock, serial = random.Random(seed + 1), SystemClock(), 0  # noqa: S311  # a load, no secret
    async with KafkaBroker(kafka) as broker:
        began = clock.monotonic()
        start.value = clock.now().timestamp()
        due = 0.0
        while not stop.is_set():
            now = clock.now()
            count = poisson(rng, PER_SECOND * (1 - MATCHED_SHARE) * _SLICE_SECONDS)
            texts = rng.choices(_ELSE, k=count)
            count = poisson(rng, PER_SECOND * MATCHED_SHARE * _SLICE_SECONDS)
            numbers = rng.choices(range(TOPICS), cum_weights=_CUMULATED, k=count)
            texts += [rng.choice(_USUAL).format(name=_name(number)) for number in numbers]
            for burst in planned:
                if burst.at <= due < burst.at + BURST_SECONDS:
                    extra = poisson(rng, _RATES[burst.topic] * (BURST_FACTOR - 1) * _SLICE_SECONDS)
                    texts += [rng.choice(_ANGRY).format(name=_name(burst.topic)) for _ in range(extra)]
            published = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            await broker.send(
                [
                    _record(kafka.mentions, f"{seed}-{serial + number}", text, published, rng)
                    for number, text in enumerate(texts)
                ]
            )
            serial += len(texts)
            sent.value = serial
            due += _SLICE_SECONDS
            await clock.sleep(max(0.0, began + due - clock.monotonic()))


def _record(kafka_topic: str, identity: str, text: str, published: str, rng: random.Random) -> Outgoing:
    """As bytes at once: the load must not be what is slow."""
    who = rng.randrange(50_000)
    value = (
        f'{{"id":"{identity}","platform":"x","published_at":"{published}","text":"{text}",'
        f'"author":{{"id":"u{who}","followers":{who % 997}}},"lang":"en","country":"us"}}'
    )
    return Outgoing(kafka_topic, f"x:{identity}".encode(), value.encode())


def _name(number: int) -> str:
    return f"shop{number:04d}"


def minute_now(now: datetime) -> datetime:
    """The begin of this minute."""
    return now.astimezone(UTC).replace(second=0, microsecond=0)
