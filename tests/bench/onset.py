"""How many mentions a rise needs to be found, beside three rules as vendors ship them. `make bench-onset`, two minutes.

Each run is a fresh topic of some weeks without an event, then a step of its rate. Counted are the mentions from the
step to the page, both included; a run in which nothing is found until twenty times as many mentions have come as the
goal allows, or in which a page is open at the step, counts as not found. A rule looks at the last hour after each
mention, and before the step at each full hour; how often it rises above its line then is its false pages. The budget
is one false page a week and topic.
"""

import math
import random
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.events import Phase
from streams.windows import MINUTE
from tests.bench.report import Report
from tests.bench.watching import DAY_MINUTES, HOUR_MINUTES, Watched, counts, tally
from tests.fakes.streams_of_counts import START

SEED: Final = 1
RUNS: Final = 40
BUDGET: Final = 1.0
WEEK_HOURS: Final = 7 * 24
PATIENCE: Final = 20


class Step(NamedTuple):
    """A topic and what happens to it.

    Attributes:
        per_hour: Its usual rate.
        times: How many times as many come from the step on.
        weeks: How long it was watched before.
        goal: Mentions within which half of the steps should be found.
    """

    name: str
    per_hour: float
    times: float
    weeks: int
    goal: int


STEPS: Final = (
    Step("5x on 20 an hour", 20.0, 5.0, 2, 12),
    Step("5x on 1 a day", 1 / 24, 5.0, 5, 5),
    Step("3x on 200 an hour", 200.0, 3.0, 1, 60),
)

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


FLIP_PER_HOUR: Final = 20.0
FLIP_WEEKS: Final = 2
FLIP_GOAL: Final = 40
USUAL_SHARE: Final = 0.2
TURNED_SHARE: Final = 0.45
# The ideal CUSUM, which knows both shares: at 5.7 nats it is crossed by chance once in 3,360 mentions, a week of them.
IDEAL_NATS: Final = 5.7


class Outcome(NamedTuple):
    """Mentions to the page, None where it was not found, and pages a week before the step; by who paged."""

    mentions: dict[str, int | None]
    false_pages: dict[str, float]


def main() -> int:
    """The exit code."""
    report = Report("onset", seed=SEED)
    for step in STEPS:
        outcomes = [_run(step, random.Random(f"{SEED} {step.name} {run}")) for run in range(RUNS)]  # noqa: S311 - a simulation
        for who in ("tocsin", *RULES):
            found = [outcome.mentions[who] for outcome in outcomes]
            weeks = statistics.fmean(outcome.false_pages[who] for outcome in outcomes)
            goal = f"<= {step.goal}" if who == "tocsin" else None
            report.add(f"{step.name}, {who}: median", _quantile(found, 0.5), "mentions", goal=goal)
            report.add(f"{step.name}, {who}: 90 of 100 within", _quantile(found, 0.9), "mentions")
            report.add(f"{step.name}, {who}: false pages before", weeks, "1/week", goal="<= 1" if goal else None)
    _add_flips(report)
    report.print()
    return 0


def _add_flips(report: Report) -> None:
    """A mood that turns from 20 to 45 percent negative while the volume stays, labels planted."""
    runs = [_flip(random.Random(f"{SEED} flip {run}")) for run in range(RUNS)]  # noqa: S311 - a simulation
    what = f"{USUAL_SHARE:.0%} to {TURNED_SHARE:.0%} negative on {FLIP_PER_HOUR:g} an hour"
    found = [mentions for mentions, _, _ in runs]
    report.add(f"{what}, tocsin: median", _quantile(found, 0.5), "mentions", goal=f"<= {FLIP_GOAL}")
    report.add(f"{what}, tocsin: 90 of 100 within", _quantile(found, 0.9), "mentions")
    report.add(f"{what}, tocsin: false pages before", statistics.fmean(pages for _, pages, _ in runs), "1/week")
    ideal = [mentions for _, _, mentions in runs]
    report.add(f"{what}, the CUSUM that knows both shares: median", _quantile(ideal, 0.5), "mentions")


def _flip(random_: random.Random) -> tuple[int | None, float, int | None]:
    topic = Watched(random_, pages_per_week=BUDGET)
    topic.run(counts(random_, FLIP_WEEKS * 7 * DAY_MINUTES, FLIP_PER_HOUR / HOUR_MINUTES))
    false_pages = len(topic.opened()) / FLIP_WEEKS
    begin = START + topic.minute * MINUTE
    gain, loss = math.log(TURNED_SHARE / USUAL_SHARE), math.log((1.0 - TURNED_SHARE) / (1.0 - USUAL_SHARE))
    at, nats = 0.0, 0.0
    found: int | None = None
    ideal: int | None = None
    for number in range(1, PATIENCE * FLIP_GOAL):
        at += random_.expovariate(FLIP_PER_HOUR / (HOUR_MINUTES * MINUTE))
        while topic.minute * MINUTE + START + MINUTE <= begin + int(at):
            topic.end_minute()
        mention = tally(random_, 1, TURNED_SHARE)
        told = topic.add(begin + int(at), mention)
        nats = max(nats + (gain if mention.negative else loss), 0.0)
        ideal = number if ideal is None and nats >= IDEAL_NATS else ideal
        found = number if found is None and any(claim.phase is Phase.OPENED for claim in told) else found
        if found is not None and ideal is not None:
            break
    return found, false_pages, ideal


def _quantile(found: Sequence[int | None], share: float) -> float | str:
    ordered = sorted(float("inf") if mentions is None else mentions for mentions in found)
    value = ordered[min(int(share * len(ordered)), len(ordered) - 1)]
    return "not found" if value == float("inf") else float(value)


def _run(step: Step, random_: random.Random) -> Outcome:
    per_minute = step.per_hour / HOUR_MINUTES
    past = list(counts(random_, step.weeks * 7 * DAY_MINUTES, per_minute))
    # every mention by itself, at its own second, as it comes
    after: list[int] = []
    at = 0.0
    for _ in range(PATIENCE * step.goal):
        at += random_.expovariate(per_minute * step.times / MINUTE)
        after.append(int(at))
    mentions: dict[str, int | None] = {}
    false_pages: dict[str, float] = {}
    mentions["tocsin"], false_pages["tocsin"] = _tocsin(past, after, random_, step.weeks)
    for name, rule in RULES.items():
        mentions[name], false_pages[name] = _by_rule(rule, past, after)
    return Outcome(mentions, false_pages)


def _tocsin(past: Sequence[int], after: Sequence[int], random_: random.Random, weeks: int) -> tuple[int | None, float]:
    topic = Watched(random_, pages_per_week=BUDGET)
    topic.run(past)
    false_pages = len(topic.opened()) / weeks
    begin = START + topic.minute * MINUTE
    for number, second in enumerate(after, start=1):
        while topic.minute * MINUTE + START + MINUTE <= begin + second:
            topic.end_minute()
        if any(found.phase is Phase.OPENED for found in topic.add(begin + second, tally(random_, 1))):
            return number, false_pages
    return None, false_pages


def _by_rule(rule: Rule, past: Sequence[int], after: Sequence[int]) -> tuple[int | None, float]:
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


if __name__ == "__main__":
    sys.exit(main())
