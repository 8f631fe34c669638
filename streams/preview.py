"""A query tried on what was said lately, before anybody relies on it."""

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from streams import codec
from streams.backtest import Page, backtest_mentions
from streams.broker.base import Broker, Partition, Record
from streams.canary import CANARY
from streams.errors import InvalidMention
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.sentiment import registry
from streams.sentiment.base import Scorer
from streams.settings import StreamSettings
from streams.topic_settings import TopicSettings

MOST_MENTIONS: Final = 50_000
MOST_MATCHED: Final = 10_000
MOST_SAMPLES: Final = 12
HOUR: Final = 3600
_OLDEST: Final = timedelta(days=366)


class Preview(msgspec.Struct, frozen=True):
    """What a topic would have caught, and whom it would have woken.

    Attributes:
        looked_at: Recent mentions that were tried; unreadable ones are left out.
        matched: How many of them are the topic's.
        since: When the oldest of those that were looked at was published; None where there is none. Likewise `until`.
            One that claims to be of the future, or older than a year, is taken to be published when Kafka accepted it.
        by_hour: The beginning of each hour with a match, seconds since 1970, and how many matched; oldest first.
        samples: Matches, newest first; hostile like every mention.
        pages: Pages that would have gone out in that time, by the code that runs live. Empty too where the time is
            shorter than the topic's warm-up.
        complete: False where more matched than are run through the detectors.
    """

    looked_at: int
    matched: int
    since: datetime | None
    until: datetime | None
    by_hour: tuple[tuple[int, int], ...]
    samples: tuple[Mention, ...]
    pages: tuple[Page, ...]
    complete: bool


def scorer_of(settings: StreamSettings) -> Scorer:
    """The scorer of the configuration; loading it takes a moment."""
    return registry.scorer_of(settings.score)


async def recent_mentions(broker: Broker, settings: StreamSettings, *, most: int = MOST_MENTIONS) -> list[Mention]:
    """The newest mentions of every partition, oldest first; about `most` in all.

    Raises:
        BrokerUnavailable: Kafka does not answer.
    """
    name = settings.kafka.mentions
    described = (await broker.describe_topics([name])).get(name)
    if described is None:
        return []
    share = max(1, most // described.partitions)
    parts: list[list[Mention]] = []
    for number in range(described.partitions):
        found: list[Mention] = []
        async with aclosing(broker.scan(Partition(name, number), -share)) as packs:  # type: ignore[type-var]  # scan is a generator
            async for records in packs:
                found += _readable(records)
        found.sort(key=lambda mention: mention.published_at)
        parts.append(found)
    return list(heapq.merge(*parts, key=lambda mention: mention.published_at))


def preview(topic: TopicSettings, mentions: Sequence[Mention], *, settings: StreamSettings, scorer: Scorer) -> Preview:
    """Try the topic on these mentions, oldest first. Takes seconds: not for an event loop.

    Raises:
        InvalidQuery: The topic's query does not parse.
    """
    alone = settings.model_copy(update={"topics": (topic,)})
    matcher = TopicMatcher(alone.topic_values())
    matched = [mention for mention in mentions if matcher.match(mention)]
    hours = Counter(int(mention.published_at.timestamp()) // HOUR * HOUR for mention in matched)
    run = matched[-MOST_MATCHED:]
    return Preview(
        looked_at=len(mentions),
        matched=len(matched),
        since=mentions[0].published_at if mentions else None,
        until=mentions[-1].published_at if mentions else None,
        by_hour=tuple(sorted(hours.items())),
        samples=tuple(reversed(matched[-MOST_SAMPLES:])),
        pages=backtest_mentions([_Recent(run)], settings=alone, scorer=scorer).pages,
        complete=len(run) == len(matched),
    )


class _Recent:
    """A source of what is known already."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self._mentions = mentions

    def read(self) -> Iterator[Mention | InvalidMention]:
        yield from self._mentions


def _readable(records: Sequence[Record]) -> list[Mention]:
    found = []
    for record in records:
        try:
            mention = codec.decode_mention(record.value)
        except InvalidMention:
            continue
        if mention.platform != CANARY:
            found.append(_dated(mention, record.timestamp_ms))
    return found


def _dated(mention: Mention, accepted_ms: int) -> Mention:
    """As it is, unless its date is one that nobody can have spoken at: then when Kafka accepted it."""
    accepted = datetime.fromtimestamp(accepted_ms / 1000, UTC)
    if accepted - _OLDEST <= mention.published_at <= accepted:
        return mention
    return msgspec.structs.replace(mention, published_at=accepted)
