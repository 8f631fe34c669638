"""Guessing a key is slow, in the sign-in form and at the API."""

from collections import OrderedDict, deque
from typing import Final

from alerting.api.problems import Problem
from streams.clock import Clock

MOST_FAILURES: Final = 5
MOST_FAILURES_IN_ALL: Final = 50
WINDOW_SECONDS: Final = 60.0
MOST_ADDRESSES: Final = 1000


class LoginGuard:
    """So many wrong keys a minute from one address, and so many from all; then everybody there waits.

    Args:
        most_failures: From one address, > 0.
        most_in_all: From all addresses, > 0.
    """

    def __init__(
        self, clock: Clock, *, most_failures: int = MOST_FAILURES, most_in_all: int = MOST_FAILURES_IN_ALL
    ) -> None:
        self._clock = clock
        self._most_failures = most_failures
        self._most_in_all = most_in_all
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque(maxlen=most_in_all)

    def check(self, address: str) -> None:
        """Return if another try is allowed.

        Raises:
            Problem: 429, with the time to wait.
        """
        wait = max(
            self._wait(self._failures.get(address, deque()), self._most_failures),
            self._wait(self._all, self._most_in_all),
        )
        if wait > 0:
            seconds = str(int(wait) + 1)
            raise Problem(
                429,
                "too-many-tries",
                f"Too many wrong keys. Try again in {seconds} s.",
                headers={"Retry-After": seconds},
            )

    def failed(self, address: str) -> None:
        """Remember a wrong key."""
        now = self._clock.monotonic()
        self._failures.setdefault(address, deque(maxlen=self._most_failures)).append(now)
        self._failures.move_to_end(address)
        self._all.append(now)
        while len(self._failures) > MOST_ADDRESSES:
            self._failures.popitem(last=False)

    def _wait(self, failures: deque[float], most: int) -> float:
        if len(failures) < most:
            return 0.0
        return failures[0] + WINDOW_SECONDS - self._clock.monotonic()
