import gzip
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.backtest import backtest_counts, backtest_mentions
from streams.errors import InvalidInput, InvalidMention
from streams.events import Direction
from streams.mention import Mention
from streams.settings import DetectSettings, StreamSettings
from streams.topic_settings import TopicSettings
from tests.fakes.streams_of_counts import START, minutes

DAY_OF_ROWS = 288
BURST_ROW = 400


def counts(folder: Path, name: str = "Acme Volume.csv") -> Path:
    steady = minutes(21, 500, 20.0, dispersion=0.05)
    lines = ["timestamp,value"]
    for row, slot in enumerate(steady):
        at = datetime.fromtimestamp(START, UTC) + timedelta(minutes=5 * row)
        lines.append(f"{at:%Y-%m-%d %H:%M:%S},{slot.tally.mentions * (12 if BURST_ROW <= row < BURST_ROW + 6 else 1)}")
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_burst_in_counts_pages_once_in_its_first_row(tmp_path: Path) -> None:
    report = backtest_counts(counts(tmp_path))

    rows = report.rows["acme-volume"]
    assert [row for row, outcome in enumerate(rows) if outcome.page] == [BURST_ROW]
    (page,) = report.pages
    assert page.at >= rows[BURST_ROW].at
    assert page.observed > page.expected
    assert page.false_pages_per_week < DetectSettings().pages_per_week
    assert page.direction is Direction.CRISIS


def test_pages_are_the_same_where_nobody_asks_for_rows(tmp_path: Path) -> None:
    path = counts(tmp_path)

    whole, short = backtest_counts(path), backtest_counts(path, with_rows=False)

    assert short.pages == whole.pages != ()
    assert short.rows == {}
    assert short.mentions == whole.mentions


def test_every_row_of_counts_comes_back_with_what_was_expected(tmp_path: Path) -> None:
    report = backtest_counts(counts(tmp_path))

    rows = report.rows["acme-volume"]
    assert len(rows) == 500
    assert rows[0].expected is None
    calm = rows[DAY_OF_ROWS]
    assert calm.expected == pytest.approx(20, rel=0.2)
    assert calm.low is not None
    assert calm.high is not None
    assert calm.low < 20 < calm.high
    assert report.mentions == sum(row.value for row in rows)


def test_a_smaller_budget_is_stricter(tmp_path: Path) -> None:
    strict = StreamSettings(detect=DetectSettings(pages_per_week=1e-9))

    assert backtest_counts(counts(tmp_path), settings=strict).pages == ()


def test_a_mood_that_turns_at_flat_volume_pages_where_the_columns_tell_of_it(tmp_path: Path) -> None:
    path = tmp_path / "moods.csv.gz"
    lines = ["timestamp,value,negative,positive,sentiment"]
    for row in range(500):
        at = datetime.fromtimestamp(START, UTC) + timedelta(minutes=5 * row)
        negative, positive = (30, 2) if row >= BURST_ROW else (8, 10)
        lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ},40,{negative + row % 3},{positive},")
    path.write_bytes(gzip.compress("\n".join(lines).encode()))

    report = backtest_counts(path)

    (page,) = report.pages
    turned = START + 300 * BURST_ROW
    assert page.topic == "moods"
    assert turned <= page.at.timestamp() <= turned + 1800
    assert page.direction is Direction.CRISIS


def test_a_mood_that_turns_pages_where_only_its_mean_is_told(tmp_path: Path) -> None:
    path = tmp_path / "means.csv"
    lines = ["timestamp,value,sentiment"]
    for row in range(500):
        at = datetime.fromtimestamp(START, UTC) + timedelta(minutes=5 * row)
        lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ},40,{(-0.4 if row >= BURST_ROW else -0.05) + 0.02 * (row % 5 - 2):.2f}")
    path.write_text("\n".join(lines), encoding="utf-8")

    (page,) = backtest_counts(path).pages

    turned = START + 300 * BURST_ROW
    assert turned <= page.at.timestamp() <= turned + 3600
    assert page.direction is Direction.CRISIS


def test_rows_may_come_at_any_distance(tmp_path: Path) -> None:
    path = tmp_path / "irregular.csv"
    lines, at = ["timestamp,value"], START
    for row in range(500):
        at += (120, 300, 420, 60)[row % 4]
        lines.append(f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S},{400 if row == BURST_ROW else 10 + row % 5}")
    path.write_text("\n".join(lines), encoding="utf-8")

    report = backtest_counts(path)

    rows = report.rows["irregular"]
    assert len(rows) == 500
    assert [row for row, outcome in enumerate(rows) if outcome.page] == [BURST_ROW]


def test_other_budgets_are_tried_over_the_same_past(tmp_path: Path) -> None:
    report = backtest_counts(counts(tmp_path), budgets=(1e-9, 4.0))

    tried = report.pages_by_budget["acme-volume"]
    assert len(report.pages) == 1
    assert tried[1e-9] == 0
    assert tried[4.0] >= 1


def test_the_budget_that_is_configured_is_as_good_as_run_by_itself(tmp_path: Path) -> None:
    report = backtest_counts(counts(tmp_path), budgets=(DetectSettings().pages_per_week,))

    assert report.pages_by_budget["acme-volume"] == {0.25: len(report.pages)}


def test_progress_is_told_in_rows(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []

    backtest_counts(counts(tmp_path), progress=lambda done, total: told.append((done, total)))

    assert told == [(0, 500)]


@pytest.mark.parametrize("name", ['He said "no', "NOT", "a(b", "x:y", "-"])
def test_a_file_may_be_called_what_no_query_could_be(tmp_path: Path, name: str) -> None:
    report = backtest_counts(counts(tmp_path, f"{name}.csv"))

    assert len(report.pages) == 1
    assert report.topics[0].name == name


def test_files_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    path = counts(tmp_path, "acme.csv")

    report = backtest_counts(path, taken={"acme", "acme-2"})

    assert report.topics[0].id == report.topics[0].name == "acme-3"
    assert {page.topic for page in report.pages} == set(report.rows) == {"acme-3"}


def hourly(path: Path, hours: Mapping[int, int]) -> Path:
    first = datetime.fromtimestamp(START, UTC)
    lines = [f"{first + timedelta(hours=hour):%Y-%m-%d %H:%M:%S},{value}" for hour, value in sorted(hours.items())]
    path.write_text("\n".join(["timestamp,value", *lines]), encoding="utf-8")
    return path


def test_weeks_without_rows_are_unknown_and_weeks_of_zeros_are_calm(tmp_path: Path) -> None:
    steady = {hour: 240 + hour % 7 for hour in (*range(96), *range(336, 348))}  # four days, ten of none, half a day
    calm = dict.fromkeys(range(96, 336), 0)

    hole = backtest_counts(hourly(tmp_path / "hole.csv", steady))
    zeros = backtest_counts(hourly(tmp_path / "zeros.csv", {**steady, **calm}))

    after, after_calm = hole.rows["hole"][96], zeros.rows["zeros"][336]
    assert after.at == after_calm.at
    assert after.expected == pytest.approx(240, rel=0.2)
    assert hole.pages == ()
    assert after_calm.expected is not None
    assert after_calm.expected < 120  # ten days of fourteen were silent


def test_a_file_that_holds_no_counts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")

    with pytest.raises(InvalidInput):
        backtest_counts(path)


class Story:
    """Steady complaints, one unreadable line, then an outcry."""

    def read(self) -> Iterator[Mention | InvalidMention]:
        yield InvalidMention("line 1: not JSON")
        number = 0
        for minute in range(600):
            for _ in range(60 if minute >= 580 else 1):
                number += 1
                yield Mention(
                    id=str(number),
                    platform="x",
                    published_at=datetime.fromtimestamp(START + 60 * minute + number % 60, UTC),
                    text="still no refund",
                )


class Sour:
    name = "sour"

    def score(self, text: str, lang: str | None) -> float | None:
        del text, lang
        return -0.5


def test_recorded_mentions_run_through_both_stages() -> None:
    settings = StreamSettings(
        topics=(
            TopicSettings(id="refunds", name="Refunds", query="refund"),
            TopicSettings(id="flights", name="Flights", query="flight"),
        )
    )

    report = backtest_mentions([Story()], settings=settings, scorer=Sour())

    (page,) = report.pages
    assert page.topic == "refunds"
    assert START + 580 * 60 <= page.at.timestamp() < START + 583 * 60
    assert abs(page.onset.timestamp() - (START + 580 * 60)) <= 300
    assert sum(row.value for row in report.rows["refunds"]) == 580 + 20 * 60
    assert sum(row.page for row in report.rows["refunds"]) == 1
    assert report.rows["flights"] == ()
    assert (report.mentions, report.unreadable, report.refusals) == (1780, 1, ("line 1: not JSON",))


def test_pages_of_mentions_are_the_same_where_nobody_asks_for_rows() -> None:
    settings = StreamSettings(topics=(TopicSettings(id="refunds", name="Refunds", query="refund"),))

    whole, short = (
        backtest_mentions([Story()], settings=settings, scorer=Sour(), with_rows=with_rows)
        for with_rows in (True, False)
    )

    assert short.pages == whole.pages != ()
    assert (short.rows, short.mentions) == ({}, whole.mentions)
