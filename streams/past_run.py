"""The topics of a detect stage fed by hand with the past, and the same past under other budgets."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from streams.events import Detection, PartialCount, Phase, Tally, WindowCount
from streams.feeds import Feeds
from streams.settings import StreamSettings
from streams.stages.detail import Detail
from streams.stages.watched_topics import WatchedTopics
from streams.topic import Topic
from streams.windows import MINUTE

_SILENT: Final = Tally()


class PastRun:
    """What is said to each partial count: detections that opened, in that order, and the newest window counts.

    It is what the detect stage decides, without the records that it reads and writes, and without evidence in words.

    Args:
        keep_windows: Whether `windows` is filled, by topic and start.
    """

    def __init__(self, settings: StreamSettings, topics: Iterable[Topic], *, keep_windows: bool = True) -> None:
        self._topics = WatchedTopics(
            topics,
            time=settings.time,
            detect=settings.detect,
            feeds=Feeds(),
            detail=Detail(counts=keep_windows, evidence=False),
        )
        self.opened: list[Detection] = []
        self.windows: dict[tuple[str, int], WindowCount] = {}
        self._newest: dict[str, int] = {}

    def expected(self, topic: str, seconds: int) -> tuple[float, float, float] | None:
        """Mean, low and high of the mentions expected in `seconds`; None while the topic is warming up or unknown."""
        watch = self._topics.get(topic)
        return None if watch is None else watch.expected(seconds)

    def finish(self) -> None:
        """Let the last minute of every topic pass, so that its window closes too."""
        for topic, second in tuple(self._newest.items()):
            self.add(PartialCount(topic=topic, revision=1, second=second + MINUTE, tally=Tally(), history=True))

    def add(self, partial: PartialCount) -> bool:
        """Whether it led to a page. Partial counts of the past only: they bring their own time with them."""
        watch = self._topics.of(partial.topic)
        if watch is None:
            return False
        begun = partial.topic in self._newest
        if partial.second > self._newest.get(partial.topic, 0):
            self._newest[partial.topic] = partial.second
        before = len(self.opened)
        # who is silent sends no partial count: time passes, and nobody decides on it, as live
        silent = begun and not partial.tally.mentions and partial.tally == _SILENT
        for told in watch.tick(partial.second) if silent else watch.add(partial, None)[1]:
            if isinstance(told, WindowCount):
                self.windows[told.topic, told.start] = told
            elif isinstance(told, Detection) and told.phase is Phase.OPENED:
                self.opened.append(told)
        self._topics.spoke(partial.topic, watch)
        return len(self.opened) > before


class OtherBudgets:
    """The same past under other budgets: what a budget decides changes what is learned, so each has its own run.

    Args:
        run: What is run anyway; it stands for a budget that all of its topics have.
        budgets: Pages a week for every topic.
    """

    def __init__(
        self, run: PastRun, settings: StreamSettings, topics: Sequence[Topic], budgets: Sequence[float]
    ) -> None:
        self._topics = topics
        self._runs = {
            budget: run
            if all(topic.budget == budget for topic in topics)
            else PastRun(settings, [_with(topic, budget) for topic in topics], keep_windows=False)
            for budget in budgets
        }
        self._own = [other for other in self._runs.values() if other is not run]

    def add(self, partial: PartialCount) -> None:
        """The next of the past."""
        for run in self._own:
            run.add(partial)

    def finish(self) -> None:
        """There is no more of it."""
        for run in self._own:
            run.finish()

    def pages(self) -> dict[str, dict[float, int]]:
        """How many, by topic and budget."""
        counted = {budget: Counter(detection.topic for detection in run.opened) for budget, run in self._runs.items()}
        return {topic.id: {budget: pages[topic.id] for budget, pages in counted.items()} for topic in self._topics}


def _with(topic: Topic, pages_per_week: float) -> Topic:
    return msgspec.structs.replace(topic, pages_per_week=pages_per_week, share=1.0)
