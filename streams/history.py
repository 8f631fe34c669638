"""The past as partial counts: what topics learn from before they go live, and what a backtest decides on."""

import csv
import gzip
import io
import itertools
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, Protocol, cast

import msgspec

from streams import codec
from streams.broker.base import Partition, Record
from streams.errors import InvalidInput
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
_LARGEST_COUNT: Final = 10**9
_LONGEST_STEP: Final = 86_400
_LAST_SECOND: Final = 253_402_300_799  # the year 9999 ends
_YEARS: Final = range(2, 9999)  # what lies a day beside them can be told in every zone
_MOST_PROBLEMS: Final = 20
_LONGEST_HEADER: Final = 65_536
_NEEDED: Final = ("timestamp", "value")
_KNOWN: Final = frozenset({*_NEEDED, "negative", "positive", "sentiment"})
_PAST: Final = Partition("history", 0)
_HEADERS: Final = ((HISTORY_HEADER, b"1"),)


class _Table(Protocol):
    """A CSV reader."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


class CountRow(msgspec.Struct, frozen=True):
    """Mentions that somebody else counted from `at`, seconds since 1970, until the next row.

    Attributes:
        sentiment: Mean polarity in [-1, 1].
    """

    at: int
    value: int
    negative: int | None = None
    positive: int | None = None
    sentiment: float | None = None


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


def is_counts(path: Path) -> bool:
    """Whether a file, perhaps gzipped, is named like CSV and its header names `timestamp` and `value`.

    Raises:
        InvalidInput: The file is named like gzip and is not.
        OSError: The file cannot be read.
    """
    if not path.name.lower().removesuffix(".gz").endswith(".csv"):
        return False
    with _text_of(path) as text:
        header = text.readline(_LONGEST_HEADER)
    return set(_NEEDED) <= {_column(name.strip().strip('"')) for name in header.split(",")}


def read_counts(path: Path) -> tuple[CountRow, ...]:
    """The rows of a counts file, oldest first: CSV with `timestamp,value` and optionally `negative,positive,sentiment`.

    Timestamps are ISO 8601, UTC where they name no zone. Columns stand in any order, beside others. The file may be
    gzipped.

    Raises:
        InvalidInput: Columns or cells are not as they should be; at most 20 problems, each with its line.
        OSError: The file cannot be read.
    """
    with _text_of(path) as text:
        return _rows(path, csv.reader(text))


def _rows(path: Path, table: _Table) -> tuple[CountRow, ...]:
    rows: list[CountRow] = []
    problems: list[str] = []
    header = [_column(name) for name in next(table, ())]
    if not set(_NEEDED) <= set(header):
        raise InvalidInput((f"{path}:1: the header has to name timestamp and value",))
    columns = tuple({name: place for place, name in enumerate(header) if name in _KNOWN}.items())
    after: int | None = None
    for cells in table:
        if not cells:
            continue
        try:
            row = _row({name: cells[place] for name, place in columns if place < len(cells)}, after=after)
        except ValueError as exc:
            problems.append(f"{path}:{table.line_num}: {exc}")
            if len(problems) >= _MOST_PROBLEMS:
                break
        else:
            rows.append(row)
            after = row.at
    if not rows and not problems:
        problems.append(f"{path}:2: there is no row below the header")
    if problems:
        raise InvalidInput(tuple(problems))
    return tuple(rows)


@contextmanager
def _text_of(path: Path) -> Iterator[io.TextIOWrapper]:
    try:
        with (
            gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream,
            io.TextIOWrapper(cast("IO[bytes]", stream), encoding="utf-8-sig", errors="replace", newline="") as text,
        ):
            yield text
    except (EOFError, gzip.BadGzipFile, zlib.error) as exc:
        raise InvalidInput((f"{path}: the gzip file is cut off or damaged: {exc}",)) from exc
    except csv.Error as exc:
        raise InvalidInput((f"{path}: not CSV: {exc}",)) from exc


def _column(name: str) -> str:
    return name.strip().lower()


def _row(cells: Mapping[str, str], *, after: int | None) -> CountRow:
    stamp = cells.get("timestamp", "").strip()
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError as exc:
        raise ValueError(f"timestamp is {stamp[:40]!r}, not ISO 8601") from exc
    if at.year not in _YEARS:
        raise ValueError(f"timestamp {stamp} is not in the years {_YEARS[0]} to {_YEARS[-1]}")
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    second = at.timestamp()
    if after is not None and second <= after:
        raise ValueError(f"timestamp {stamp} is not later than that of the row before")
    value = _count_of(cells, "value")
    if value is None:
        raise ValueError("value is missing")
    sentiment = None
    if cells.get("sentiment", "").strip():
        sentiment = _number(cells["sentiment"], "sentiment")
        if not -1.0 <= sentiment <= 1.0:
            raise ValueError(f"sentiment is {sentiment}; allowed are -1 to 1")
    row = CountRow(math.floor(second), value, _count_of(cells, "negative"), _count_of(cells, "positive"), sentiment)
    if (row.negative or 0) + (row.positive or 0) > value:
        raise ValueError(f"negative and positive are more than value ({value})")
    return row


def _count_of(cells: Mapping[str, str], name: str) -> int | None:
    cell = cells.get(name, "").strip()
    if not cell:
        return None
    number = _number(cell, name)
    if not 0 <= number <= _LARGEST_COUNT or number != int(number):
        raise ValueError(f"{name} is {cell[:40]!r}; allowed are whole numbers from 0 to {_LARGEST_COUNT}")
    return int(number)


def _number(cell: str, name: str) -> float:
    try:
        return float(cell)
    except ValueError as exc:
        raise ValueError(f"{name} is {cell.strip()[:40]!r}, not a number") from exc


def steps_of(rows: Sequence[CountRow]) -> tuple[int, ...]:
    """How many seconds each row covers: until the next one, but never more than the usual step, which is the median."""
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(rows)]
    usual = min(sorted(gaps)[len(gaps) // 2], _LONGEST_STEP) if gaps else MINUTE
    return tuple(min(gap, usual) for gap in (*gaps, usual))[: len(rows)]


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
    def of(total: int) -> int:
        return total * (part + 1) // parts - total * part // parts

    mentions = of(row.value)
    if row.negative is None and row.positive is None and row.sentiment is None:
        return Tally(mentions=mentions, unscored=mentions)
    # minutes are cut from each count by itself; where a cut does not fit into its minute, the rest counts as neutral
    negative = min(of(row.negative or 0), mentions)
    positive = min(of(row.positive or 0), mentions - negative)
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
