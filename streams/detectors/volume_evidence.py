"""What is told of counts that are more than usual."""

from collections.abc import Sequence

from streams.detectors.base import Explanation, Reading
from streams.detectors.direction import direction_of
from streams.detectors.excess import excess_of
from streams.detectors.last_day import LastDay
from streams.detectors.mood import Mood
from streams.detectors.motion import motion_of
from streams.detectors.rate import Rate
from streams.detectors.rise import onset_seen
from streams.detectors.trail import MINUTES, Trail
from streams.events import Evidence
from streams.windows import MINUTE, Slot


def explanation_of(
    reading: Reading,
    recent: Sequence[Slot],
    *,
    trail: Trail,
    day: LastDay,
    rate: Rate,
    mood: Mood,
    not_before: int,
) -> Explanation:
    """The counts of the deciding window beside the usual ones, and whether it is anger or joy.

    Args:
        recent: Minutes that were not learned yet.
        not_before: Nothing before it belongs to this event.
    """
    wide, start = reading.window_seconds > MINUTES * MINUTE, reading.window_start
    sums = day.window(recent, start, rate) if wide else trail.window(recent, start)
    mean, low, high = rate.band(reading.window_seconds / MINUTE)
    evidence = Evidence(
        observed=sums[0],
        expected=mean,
        low=low,
        high=high,
        window_seconds=reading.window_seconds,
        **mood.compared(sums),
        **motion_of(trail, recent, reading.window_start + reading.window_seconds),
    )
    onset = onset_seen(trail, day, recent, reading, not_before, rate)
    excess = excess_of(sums, mood, mean)
    return Explanation(direction_of(excess), evidence, onset, excess)
