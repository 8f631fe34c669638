"""Which evidence keeps an event going."""

import math
from typing import Final

from streams.detectors.block_maxima import BLOCKS_PER_WEEK

_STAYS_BELOW: Final = 4.0  # hysteresis: an open episode lives on evidence four times as common as what opens one


def lasting_below(pages_per_week: float) -> float:
    """Evidence that chance shows less often a week than this keeps an event going that so many a week open.

    Four times as often, yet never with less than half of the nats that a page takes: at four pages a week four times as
    often would be what every half day shows, and no episode would ever end.
    """
    return min(_STAYS_BELOW * pages_per_week, math.sqrt(pages_per_week * BLOCKS_PER_WEEK))
