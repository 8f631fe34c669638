"""So many requests a minute for each key: one runaway script does not slow everybody down."""

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from typing import Final

from alerting.api.problems import Problem
from streams.clock import Clock

_MOST_KEYS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key has left.

    Attributes:
        left: Whole requests.
        full_in: Seconds until all of it is there again.
    """

    quota: int
    left: int
    full_in: int

    def headers(self) -> dict[str, str]:
        """As clients are told it.

        Source:
            https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
        """
        return {
            "RateLimit-Policy": f'"key";q={self.quota};w=60',
            "RateLimit": f'"key";r={self.left};t={self.full_in}',
        }


class RateLimit:
    """A bucket for each key that fills evenly: a whole minute's requests may come at once.

    Args:
        per_minute: Requests, > 0.
    """

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._quota = per_minute
        self._per_second = per_minute / 60.0
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> Allowance:
        """One request of this key; what is left then.

        Raises:
            Problem: 429, with the time to wait.
        """
        now = self._clock.monotonic()
        tokens, then = self._buckets.get(name, (float(self._quota), now))
        tokens = min(float(self._quota), tokens + (now - then) * self._per_second)
        if tokens < 1.0:
            wait = ceil((1.0 - tokens) / self._per_second)
            raise Problem(
                429,
                "too-many-requests",
                f"This key made more than {self._quota} requests in a minute. Try again in {wait} s.",
                headers={"Retry-After": str(wait), **Allowance(self._quota, 0, wait).headers()},
            )
        self._buckets[name] = (tokens - 1.0, now)
        self._buckets.move_to_end(name)
        while len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)
        missing = self._quota - (tokens - 1.0)
        return Allowance(self._quota, int(tokens - 1.0), ceil(missing / self._per_second))
