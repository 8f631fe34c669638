"""What would have paged: the very same stages over a recorded past."""

import itertools
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from streams.count_table import name_of_counts, read_counts, steps_of
from streams.errors import InvalidMention
from streams.events import Detection, Direction
from streams.history import partials_of_counts, partials_of_mentions
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.past_run import OtherBudgets, PastRun
from streams.sentiment.base import Scorer
from streams.settings import StreamSettings
from streams.shares import Reach, to_one
from streams.sources.base import Source
from streams.topic import Topic
from streams.windows import MINUTE

_MOST_REFUSALS: Final = 20
_TELL_EVERY: Final = 500
_LONGEST_ID: Final = 56  # a number behind it still makes an id of at most 64

Progress = Callable[[int, int | None], None]
"""Told how many rows or mentions are done, and of how many if that is known."""


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
    """One window of `seconds` and what was expected in it; None while the topic was warming up."""

    at: datetime
    value: int
    seconds: int = MINUTE
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
        topics: What was watched, each with the budget that was in force.
        newest: When the newest of what was read is dated; None where nothing was.
        pages_by_budget: By topic id, how many pages each of the other budgets would have sent, in pages a week.
    """

    pages: tuple[Page, ...]
    rows: dict[str, tuple[Row, ...]]
    mentions: int
    unreadable: int = 0
    refusals: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    pages_by_budget: dict[str, dict[float, int]] = {}
    newest: datetime | None = None


def backtest_counts(
    path: Path,
    *,
    settings: StreamSettings | None = None,
    budgets: Sequence[float] = (),
    progress: Progress | None = None,
    with_rows: bool = True,
    taken: Collection[str] = (),
) -> Report:
    """Run a counts file, one topic, through the detect stage; each row is decided on as it arrives.

    Args:
        path: CSV with `timestamp,value` and optionally `negative,positive,sentiment`; the topic is named after it.
        settings: Time and detect settings; the defaults are the product's.
        budgets: Other pages a week, each tried in a run of its own beside the first.
        with_rows: Whether `rows` are wanted; else minutes are scored only where a page might come of it.
        taken: Ids of other topics; where the file's name leads to one of them, a number is added to it.

    Raises:
        InvalidInput: The file is not as it should be.
        OSError: The file cannot be read.
    """
    settings = settings or StreamSettings()
    rows = read_counts(path)
    steps = steps_of(rows)
    topic = _topic_of(path, taken, settings.detect.pages_per_week)
    run = PastRun(settings, (topic,), keep_windows=with_rows)
    others = OtherBudgets(run, settings, (topic,), budgets)
    paged: set[int] = set()
    expected: dict[int, tuple[float, float, float] | None] = {}
    newest = -1
    for index, partial in partials_of_counts(topic, rows):
        if index != newest:
            newest = index
            if with_rows:
                expected[index] = run.expected(topic.id, steps[index])
            if progress is not None and index % _TELL_EVERY == 0:
                progress(index, len(rows))
        if run.add(partial):
            paged.add(index)
        others.add(partial)
    run.finish()
    others.finish()
    scores = {start: window.score for (_, start), window in run.windows.items()}
    told = []
    for index, (row, step) in enumerate(zip(rows, steps, strict=True) if with_rows else ()):
        mean, low, high = expected.get(index) or (None, None, None)
        first = row.at - row.at % MINUTE
        seen = [score for at in range(first, row.at + step, MINUTE) if (score := scores.get(at)) is not None]
        score = max(seen, default=None)
        told.append(Row(_time(row.at), row.value, step, mean, low, high, score, page=index in paged))
    return Report(
        tuple(_page(detection) for detection in run.opened),
        {topic.id: tuple(told)} if with_rows else {},
        sum(row.value for row in rows),
        topics=(topic,),
        pages_by_budget=others.pages(),
        newest=_time(rows[-1].at),
    )


def backtest_mentions(
    sources: Sequence[Source],
    *,
    settings: StreamSettings,
    scorer: Scorer,
    budgets: Sequence[float] = (),
    progress: Progress | None = None,
    reach: Reach = to_one,
    with_rows: bool = True,
) -> Report:
    """Run recorded mentions through the score and detect stages, for all topics of `settings`.

    Args:
        sources: Read one after the other, oldest mention first.
        settings: Topics and everything else as live.
        budgets: Other pages a week for every topic, each tried in a run of its own beside the first.
        reach: Which receivers the pages of a topic go to, as live.
        with_rows: As in `backtest_counts`.

    Raises:
        InvalidQuery: A topic's query does not parse.
        OSError: A file cannot be read.
    """
    topics = settings.topic_values(reach)
    run = PastRun(settings, topics, keep_windows=with_rows)
    others = OtherBudgets(run, settings, topics, budgets)
    reader = _Reader(sources, progress)
    for partial in partials_of_mentions(
        reader.mentions(), matcher=TopicMatcher(topics), scorer=scorer, settings=settings, resolution_seconds=1
    ):
        run.add(partial)
        others.add(partial)
    run.finish()
    others.finish()
    pages = sorted((_page(detection) for detection in run.opened), key=lambda page: (page.at, page.topic))
    minutes = {(page.topic, int(page.at.timestamp()) // MINUTE) for page in pages}
    rows: dict[str, list[Row]] = {topic.id: [] for topic in topics}
    for (topic_id, start), window in sorted(run.windows.items()):
        rows[topic_id].append(
            Row(
                _time(start),
                window.tally.mentions,
                MINUTE,
                window.expected,
                window.low,
                window.high,
                window.score,
                page=(topic_id, start // MINUTE) in minutes,
            )
        )
    told = {topic_id: tuple(windows) for topic_id, windows in rows.items()} if with_rows else {}
    return Report(
        tuple(pages),
        told,
        reader.read,
        reader.unreadable,
        tuple(reader.refusals),
        topics,
        others.pages(),
        reader.newest,
    )


def _topic_of(path: Path, taken: Collection[str], pages_per_week: float) -> Topic:
    name = name_of_counts(path)
    plain = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:_LONGEST_ID] or "counts"
    suffix = next(suffix for suffix in _numbers() if plain + suffix not in taken)
    return Topic(id=plain + suffix, name=name + suffix, query="", pages_per_week=pages_per_week)


def _numbers() -> Iterator[str]:
    yield ""
    yield from (f"-{number}" for number in itertools.count(2))


class _Reader:
    def __init__(self, sources: Sequence[Source], progress: Progress | None) -> None:
        self._sources = sources
        self._progress = progress
        self.read = 0
        self.unreadable = 0
        self.refusals: list[str] = []
        self.newest: datetime | None = None

    def mentions(self) -> Iterator[Mention]:
        for source in self._sources:
            for mention in source.read():
                if isinstance(mention, InvalidMention):
                    self.unreadable += 1
                    if len(self.refusals) < _MOST_REFUSALS:
                        self.refusals.append(mention.reason)
                else:
                    self.read += 1
                    self.newest = max(self.newest or mention.published_at, mention.published_at)
                    if self._progress is not None and self.read % _TELL_EVERY == 0:
                        self._progress(self.read, None)
                    yield mention


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
