"""A detect stage fed by hand with the past, and the same past under other budgets."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from streams import codec
from streams.broker.base import Partition, Record
from streams.events import Detection, PartialCount, Phase, Tally, WindowCount
from streams.settings import StreamSettings
from streams.stages.detect import DetectStage
from streams.topic import Topic
from streams.windows import MINUTE

_NOWHERE: Final = Partition("backtest", 0)
_NO_CLOCK: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PastRun:
    """What the stage said to each partial count: detections that opened, in that order, and the newest window counts.

    Args:
        keep_windows: Whether `windows` is filled, by topic and start.
    """

    def __init__(self, settings: StreamSettings, topics: Iterable[Topic], *, keep_windows: bool = True) -> None:
        self.stage = DetectStage(0, kafka=settings.kafka, time=settings.time, detect=settings.detect, topics=topics)
        self.opened: list[Detection] = []
        self.windows: dict[tuple[str, int], WindowCount] = {}
        self._keep_windows = keep_windows
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
        before = len(self.opened)
        for outgoing in self.stage.flush(_NO_CLOCK, at_end=False):
            if outgoing.kafka_topic == self._kafka.detections:
                detection = codec.decode_detection(outgoing.value)
                if detection.phase is Phase.OPENED:
                    self.opened.append(detection)
            elif self._keep_windows and outgoing.kafka_topic == self._kafka.windows:
                window = codec.decode_window(outgoing.value)
                self.windows[window.topic, window.start] = window
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
