"""The load of the latency benchmark: a thousand mentions a second over a hundred topics, with bursts, and its past.

The load runs in a process of its own, so that it takes nothing from the event loop that is measured.
"""

import asyncio
import math
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from typing import Any, Final, NamedTuple

from streams import codec
from streams.broker.base import Outgoing
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.events import PartialCount, Tally
from streams.mention import Author, Mention
from streams.sentiment.base import Scorer
from streams.settings import KafkaSettings
from streams.stages.partial_sums import NEGATIVE_UP_TO, POSITIVE_FROM

TOPICS: Final = 100
PER_SECOND: Final = 1000.0
PAST_MINUTES: Final = 24 * 60
BURST_FACTOR: Final = 20.0
BURST_SECONDS: Final = 15.0
_LARGE: Final = 18.0
_SMALL: Final = 2.0
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


# Half of the topics are large and half are small, mentions a second; it is the small ones that burst, since a burst of
# a large one would be a third of the whole load.
_RATES: Final = (*(_LARGE,) * (TOPICS // 2), *(_SMALL,) * (TOPICS // 2))


class Burst(NamedTuple):
    """One topic gets `BURST_FACTOR` times its usual mentions for `BURST_SECONDS`; `at` counts from the load's start."""

    topic: int
    at: float


def topic_id(number: int) -> str:
    """Of the topic with this number."""
    return f"shop-{number:03d}"


def topics() -> list[dict[str, Any]]:
    """The topics as a configuration file has them; every mention belongs to one of them."""
    return [{"id": topic_id(number), "name": f"Shop {number}", "query": _name(number)} for number in range(TOPICS)]


def bursts(seed: int, *, count: int, first: float, seconds: float) -> list[Burst]:
    """`count` bursts of as many small topics, at most 50, spread over `seconds` from `first` on."""
    rng = random.Random(seed)  # noqa: S311  # a load, no secret
    step = seconds / count
    chosen = rng.sample(range(TOPICS // 2, TOPICS), count)
    return [Burst(topic, first + (index + rng.random()) * step) for index, topic in enumerate(chosen)]


def past(seed: int, scorer: Scorer, until: datetime) -> Iterator[PartialCount]:
    """What the topics counted in the minutes before `until`, Poisson as the load itself, oldest first."""
    rng = random.Random(seed)  # noqa: S311  # a load, no secret
    spoken = [scorer.score(text.format(name=_name(0)), "en") or 0.0 for text in _USUAL]
    begin = int(until.timestamp()) // 60 * 60 - PAST_MINUTES * 60
    for minute in range(PAST_MINUTES):
        for number, rate in enumerate(_RATES):
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
                topic=topic_id(number), revision=1, second=begin + minute * 60, tally=tally, history=True, seconds=60
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
            count = _poisson(rng, PER_SECOND * _SLICE_SECONDS)
            drawn = [(number, rng.choice(_USUAL)) for number in rng.choices(range(TOPICS), _RATES, k=count)]
            for burst in planned:
                if burst.at <= due < burst.at + BURST_SECONDS:
                    extra = _RATES[burst.topic] * (BURST_FACTOR - 1) * _SLICE_SECONDS
                    drawn += [(burst.topic, rng.choice(_ANGRY)) for _ in range(_poisson(rng, extra))]
            mentions = []
            for number, text in drawn:
                serial += 1
                mentions.append(_mention(rng, f"{seed}-{serial}", number, text, now))
            await broker.send(
                [Outgoing(kafka.mentions, mention.key.encode(), codec.encode_mention(mention)) for mention in mentions]
            )
            sent.value = serial
            due += _SLICE_SECONDS
            await clock.sleep(max(0.0, began + due - clock.monotonic()))


def _mention(rng: random.Random, identity: str, number: int, text: str, now: datetime) -> Mention:
    who = rng.randrange(50_000)
    return Mention(
        id=identity,
        platform="x",
        published_at=now - timedelta(seconds=rng.random()),
        text=text.format(name=_name(number)),
        author=Author(id=f"u{who}", followers=who % 997),
        lang="en",
        country="us",
    )


def _name(number: int) -> str:
    return f"shop{number:03d}"


def _poisson(rng: random.Random, mean: float) -> int:
    if mean > 30:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, drawn, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        drawn += 1
        product *= rng.random()
    return drawn


def minute_now(now: datetime) -> datetime:
    """The begin of this minute."""
    return now.astimezone(UTC).replace(second=0, microsecond=0)
