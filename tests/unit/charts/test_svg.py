from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.charts.build import incident_chart, topic_chart
from alerting.charts.chart import Chart, ChartPoint, Marker, MarkerKind
from alerting.charts.svg import bar, render, sparkline
from tests.fakes.clock import START
from tests.fakes.hostile import HOSTILE
from tests.fakes.storyboard import curve_of, incident_at

SVG = "{http://www.w3.org/2000/svg}"
END = START + timedelta(hours=1)


def chart_of(*values: float | None, markers: tuple[Marker, ...] = ()) -> Chart:
    points = tuple(
        ChartPoint(START + timedelta(minutes=minute), value, 1.0, 3.0) for minute, value in enumerate(values)
    )
    return Chart("Refunds", "mentions/min", START, END, points, markers)


def shapes(svg: str, kind: str) -> list[ET.Element]:
    return ET.fromstring(svg).findall(f"{SVG}{kind}")  # noqa: S314  # our own drawing


def test_a_gap_breaks_the_curve_instead_of_bridging_it() -> None:
    svg = render(chart_of(1, 2, 3, None, 5, 6))

    assert [len(str(line.get("points")).split()) for line in shapes(svg, "polyline")] == [3, 2]


def test_a_single_point_is_a_dot() -> None:
    svg = render(chart_of(7))

    assert [circle.get("class") for circle in shapes(svg, "circle")] == ["dot"]


def test_an_empty_chart_says_so() -> None:
    svg = render(Chart("Refunds", "mentions/min", START, END))

    assert "nothing counted yet" in svg
    assert shapes(svg, "polyline") == []


def test_the_page_is_a_ring_on_the_curve() -> None:
    paged = Marker(MarkerKind.PAGED, START + timedelta(minutes=1, seconds=30))

    svg = render(chart_of(0, 40, 80, markers=(paged,)), width=380, height=170)

    (ring,) = [circle for circle in shapes(svg, "circle") if circle.get("class") == "page"]
    (line,) = shapes(svg, "polyline")
    at_minute_one = str(line.get("points")).split()[1]
    assert ring.get("cy") == at_minute_one.split(",")[1]
    assert "paged 12:01" in svg


def test_a_marker_may_have_words_of_its_own_which_are_text() -> None:
    numbered = Marker(MarkerKind.PAGED, START + timedelta(minutes=1), words="<2>")

    svg = render(chart_of(0, 40, 80, markers=(numbered,)))

    assert [label.text for label in shapes(svg, "text")][-1] == "<2>"
    assert "paged" not in svg


def test_moments_outside_of_the_chart_are_left_out() -> None:
    svg = render(chart_of(1, 2, markers=(Marker(MarkerKind.ONSET, START - timedelta(minutes=1)),)))

    assert "onset" not in svg


def test_the_same_chart_gives_the_same_bytes() -> None:
    incident = incident_at(START)
    start = START - timedelta(hours=3)
    windows = curve_of(START, usual=37)

    drawings = {render(incident_chart(incident, windows, start=start, end=START)) for _ in range(3)}

    assert len(drawings) == 1


def test_nothing_needs_an_inline_style() -> None:
    svg = render(chart_of(1, 2, markers=(Marker(MarkerKind.ONSET, START),))) + sparkline(chart_of(1, 2)) + bar(0.4)

    assert "style" not in svg


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda item: item.name)
def test_a_hostile_name_stays_text(hostile: object) -> None:
    name = str(getattr(hostile, "text", ""))

    for svg in (
        render(topic_chart(name, curve_of(START, usual=3, minutes=5), start=START - timedelta(hours=1), end=START)),
        render(Chart(name, name, START, END)),
    ):
        kinds = {element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()}  # noqa: S314
        assert kinds <= {"svg", "line", "text", "polygon", "polyline", "circle"}


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e9)), max_size=60))
def test_whatever_was_counted_stays_on_the_paper(values: list[float | None]) -> None:
    svg = render(chart_of(*values), width=380, height=170)

    for line in shapes(svg, "polyline"):
        for pair in str(line.get("points")).split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= 380
            assert 0 <= y <= 170


def test_a_bar_is_as_wide_as_its_share() -> None:
    assert 'width="46"' in bar(0.46)
    assert 'width="100"' in bar(7.0)


def test_a_chart_must_have_a_length() -> None:
    with pytest.raises(ValueError, match="must end after it starts"):
        Chart("Refunds", "mentions/min", START, START)
