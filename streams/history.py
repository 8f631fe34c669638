"""The past as partial counts: what topics learn from before they go live, and what a backtest decides on."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from streams import codec
from streams.broker.base import Partition, Record
from streams.count_table import CountRow, steps_of
from streams.events import PartialCount, Tally
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.sentiment.base import Scorer
from streams.settings import StreamSettings
from streams.stages.mention_time import HISTORY_HEADER
from streams.stages.score import ScoreStage
from streams.topic import Topic
from streams.windows import MINUTE

_TYPICAL_POLARITY: Final = 0.5  # where only classes are known: about what the lexicon gives a text that has one
_LAST_SECOND: Final = 253_402_300_799  # the year 9999 ends
_PAST: Final = Partition("history", 0)
_HEADERS: Final = ((HISTORY_HEADER, b"1"),)


def partials_of_mentions(
    mentions: Iterable[Mention],
    *,
    matcher: TopicMatcher,
    scorer: Scorer,
    settings: StreamSettings,
    resolution_seconds: int = MINUTE,
) -> Iterator[PartialCount]:
    """History partials by the score stage itself: duplicates, updates and deletions count as they would live.

    Args:
        mentions: Oldest first, as recorded.
        resolution_seconds: Mentions of the same stretch share a partial; 1 decides soonest, 60 loads fastest.
    """
    stage = ScoreStage(
        matcher=matcher,
        scorer=scorer,
        kafka=settings.kafka,
        time=settings.time,
        settings=settings.score,
        source=_PAST,
        sources=1,
        partials_partitions=1,
    )
    stretch: int | None = None
    pending = 0
    now = datetime.fromtimestamp(0, UTC)  # history has no clock: watermarks are not ours to write
    for offset, mention in enumerate(mentions):
        second = min(max(math.floor(mention.published_at.timestamp()), 0), _LAST_SECOND)  # as live
        start = second - second % resolution_seconds
        if stretch is not None and start != stretch and pending:
            yield from _flushed(stage, now, resolution_seconds)
            pending = 0
        stretch = start
        floored = msgspec.structs.replace(mention, published_at=datetime.fromtimestamp(start, UTC))
        stage.fold((Record(_PAST, offset, None, codec.encode_mention(floored), 0, _HEADERS),), now)
        pending += 1
    yield from _flushed(stage, now, resolution_seconds)


def _flushed(stage: ScoreStage, now: datetime, seconds: int) -> Iterator[PartialCount]:
    for outgoing in stage.flush(now, at_end=False):
        if outgoing.kafka_topic.endswith(".partials"):
            for value in codec.decode_of_partials(outgoing.value):
                if isinstance(value, PartialCount):
                    yield msgspec.structs.replace(value, seconds=seconds)


def partials_of_counts(topic: Topic, rows: Sequence[CountRow]) -> Iterator[tuple[int, PartialCount]]:
    """History partials with the index of the row that each comes from, spread evenly over the minutes of the row.

    A row without mentions is one empty partial: time passed, and it was silent.
    """
    for index, (row, step) in enumerate(zip(rows, steps_of(rows), strict=True)):
        parts = max(step // MINUTE, 1)
        if row.value == 0:
            yield index, _partial(topic, row.at + (parts - 1) * MINUTE, Tally())
            continue
        for part in range(parts):
            tally = _share(row, part, parts)
            if tally.mentions:
                yield index, _partial(topic, row.at + part * MINUTE, tally)


def _partial(topic: Topic, second: int, tally: Tally) -> PartialCount:
    return PartialCount(topic.id, topic.revision, second, tally, history=True, seconds=MINUTE)


def _share(row: CountRow, part: int, parts: int) -> Tally:
    before, after = (row.value * edge // parts for edge in (part, part + 1))
    mentions = after - before
    if row.negative is None and row.positive is None and row.sentiment is None:
        return Tally(mentions=mentions, unscored=mentions)
    (negative_before, positive_before), (negative_after, positive_after) = _moods(row, before), _moods(row, after)
    negative, positive = negative_after - negative_before, positive_after - positive_before
    if row.sentiment is None:
        polarity, squares = _TYPICAL_POLARITY * (positive - negative), _TYPICAL_POLARITY**2 * (positive + negative)
    else:
        polarity, squares = row.sentiment * mentions, max(row.sentiment**2, _TYPICAL_POLARITY**2) * mentions
    return Tally(
        mentions=mentions,
        negative=negative,
        neutral=mentions - negative - positive,
        positive=positive,
        polarity_sum=polarity,
        polarity_squares=squares,
    )


def _moods(row: CountRow, mentions: int) -> tuple[int, int]:
    """How many of the row's first mentions are negative, and how many positive: spread evenly over them, none lost.

    First what has a mood is spread over the mentions, then the negative over these, so that no minute has more moods
    than mentions. Where only the mean polarity is known, they are those that it takes at least: no negative mention at
    all is something else than an unknown number.
    """
    negative, positive = row.negative or 0, row.positive or 0
    if row.negative is None and row.positive is None and row.sentiment is not None:
        least = min(round(abs(row.sentiment) / _TYPICAL_POLARITY * row.value), row.value)
        negative, positive = (least, 0) if row.sentiment < 0 else (0, least)
    moods = negative + positive
    if moods == 0:
        return 0, 0
    so_far = moods * mentions // row.value
    return negative * so_far // moods, so_far - negative * so_far // moods
