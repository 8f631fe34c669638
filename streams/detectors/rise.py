"""When the rise behind a reading began, from the minutes that are still known."""

from collections.abc import Sequence

from streams.detectors.base import Reading
from streams.detectors.few_mentions import KEPT_MINUTES, FewMentions
from streams.detectors.onset import Onset, onset_of_rise
from streams.detectors.trail import MINUTES, Trail
from streams.windows import MINUTE, Slot


def onset_seen(
    learned: Trail | FewMentions, recent: Sequence[Slot], reading: Reading, not_before: int, per_minute: float
) -> Onset:
    """Looked for in the last three hours; where mentions are few or a day's window decided, in the last two days.

    Args:
        learned: What holds that time.
        recent: Minutes that were not learned yet.
        not_before: Nothing before it belongs to this event.
        per_minute: The usual rate.
    """
    at = reading.window_start + reading.window_seconds - 1
    minutes = KEPT_MINUTES if isinstance(learned, FewMentions) else MINUTES
    begin = max(at - at % MINUTE - (minutes - 1) * MINUTE, not_before)
    counts = [(start, sums[0]) for start, sums in learned.minutes_since(begin)]
    counts += [(slot.start, slot.tally.mentions) for slot in recent if slot.start >= begin]
    return onset_of_rise(counts, begin, at, per_minute)
