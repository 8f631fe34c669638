from datetime import timedelta

import msgspec
import pytest

from alerting.charts.build import Zoom, incident_chart, incident_span, step_for, topic_chart
from alerting.charts.chart import ChartPoint, MarkerKind
from alerting.incidents.model import IncidentState
from alerting.incidents.topic_status import WindowPoint
from streams.events import Evidence
from tests.fakes.clock import START
from tests.fakes.storyboard import incident_at

NOON = int(START.timestamp())
HOUR = timedelta(hours=1)


def window(minute: int, mentions: int, *, low: float | None = 0.0, high: float | None = 4.0) -> WindowPoint:
    return WindowPoint(NOON + minute * 60, 60, mentions, expected=2.0, low=low, high=high)


def points(*windows: WindowPoint) -> tuple[ChartPoint, ...]:
    return topic_chart("Refunds", windows, start=START, end=START + HOUR).points


def test_counts_become_rates_a_minute() -> None:
    chart = topic_chart("Refunds", [WindowPoint(NOON, 300, 50, low=10.0, high=60.0)], start=START, end=START + HOUR)

    assert chart.points == (ChartPoint(START, 50 / 5, 10 / 5, 60 / 5),)


def test_windows_left_out_are_zero_where_nothing_at_all_is_within_what_was_expected() -> None:
    values = [point.value for point in points(window(0, 3), window(3, 1))]

    assert values == [3, 0, 0, 1]


def test_windows_left_out_are_a_gap_where_silence_is_outside_of_what_was_expected() -> None:
    values = [point.value for point in points(window(0, 30, low=20, high=40), window(3, 31, low=20, high=40))]

    assert values == [30, None, 31]


def test_windows_left_out_are_a_gap_while_nobody_knows_what_to_expect() -> None:
    values = [point.value for point in points(window(0, 3, low=None, high=None), window(3, 1, low=None, high=None))]

    assert values == [3, None, 1]


def test_a_half_full_window_is_not_drawn_as_a_fall() -> None:
    end = START + timedelta(minutes=12)
    windows = [WindowPoint(NOON, 300, 50), WindowPoint(NOON + 300, 300, 50), WindowPoint(NOON + 600, 300, 9)]

    chart = topic_chart("Refunds", windows, start=START, end=end)

    assert [point.value for point in chart.points] == [10, 10]


def test_an_incident_has_its_onset_its_page_and_its_end_marked() -> None:
    incident = incident_at(START, state=IncidentState.RESOLVED, minutes=60)
    start, end = incident_span(incident, START)

    chart = incident_chart(incident, [], start=start, end=end)

    assert [marker.kind for marker in chart.markers] == [MarkerKind.ONSET, MarkerKind.PAGED, MarkerKind.ENDED]
    assert start < incident.onset_at < incident.opened_at < end


def test_an_open_incident_is_shown_up_to_now_with_the_calm_before_it() -> None:
    incident = incident_at(START, minutes=11)

    start, end = incident_span(incident, START)

    assert end == START
    assert incident.onset_at - start >= HOUR


def test_an_incident_of_long_ago_is_shown_around_its_end() -> None:
    incident = incident_at(START, state=IncidentState.RESOLVED, minutes=60)

    _, end = incident_span(incident, START + timedelta(days=9))

    assert incident.resolved_at is not None
    assert end == incident.resolved_at + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("zoom", "span"),
    [
        (Zoom.ONSET, timedelta(minutes=45)),
        (Zoom.HOUR, timedelta(hours=1)),
        (Zoom.DAY, timedelta(days=1)),
        (Zoom.WEEK, timedelta(weeks=1)),
    ],
)
def test_a_part_of_the_curve_is_looked_at_with_the_marks_that_lie_in_it(zoom: Zoom, span: timedelta) -> None:
    incident = incident_at(START, state=IncidentState.RESOLVED, minutes=180)

    start, end = incident_span(incident, START, zoom)
    chart = incident_chart(incident, [], start=start, end=end)

    assert end - start == span
    assert chart.markers
    assert all(start <= marker.at <= end for marker in chart.markers)


def test_how_it_began_is_not_drawn_beyond_now() -> None:
    incident = incident_at(START, minutes=11)

    start, end = incident_span(incident, START, Zoom.ONSET)

    assert start < incident.onset_at < end == START


def test_a_long_span_is_drawn_in_wider_windows() -> None:
    assert step_for(timedelta(days=30)) == 14_400
    assert step_for(timedelta(days=900)) == 86_400


def test_the_label_says_the_curve_in_words() -> None:
    chart = topic_chart("Refunds", [window(0, 3)], start=START, end=START + HOUR)

    assert chart.label == "Refunds, mentions per minute: 3 at the end, 4 at most, expected 0 to 4"


def test_the_open_minute_is_drawn_as_the_latest_detection_saw_it() -> None:
    incident = msgspec.structs.replace(
        incident_at(START),
        last_detection_at=START + timedelta(seconds=150),
        evidence=Evidence(
            observed=250, expected=20.0, low=10.0, high=30.0, window_seconds=120, per_minute=200.0, polarity=-0.5
        ),
    )
    start, end = START - HOUR, START + timedelta(minutes=3)

    before = incident_chart(incident, [window(0, 4), window(1, 6)], start=start, end=end)
    after = incident_chart(incident, [window(0, 4), window(1, 6), window(2, 190)], start=start, end=end)

    assert before.points[-1] == ChartPoint(START + timedelta(minutes=2), 200.0, 5.0, 15.0)
    assert after.points[-1].value == 190
