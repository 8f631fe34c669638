"""Charts as SVG: the same value gives the same bytes, and no text in it can become markup.

Colours stand as presentation attributes, which work without a stylesheet and under a strict content security policy;
the console's stylesheet overrides them through the classes.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape
from itertools import groupby
from math import ceil, floor, log10
from typing import Final

from alerting.charts.chart import Chart, Marker, MarkerKind

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CHARACTER: Final = 6.2  # average width of one 11 px character
_STEPS: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880))


class _Frame:
    """Where values land on the paper; `top` and the like are the inner edges in user units."""

    def __init__(self, chart: Chart, width: int, height: int, edges: tuple[float, float, float, float]) -> None:
        self.top, self.right, self.bottom, self.left = edges[0], width - edges[1], height - edges[2], edges[3]
        self._chart = chart
        self.ceiling = _ceiling(chart.highest)
        self._seconds = (chart.end - chart.start).total_seconds()

    def x(self, at: datetime) -> float:
        share = (at - self._chart.start).total_seconds() / self._seconds
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def y(self, value: float) -> float:
        share = min(max(value / self.ceiling, 0.0), 1.0)
        return self.bottom - share * (self.bottom - self.top)


def text(value: str) -> str:
    """The text, safe as XML content and as a quoted attribute; what XML cannot carry becomes a replacement mark."""
    return escape(_NOT_XML.sub("\ufffd", value), quote=True)


def render(chart: Chart, *, width: int = 380, height: int = 170) -> str:
    """The chart with axes and markers, as one `<svg>` element of `width` to `height` user units."""
    label_width = len(_number(_ceiling(chart.highest))) * _CHARACTER
    frame = _Frame(chart, width, height, (18.0, 6.0, 22.0, max(label_width, 12.0) + 10.0))
    parts = [_open(chart, width, height, "chart")]
    parts += _grid(frame)
    parts += _hours(chart, frame)
    parts += _band(chart, frame)
    parts += _curve(chart, frame)
    parts += _markers(chart, frame)
    if chart.latest is None:
        middle = (frame.left + frame.right) / 2
        parts.append(_label(middle, (frame.top + frame.bottom) / 2, "nothing counted yet", "middle"))
    parts.append("</svg>")
    return "".join(parts)


def sparkline(chart: Chart, *, width: int = 200, height: int = 44) -> str:
    """The curve and its band alone, as one `<svg>` element."""
    frame = _Frame(chart, width, height, (3.0, 2.0, 2.0, 2.0))
    return "".join(
        [
            _open(chart, width, height, "spark"),
            *_band(chart, frame),
            *_curve(chart, frame),
            "</svg>",
        ]
    )


def bar(share: float) -> str:
    """A horizontal bar, `share` of its place wide, [0, 1]."""
    percent = round(min(max(share, 0.0), 1.0) * 100)
    return (
        '<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{percent}" height="6" rx="1" fill="#1f5fa8"/></svg>'
    )


def _open(chart: Chart, width: int, height: int, name: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{text(chart.label)}">'
    )


def _grid(frame: _Frame) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        value = frame.ceiling * share
        y = frame.y(value)
        yield (
            f'<line class="grid-line" x1="{frame.left:.1f}" x2="{frame.right:.1f}" y1="{y:.1f}" y2="{y:.1f}" '
            'stroke="#e3e3dd"/>'
        )
        yield _label(frame.left - 6, y + 4, _number(value), "end")


def _hours(chart: Chart, frame: _Frame) -> Iterator[str]:
    span = chart.end - chart.start
    room = max(int((frame.right - frame.left) // 70), 2)
    step = next((step for step in _STEPS if span / step <= room), _STEPS[-1])
    while span / step > room:
        step *= 2
    pattern = "%H:%M" if span <= timedelta(days=2) else "%d %b"
    midnight = chart.start.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + ceil((chart.start - midnight) / step) * step
    while at <= chart.end:
        x = frame.x(at)
        if frame.left + 12 <= x <= frame.right - 14:
            yield _label(x, frame.bottom + 16, at.strftime(pattern), "middle")
        at += step


def _band(chart: Chart, frame: _Frame) -> Iterator[str]:
    for known, group in groupby(chart.points, key=lambda point: point.low is not None and point.high is not None):
        points = list(group)
        if not known:
            continue
        upper = [f"{frame.x(point.at):.1f},{frame.y(point.high or 0.0):.1f}" for point in points]
        lower = [f"{frame.x(point.at):.1f},{frame.y(point.low or 0.0):.1f}" for point in reversed(points)]
        yield f'<polygon class="band" points="{" ".join(upper + lower)}" fill="#dfe6ee"/>'


def _curve(chart: Chart, frame: _Frame) -> Iterator[str]:
    for known, group in groupby(chart.points, key=lambda point: point.value is not None):
        points = [(frame.x(point.at), frame.y(point.value or 0.0)) for point in group]
        if known and len(points) == 1:
            (x, y) = points[0]
            yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="2" fill="#1f5fa8"/>'
        elif known:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            yield (
                f'<polyline class="curve" points="{path}" fill="none" stroke="#1f5fa8" stroke-width="2" '
                'stroke-linejoin="round"/>'
            )


def _markers(chart: Chart, frame: _Frame) -> Iterator[str]:
    for marker in sorted(chart.markers, key=lambda marker: (marker.at, marker.kind, marker.words or "")):
        if not chart.start <= marker.at <= chart.end:
            continue
        yield from _ring(chart, frame, marker) if marker.kind is MarkerKind.PAGED else _line(frame, marker)


def _line(frame: _Frame, marker: Marker) -> Iterator[str]:
    x = frame.x(marker.at)
    words = _words(marker)
    yield (
        f'<line class="moment" x1="{x:.1f}" x2="{x:.1f}" y1="6" y2="{frame.bottom:.1f}" stroke="#666c76" '
        'stroke-dasharray="2 3"/>'
    )
    on_the_left = x - len(words) * _CHARACTER > frame.left
    yield _label(x - 4 if on_the_left else x + 4, 14, words, "end" if on_the_left else "start")


def _ring(chart: Chart, frame: _Frame, marker: Marker) -> Iterator[str]:
    value = chart.value_at(marker.at)
    x, y = frame.x(marker.at), frame.bottom if value is None else frame.y(value)
    words = _words(marker)
    yield (f'<circle class="page" cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="#ffffff" stroke="#b3261e" stroke-width="2"/>')
    if x + 8 + len(words) * _CHARACTER < frame.right:
        yield _label(x + 8, min(y + 15, frame.bottom - 4), words, "start")
    else:
        yield _label(x - 8, max(y - 8, frame.top + 14), words, "end")


def _words(marker: Marker) -> str:
    return f"{marker.kind} {marker.at:%H:%M}" if marker.words is None else marker.words


def _label(x: float, y: float, words: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="11" font-family="sans-serif" '
        f'fill="#666c76">{text(words)}</text>'
    )


def _ceiling(highest: float) -> float:
    """The smallest round number that leaves all values below it.

    >>> _ceiling(143), _ceiling(0.2), _ceiling(0)
    (160.0, 0.2, 1.0)
    """
    if highest <= 0:
        return 1.0
    power = 10.0 ** floor(log10(highest))
    steps = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)
    return next((round(step * power, 12) for step in steps if step * power >= highest * 0.999), 10 * power)


def _number(value: float) -> str:
    """A short number for an axis.

    >>> _number(0.0), _number(60.0), _number(0.25), _number(12_000.0)
    ('0', '60', '0.25', '12 k')
    """
    if value >= 1e6:
        return f"{value / 1e6:.3g} M"
    if value >= 1e4:
        return f"{value / 1e3:.3g} k"
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
