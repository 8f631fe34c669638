"""When the rise behind a reading began, from the minutes that are still known."""

from collections.abc import Sequence

from streams.detectors.base import Reading
from streams.detectors.last_day import LastDay
from streams.detectors.onset import Onset, onset_of_rise
from streams.detectors.rate import Rate
from streams.detectors.trail import MINUTES, Trail
from streams.windows import MINUTE, Slot


def onset_seen(
    trail: Trail, day: LastDay, recent: Sequence[Slot], reading: Reading, not_before: int, rate: Rate
) -> Onset:
    """Looked for in the last three hours; where mentions are few or a day's window decided, in all that is known.

    Args:
        recent: Minutes that were not learned yet.
        not_before: Nothing before it belongs to this event.
    """
    at = reading.window_start + reading.window_seconds - 1
    by_day = day.is_of_few(rate) or reading.window_seconds > MINUTES * MINUTE
    minutes = day.holds(rate) if by_day else MINUTES
    begin = max(at - at % MINUTE - (minutes - 1) * MINUTE, not_before)
    learned = day.minutes_since(begin, rate) if by_day else trail.minutes_since(begin)
    counts = [(start, sums[0]) for start, sums in learned]
    counts += [(slot.start, slot.tally.mentions) for slot in recent if slot.start >= begin]
    return onset_of_rise(counts, begin, at, rate.per_minute)
