"""Who waits for an answer of ours, and for how long. Pure."""

import math
import statistics
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from alerting.incidents.own_part import Waiting, Waits
from streams.findings import Complaint
from streams.public_reply import PublicReply

MOST_WAITING: Final = 5

_Z: Final = 1.8119  # 93 of 100, because the effective size is an estimate itself
_EACH_FOR_ITSELF: Final = 1.001


def waits(complaints: Mapping[str, Complaint], replies: Iterable[PublicReply]) -> Waits | None:
    """How many complaints are unanswered and since when; None where none was looked at.

    Args:
        complaints: A fair sample.
        replies: Answers to them, ours among them. One from before the complaint was given at once.
    """
    if not complaints:
        return None
    firsts: dict[str, datetime] = {}
    for reply in replies:
        for key in reply.answers:
            if key in complaints:
                firsts[key] = min(reply.at, firsts.get(key, reply.at))
    waited = [max((at - complaints[key].at).total_seconds(), 0.0) for key, at in firsts.items()]
    waiting = [(one.at, key) for key, one in complaints.items() if key not in firsts]
    whole = sum(one.weight for one in complaints.values())
    unanswered = sum(one.weight for key, one in complaints.items() if key not in firsts)
    low, high = _between(unanswered, whole, [one.weight for one in complaints.values()], left=len(waiting))
    return Waits(
        complaints=round(whole, 1),
        looked_at=len(complaints),
        answered=len(firsts),
        unanswered=round(unanswered, 1),
        low=low,
        high=high,
        median_seconds=statistics.median(waited) if waited else None,
        waiting=tuple(Waiting(key, at) for at, key in sorted(waiting)[:MOST_WAITING]),
    )


def _between(part: float, whole: float, weights: list[float], *, left: int) -> tuple[float, float]:
    """In 90 of 100 cases the true part lies between these; the same twice where every complaint was looked at.

    Args:
        left: So many of those looked at are unanswered: there are no fewer, and those that are answered are not.

    Source:
        Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927; the effective size of
        a weighted sample is Kish's, the correction for a finite whole Cochran's (Sampling Techniques, 2.6).
    """
    if max(weights) <= _EACH_FOR_ITSELF:
        return round(part, 1), round(part, 1)
    size = whole**2 / sum(weight**2 for weight in weights)
    size *= (whole - 1) / max(whole - len(weights), 1e-9)
    share = part / whole
    middle = share + _Z**2 / (2 * size)
    half = _Z * math.sqrt(share * (1 - share) / size + _Z**2 / (4 * size**2))
    shrink = 1 + _Z**2 / size
    low, high = (whole * (middle + sign * half) / shrink for sign in (-1, 1))
    return round(max(low, left), 1), round(min(high, whole - (len(weights) - left)), 1)
