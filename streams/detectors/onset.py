"""When an event began, as far as its counts tell: the likeliest minute and the interval around it."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from streams.detectors.climb import STEP
from streams.detectors.souring import ODDS
from streams.windows import MINUTE

COVERAGE: Final = 0.9
# On either side the true start falls short of the likeliest one by more than c nats with a chance below exp(-c).
SHORT_OF_BEST: Final = math.log(2.0 / (1.0 - COVERAGE))
_SMALLEST_RATE: Final = 1e-9
_LEAST_SHARE: Final = 0.01
_MOST_SHARE: Final = 0.99


class Onset(msgspec.Struct, frozen=True, gc=False):
    """Seconds since 1970, `earliest <= at <= latest`: of ten such intervals nine hold the true start of a step.

    Source:
        Siegmund, "Confidence sets in change-point problems", Int. Stat. Rev. 56(1), 1988: all starts whose likelihood
        is not much below that of the best one.
    """

    earliest: int
    at: int
    latest: int

    def between(self, begin: int, end: int) -> "Onset":
        """The same, with nothing of it before `begin` or after `end`."""
        earliest, at, latest = (min(max(moment, begin), end) for moment in (self.earliest, self.at, self.latest))
        return Onset(earliest, at, latest)


def onset_of_rise(counts: Iterable[tuple[int, int]], begin: int, at: int, per_minute: float) -> Onset:
    """When the rate rose from `per_minute` to what it is since, or to five times as much where it is more.

    What is found early is found by mentions that happened to come close together; taken for the new rate they would
    deny that the event began before them.

    Args:
        counts: Start and mentions of the minutes in which anybody spoke, oldest first.
        begin: A whole minute; the event did not start earlier.
        at: Second of the decision.
    """
    usual = max(per_minute, _SMALLEST_RATE) / MINUTE
    spoken = dict(counts)
    mentions = 0
    nats = []
    for start in _minutes_back(begin, at):
        mentions += spoken.get(start, 0)
        expected = usual * (at + 1 - start)
        times = min(mentions / expected, STEP)
        nats.append(mentions * math.log(times) - (times - 1.0) * expected if times > 1.0 else 0.0)
    return _around(nats, begin, at)


def onset_of_souring(counts: Iterable[tuple[int, int, int]], begin: int, at: int, share: float) -> Onset:
    """When the share of negative mentions rose from `share` to what it is since, or to 2.5 times its odds.

    Args:
        counts: Start, scored and negative mentions of minutes, oldest first.
        begin: A whole minute; the event did not start earlier.
        at: Second of the decision.
    """
    usual = min(max(share, _LEAST_SHARE), _MOST_SHARE)
    spoken = {start: (scored, negative) for start, scored, negative in counts}
    all_scored = all_negative = 0
    nats = []
    for start in _minutes_back(begin, at):
        scored, negative = spoken.get(start, (0, 0))
        all_scored += scored
        all_negative += negative
        nats.append(_nats_of_share(all_negative, all_scored, usual))
    return _around(nats, begin, at)


def _minutes_back(begin: int, at: int) -> range:
    return range(at - at % MINUTE, begin - 1, -MINUTE)


def _nats_of_share(negative: int, scored: int, usual: float) -> float:
    if negative <= usual * scored:
        return 0.0
    share = min(negative / scored, ODDS * usual / (1.0 - usual + ODDS * usual))
    return negative * math.log(share / usual) + (scored - negative) * math.log((1.0 - share) / (1.0 - usual))


def _around(nats: Sequence[float], begin: int, at: int) -> Onset:
    """The interval from the evidence for a start in each minute, newest first; it reaches a minute further each way."""
    newest = at - at % MINUTE
    if not nats:
        return Onset(begin, begin, begin).between(begin, at)
    best = max(nats)
    likely = [index for index, value in enumerate(nats) if value >= best - SHORT_OF_BEST]
    return Onset(
        newest - (likely[-1] + 1) * MINUTE, newest - nats.index(best) * MINUTE, newest - (likely[0] - 1) * MINUTE
    ).between(begin, at)
