"""One simulated topic, an event on it, and what is found of it."""

import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.events import Detection, Direction, Phase, Tally
from streams.windows import MINUTE
from tests.bench.watching import Watched
from tests.fakes.streams_of_counts import START

BUDGET: Final = 1.0


class Found(NamedTuple):
    """What was found of one event.

    Attributes:
        mentions: From its start to the page; None where it was not found.
        minutes: The same in minutes.
        held: Whether the interval of the onset holds the true start; None where nothing was found.
        width_minutes: How wide that interval is.
        false_pages: Pages a week before it.
    """

    mentions: int | None
    minutes: float | None
    held: bool | None
    width_minutes: float | None
    false_pages: float


def watched(past: Sequence[int], after: Iterable[tuple[int, Tally]], random_: random.Random, weeks: int) -> Found:
    """So many mentions a minute without an event, then each mention of the event at its second, until it is found."""
    topic = Watched(random_, pages_per_week=BUDGET)
    topic.run(past)
    false_pages = len(topic.opened()) / weeks
    begin = START + topic.minute * MINUTE
    for number, (second, mention) in enumerate(after, start=1):
        pass_to(topic, begin + second)
        for told in topic.add(begin + second, mention):
            if told.phase is Phase.OPENED:
                return _found(told, number, second, begin, false_pages)
    return Found(None, None, None, None, false_pages)


def pass_to(topic: Watched, second: int) -> None:
    """Let the minutes before `second` end."""
    while topic.minute * MINUTE + START + MINUTE <= second:
        topic.end_minute()


def _found(told: Detection, number: int, second: int, begin: int, false_pages: float) -> Found:
    if told.onset_earliest is None or told.onset_latest is None:
        return Found(number, second / MINUTE, None, None, false_pages)
    earliest, latest = told.onset_earliest.timestamp(), told.onset_latest.timestamp()
    return Found(number, second / MINUTE, earliest <= begin <= latest, (latest - earliest) / MINUTE, false_pages)


def crises(detections: Iterable[Detection]) -> int:
    """How many of them page as a crisis: opened as one, or turned into one."""
    paging = (Phase.OPENED, Phase.GREW)
    return sum(told.direction is Direction.CRISIS and told.phase in paging for told in detections)


def quantile(found: Sequence[float | None], share: float) -> float | str:
    """The value that so large a share stays within; what was not found lies beyond all."""
    ordered = sorted(float("inf") if value is None else value for value in found)
    value = ordered[min(int(share * len(ordered)), len(ordered) - 1)]
    return "not found" if value == float("inf") else float(value)
