"""A chart as a value: what is drawn, without how."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MarkerKind(StrEnum):
    """What happened at a marked moment."""

    ONSET = "onset"
    PAGED = "paged"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Marker:
    """A moment that is marked on the curve, UTC; `words` beside it instead of what it is and when."""

    kind: MarkerKind
    at: datetime
    words: str | None = None


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One step of the curve.

    Attributes:
        at: Start of the window, UTC.
        value: What was counted, in the unit of the chart; None means unknown and leaves a gap.
        low: Lower end of what was expected, same unit; None while the baseline warms up.
        high: Upper end of it.
    """

    at: datetime
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A curve against what was expected, with the moments that matter.

    Attributes:
        label: What is shown, one line, for those who cannot see it; may contain a topic's name.
        unit: Of the values, such as `mentions/min`.
        start: Left edge, UTC.
        end: Right edge, after `start`.
        points: Oldest first, within the edges.
        markers: In any order; those outside of the edges are not drawn.

    Raises:
        ValueError: `end` is not after `start`.
    """

    label: str
    unit: str
    start: datetime
    end: datetime
    points: tuple[ChartPoint, ...] = ()
    markers: tuple[Marker, ...] = ()

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"a chart must end after it starts, got {self.start} to {self.end}")

    @property
    def highest(self) -> float:
        """The largest number to be drawn, at least 0."""
        drawn = (number for point in self.points for number in (point.value, point.high))
        return max((number for number in drawn if number is not None), default=0.0)

    @property
    def latest(self) -> float | None:
        """The newest known value."""
        return next((point.value for point in reversed(self.points) if point.value is not None), None)

    def value_at(self, at: datetime) -> float | None:
        """The curve at `at`: the value of the last step that began by then; None outside and in gaps."""
        return next((point.value for point in reversed(self.points) if point.at <= at), None)
