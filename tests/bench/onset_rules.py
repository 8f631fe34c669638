"""Three rules as vendors ship them, beside which `onset` shows what it finds."""

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.windows import MINUTE
from tests.bench.watching import HOUR_MINUTES

WEEK_HOURS: Final = 7 * 24

Hours = Sequence[int]
Rule = Callable[[Hours, int], bool]


def above_the_week(past: Hours, now: int) -> bool:
    """The last hour is above 150 % of the mean hour of seven days."""
    week = past[-WEEK_HOURS:]
    return now > 1.5 * sum(week) / len(week)


def above_half_a_day(past: Hours, now: int) -> bool:
    """The last hour is above three times the mean of the twelve hours before."""
    return now > 3.0 * sum(past[-12:]) / 12


def above_three_sigma(past: Hours, now: int) -> bool:
    """The last hour is above mean and three standard deviations of the hours of seven days."""
    week = past[-WEEK_HOURS:]
    return now > statistics.fmean(week) + 3.0 * statistics.pstdev(week)


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "150 % of the 7-day mean": above_the_week,
        "an hour at 3x the 12 before": above_half_a_day,
        "mean + 3 sd": above_three_sigma,
    }
)


def by_rule(rule: Rule, past: Sequence[int], after: Sequence[int]) -> tuple[int | None, float]:
    """The rule looks at each full hour before the step, once an hour, and at the last hour after each mention."""
    hours = [sum(past[start : start + HOUR_MINUTES]) for start in range(0, len(past), HOUR_MINUTES)]
    above = [rule(hours[:index], hours[index]) for index in range(WEEK_HOURS // 2, len(hours))]
    rises = sum(now and not before for before, now in zip([False, *above], above, strict=False))
    false_pages = rises / (len(above) / WEEK_HOURS)
    minutes = [minute for minute, count in enumerate(past) for _ in range(count)]
    seconds = [(minute - len(past)) * MINUTE for minute in minutes[-10_000:]] + list(after)
    before = len(seconds) - len(after)
    oldest = 0
    for number in range(1, len(after) + 1):
        newest = before + number
        now = seconds[newest - 1]
        while seconds[oldest] <= now - HOUR_MINUTES * MINUTE:
            oldest += 1
        # hours that ended before the last one began, as they stood then
        passed = max(0, (now - HOUR_MINUTES * MINUTE) // (HOUR_MINUTES * MINUTE))
        since = [0] * passed
        for second in after:
            if second // (HOUR_MINUTES * MINUTE) < passed:
                since[second // (HOUR_MINUTES * MINUTE)] += 1
        if rule(hours + since, newest - oldest):
            return number, false_pages
    return None, false_pages
