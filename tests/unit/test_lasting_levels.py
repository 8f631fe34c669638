"""What stays as it is after somebody was told of it is no news, and the usual from then on."""

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.backtest import Report, backtest_counts
from tests.fakes.streams_of_counts import START, negative_binomial

A_DAY = 288
SHIFT_DAY = 10
DAYS = 17

Level = Callable[[float], float]


def steps(*levels: tuple[float, float]) -> Level:
    """Mentions in five minutes by the day: each level from its day on."""
    return lambda day: next(level for since, level in reversed(levels) if day >= since)


def rhythm(level: Level) -> Level:
    """By day six tenths more than the level, by night as much less."""
    return lambda day: level(day) * (1.0 + 0.6 * math.sin(2.0 * math.pi * day))


def pages(folder: Path, level: Level, *, negative: Level | None = None, seed: int = 1) -> list[float]:
    """The days on which a page goes out, counted from the first row."""
    random_ = random.Random(seed)  # noqa: S311 - numbers for a test
    begin = datetime.fromtimestamp(START, UTC)
    lines = ["timestamp,value" if negative is None else "timestamp,value,negative,positive,sentiment"]
    for row in range(DAYS * A_DAY):
        day, at = row / A_DAY, f"{begin + timedelta(minutes=5 * row):%Y-%m-%d %H:%M:%S}"
        value = negative_binomial(random_, level(day), 0.2)
        angry = 0 if negative is None else sum(random_.random() < negative(day) for _ in range(value))
        mood = "" if value == 0 else f"{-0.4 * angry / value:.6f}"
        lines.append(f"{at},{value}" if negative is None else f"{at},{value},{angry},0,{mood}")
    path = folder / "acme.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    report: Report = backtest_counts(path, with_rows=False)
    return [(page.at - begin) / timedelta(days=1) for page in report.pages]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "level",
    [
        pytest.param(steps((0, 5), (SHIFT_DAY, 25)), id="five times as many"),
        pytest.param(steps((0, 5), (SHIFT_DAY, 10)), id="twice as many"),
        pytest.param(rhythm(steps((0, 5), (SHIFT_DAY, 15))), id="three times as many, by day and by night"),
    ],
)
def test_a_level_that_stays_higher_pages_once(tmp_path: Path, level: Level, seed: int) -> None:
    told = pages(tmp_path, level, seed=seed)

    assert len(told) == 1
    assert SHIFT_DAY <= told[0] < SHIFT_DAY + 0.2


def test_a_mood_that_stays_turned_pages_once(tmp_path: Path) -> None:
    told = pages(tmp_path, steps((0, 10)), negative=steps((0, 0.2), (SHIFT_DAY, 0.45)))

    assert len(told) == 1
    assert SHIFT_DAY <= told[0] < SHIFT_DAY + 0.2


def test_a_burst_on_a_new_level_pages(tmp_path: Path) -> None:
    told = pages(tmp_path, steps((0, 5), (SHIFT_DAY, 15), (14, 75), (14.1, 15)))

    assert [int(day) for day in told] == [SHIFT_DAY, 14]


def test_a_level_that_fell_back_pages_when_it_comes_again(tmp_path: Path) -> None:
    told = pages(tmp_path, steps((0, 5), (SHIFT_DAY, 15), (12, 5), (15, 15)))

    assert [int(day) for day in told] == [SHIFT_DAY, 15]


def test_a_storm_that_fades_leaves_no_level_behind(tmp_path: Path) -> None:
    told = pages(tmp_path, steps((0, 5), (SHIFT_DAY, 100), (SHIFT_DAY + 0.1, 5), (SHIFT_DAY + 1, 10)))

    assert [int(day) for day in told] == [SHIFT_DAY, SHIFT_DAY + 1]
