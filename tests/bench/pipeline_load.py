"""The load of the benchmarks of the streams: brands with the queries people write, and mentions of them."""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from streams.broker.base import Outgoing
from streams.events import PartialCount, Tally
from streams.simulate.chance import poisson

START: Final = datetime(2026, 1, 5, 12, 0, 57, tzinfo=UTC)  # so that a minute closes within a run of five seconds
MATCHED_SHARE: Final = 0.42
SECOND_BRAND_SHARE: Final = 0.2
MENTION_BYTES: Final = 280
_ACCEPTED_AFTER_MS: Final = 800
_COMMON: Final = """
    the a to and of in is it you that for on my was this with have but they just at be so not we what do your all
    when from about can been now still waiting hours phone today flight order account team support delivery again
    after store really anyone else why how there week money customer ticket website update email called yesterday
    nobody driver package before because people first never morning time day
""".split()  # noqa: SIM905 - readable as text
_EMOJI: Final = ("😡", "😂", "🙏", "❤️", "🔥", "é", "café", "naïve", "—", "…")
_SHAPES: Final = (
    "{0}",
    '{0} OR "{0} support"',
    "{0} AND (refund* OR delay* OR cancel* OR support OR order) NOT (hiring OR jobs)",
    "{0} lang:en",
    "({0} OR #{0}down) NOT giveaway",
)


def topic_id(number: int) -> str:
    """Of the topic with this number."""
    return f"t{number}"


def topics(count: int) -> list[dict[str, Any]]:
    """As a configuration file has them: names, phrases, themes, exclusions."""
    return [
        {"id": topic_id(i), "name": f"T{i}", "query": _SHAPES[i % len(_SHAPES)].format(brand(i))} for i in range(count)
    ]


def brand(number: int) -> str:
    """A pronounceable name of its own for every number."""
    first, rest = number % 20, number // 20
    return "bcdfghklmnprstvwxzjq"[first] + "aeiou"[rest % 5] + "lmnrstvzkp"[rest // 5 % 10] + f"ora{rest // 50:x}"


def mentions(count: int, rng: random.Random, *, brands: int, per_second: float, kafka_topic: str) -> Iterator[Outgoing]:
    """Records to be written, each of about 280 bytes of JSON, no two texts alike.

    42 % name one of the first `brands` brands, every fifth of those another one besides: 1.2 topics each. The brand
    at rank r is named as often as 1 / r says.
    """
    lexicon = [word for word in SentimentIntensityAnalyzer().lexicon if word.isalpha()]
    weights = _cumulated([1 / (rank + 1) for rank in range(brands)])
    for number in range(count):
        at = START + timedelta(seconds=number / per_second)
        words: list[str] = []
        if rng.random() < MATCHED_SHARE:
            named = rng.choices(range(brands), cum_weights=weights)
            while rng.random() < SECOND_BRAND_SHARE and len(named) < 2:
                named = list({*named, *rng.choices(range(brands), cum_weights=weights)})
            words += [brand(one) for one in named]
            words.append(rng.choice(("support", "order", "refund", "delayed")))
        fields = {
            "id": str(1_900_000_000_000_000_000 + number * 7919),
            "platform": rng.choice(("x", "reddit", "instagram")),
            "published_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "author": {"id": f"{rng.getrandbits(40):x}"},
            "lang": "en",
            "text": "",
        }
        room = MENTION_BYTES - len(_json(fields))
        fields["text"] = _text(words, room, rng, lexicon)
        yield Outgoing(
            kafka_topic,
            f"{fields['platform']}:{fields['id']}".encode(),
            _json(fields),
            timestamp_ms=round(at.timestamp() * 1000) + _ACCEPTED_AFTER_MS,
        )


def usual_past(count: int, rng: random.Random, *, minutes: int, per_second: float) -> Iterator[PartialCount]:
    """What `count` topics counted in the minutes before, at the very rates of `mentions`: what comes is as usual."""
    begin = int(START.timestamp()) // 60 * 60 - minutes * 60
    shares = [1 / (rank + 1) for rank in range(count)]
    a_minute = per_second * 60 * MATCHED_SHARE * (1 + SECOND_BRAND_SHARE) / sum(shares)
    for minute in range(minutes):
        for number, share in enumerate(shares):
            total = poisson(rng, a_minute * share)
            if total:
                negative = min(max(round(rng.gauss(0.5 * total, 0.5 * total**0.5)), 0), total)  # as of such texts
                yield _counted(number, begin + minute * 60, negative, positive=total - negative)


def past(count: int, rng: random.Random, *, minutes: int, every: int) -> Iterator[PartialCount]:
    """What `count` topics counted in the hours before: little, but every detector has an opinion of its own."""
    begin = int(START.timestamp()) // 60 * 60 - minutes * 60
    for minute in range(0, minutes, every):
        for number in range(count):
            total = rng.randint(2, 8)
            negative = rng.randint(0, total)
            yield _counted(number, begin + minute * 60, negative, neutral=total - negative)


def _counted(number: int, second: int, negative: int, *, neutral: int = 0, positive: int = 0) -> PartialCount:
    return PartialCount(
        topic=topic_id(number),
        revision=1,
        second=second,
        tally=Tally(
            mentions=negative + neutral + positive,
            negative=negative,
            neutral=neutral,
            positive=positive,
            polarity_sum=0.5 * (positive - negative),
            polarity_squares=0.25 * (positive + negative),
        ),
        history=True,
        seconds=60,
    )


def _json(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _text(words: list[str], room: int, rng: random.Random, lexicon: Sequence[str]) -> str:
    length = sum(len(word.encode()) + 1 for word in words)
    while length < room:
        dice = rng.random()
        word = rng.choice(_COMMON if dice < 0.8 else lexicon if dice < 0.985 else _EMOJI)
        words.append(word)
        length += len(word.encode()) + 1
    rng.shuffle(words)
    return " ".join(words)


def _cumulated(weights: Sequence[float]) -> list[float]:
    total, sums = 0.0, []
    for weight in weights:
        total += weight
        sums.append(total)
    return sums
