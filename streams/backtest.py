"""What would have paged: the very same stages over a recorded past."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from streams import codec
from streams.broker.base import Partition, Record
from streams.errors import InvalidMention
from streams.events import Detection, Direction, PartialCount, Phase, Tally, WindowCount
from streams.history import partials_of_counts, partials_of_mentions, read_counts, steps_of
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.sentiment.base import Scorer
from streams.settings import StreamSettings
from streams.sources.base import Source
from streams.stages.detect import DetectStage
from streams.topic import Topic
from streams.windows import MINUTE

_NOWHERE: Final = Partition("backtest", 0)
_NO_CLOCK: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_REFUSALS: Final = 20


class Page(msgspec.Struct, frozen=True):
    """A page that would have gone out.

    Attributes:
        onset: Estimated start of the event.
        false_pages_per_week: The odds: how often the topic shows as much with nothing going on.
        observed: Mentions in the deciding window.
        expected: Mentions that were usual in it.
    """

    topic: str
    at: datetime
    onset: datetime
    false_pages_per_week: float
    observed: int
    expected: float
    detector: str
    direction: Direction


class Row(msgspec.Struct, frozen=True):
    """One window and what was expected in it; None while the topic was warming up."""

    at: datetime
    value: int
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    score: float | None = None
    page: bool = False


class Report(msgspec.Struct, frozen=True):
    """The outcome of a backtest.

    Attributes:
        pages: In order of time.
        rows: By topic id, in order of time; of mentions a row for each minute with mentions, of counts as in the file.
        mentions: How many were read.
        unreadable: How many could not be read.
        refusals: Why, for the first 20 of them.
    """

    pages: tuple[Page, ...]
    rows: dict[str, tuple[Row, ...]]
    mentions: int
    unreadable: int = 0
    refusals: tuple[str, ...] = ()


def backtest_counts(path: Path, *, settings: StreamSettings | None = None) -> Report:
    """Run a counts file, one topic, through the detect stage; each row is decided on as it arrives.

    Args:
        path: CSV with `timestamp,value` and optionally `negative,positive,sentiment`; the topic is named after it.
        settings: Time and detect settings; the defaults are the product's.

    Raises:
        InvalidInput: The file is not as it should be.
        OSError: The file cannot be read.
    """
    settings = settings or StreamSettings()
    rows = read_counts(path)
    steps = steps_of(rows)
    name = path.name.removesuffix(".gz").removesuffix(".csv")
    topic = Topic(
        id=re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:64] or "counts",
        name=name,
        query=name,
        pages_per_week=settings.detect.pages_per_week,
    )
    run = _Run(settings, (topic,))
    paged: set[int] = set()
    expected: dict[int, tuple[float, float, float] | None] = {}
    for index, partial in partials_of_counts(topic, rows):
        if index not in expected:
            expected[index] = run.stage.expected(topic.id, steps[index])
        if run.add(partial):
            paged.add(index)
    run.finish()
    scores = {start: window.score for (_, start), window in run.windows.items()}
    told = []
    for index, (row, step) in enumerate(zip(rows, steps, strict=True)):
        mean, low, high = expected.get(index) or (None, None, None)
        first = row.at - row.at % MINUTE
        seen = [score for at in range(first, row.at + step, MINUTE) if (score := scores.get(at)) is not None]
        told.append(Row(_time(row.at), row.value, mean, low, high, max(seen, default=None), page=index in paged))
    return Report(tuple(run.pages), {topic.id: tuple(told)}, sum(row.value for row in rows))


def backtest_mentions(sources: Sequence[Source], *, settings: StreamSettings, scorer: Scorer) -> Report:
    """Run recorded mentions through the score and detect stages, for all topics of `settings`.

    Args:
        sources: Read one after the other, oldest mention first.
        settings: Topics and everything else as live.

    Raises:
        InvalidQuery: A topic's query does not parse.
        OSError: A file cannot be read.
    """
    topics = settings.topic_values()
    run = _Run(settings, topics)
    reader = _Reader(sources)
    for partial in partials_of_mentions(
        reader.mentions(), matcher=TopicMatcher(topics), scorer=scorer, settings=settings, resolution_seconds=1
    ):
        run.add(partial)
    run.finish()
    pages = {(page.topic, int(page.at.timestamp()) // MINUTE) for page in run.pages}
    rows: dict[str, list[Row]] = {topic.id: [] for topic in topics}
    for (topic_id, start), window in sorted(run.windows.items()):
        rows[topic_id].append(
            Row(
                _time(start),
                window.tally.mentions,
                window.expected,
                window.low,
                window.high,
                window.score,
                page=(topic_id, start // MINUTE) in pages,
            )
        )
    told = {topic_id: tuple(windows) for topic_id, windows in rows.items()}
    pages_by_time = tuple(sorted(run.pages, key=lambda page: (page.at, page.topic)))
    return Report(pages_by_time, told, reader.read, reader.unreadable, tuple(reader.refusals))


def write_rows(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write `<topic>.csv` for each topic: timestamp,value,expected,low,high,score,page (1 where a page went out).

    Raises:
        OSError: A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for topic, rows in report.rows.items():
        path = folder / f"{topic}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(("timestamp", "value", "expected", "low", "high", "score", "page"))
            for row in rows:
                figures = [_figure(value) for value in (row.expected, row.low, row.high, row.score)]
                table.writerow((row.at.strftime("%Y-%m-%d %H:%M:%S"), row.value, *figures, int(row.page)))
        written.append(path)
    return tuple(written)


class _Reader:
    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self.read = 0
        self.unreadable = 0
        self.refusals: list[str] = []

    def mentions(self) -> Iterator[Mention]:
        for source in self._sources:
            for mention in source.read():
                if isinstance(mention, InvalidMention):
                    self.unreadable += 1
                    if len(self.refusals) < _MOST_REFUSALS:
                        self.refusals.append(mention.reason)
                else:
                    self.read += 1
                    yield mention


class _Run:
    """A detect stage fed by hand."""

    def __init__(self, settings: StreamSettings, topics: Iterable[Topic]) -> None:
        self.stage = DetectStage(0, kafka=settings.kafka, time=settings.time, detect=settings.detect, topics=topics)
        self.pages: list[Page] = []
        self.windows: dict[tuple[str, int], WindowCount] = {}
        self._kafka = settings.kafka
        self._offset = 0
        self._newest: dict[str, int] = {}

    def finish(self) -> None:
        """Let the last minute of every topic pass, so that its window closes too."""
        for topic, second in tuple(self._newest.items()):
            self.add(PartialCount(topic=topic, revision=1, second=second + MINUTE, tally=Tally(), history=True))

    def add(self, partial: PartialCount) -> bool:
        """Whether it led to a page."""
        if partial.second > self._newest.get(partial.topic, 0):
            self._newest[partial.topic] = partial.second
        self.stage.fold((Record(_NOWHERE, self._offset, None, codec.encode_partial(partial), 0),), _NO_CLOCK)
        self._offset += 1
        before = len(self.pages)
        for outgoing in self.stage.flush(_NO_CLOCK, at_end=False):
            if outgoing.kafka_topic == self._kafka.windows:
                window = codec.decode_window(outgoing.value)
                self.windows[window.topic, window.start] = window
            else:
                detection = codec.decode_detection(outgoing.value)
                if detection.phase is Phase.OPENED:
                    self.pages.append(_page(detection))
        return len(self.pages) > before


def _page(detection: Detection) -> Page:
    return Page(
        topic=detection.topic,
        at=detection.at,
        onset=detection.onset,
        false_pages_per_week=detection.false_pages_per_week,
        observed=detection.evidence.observed,
        expected=detection.evidence.expected,
        detector=detection.detector,
        direction=detection.direction,
    )


def _time(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
