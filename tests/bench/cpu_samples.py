"""Where the CPU time of this process goes, by looking a thousand times a second."""

import signal
from collections import Counter
from collections.abc import Sequence
from types import FrameType
from typing import Final

_EVERY_SECONDS: Final = 0.001
_ELSEWHERE: Final = "event loop"


class CpuSamples:
    """Counts at which place of the code each millisecond of CPU time is spent.

    Args:
        places: What stands in a file's path and perhaps, after a colon, how the function's name begins; and what that
            is called. The innermost frame that has a place decides, and of its places the first.

    Attributes:
        by_place: Samples by place.
    """

    def __init__(self, places: Sequence[tuple[str, str]]) -> None:
        self._places = places
        self._known: dict[tuple[str, str], str | None] = {}
        self.by_place: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """Samples in all."""
        return self.by_place.total()

    def begin(self) -> None:
        """Look from now on."""
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, _EVERY_SECONDS, _EVERY_SECONDS)

    def end(self) -> None:
        """Look no more."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_IGN)

    def _look(self, number: int, frame: FrameType | None) -> None:
        del number
        while frame is not None:
            code = frame.f_code
            key = code.co_filename, code.co_name
            if key not in self._known:
                self._known[key] = self._place(*key)
            place = self._known[key]
            if place is not None:
                self.by_place[place] += 1
                return
            frame = frame.f_back
        self.by_place[_ELSEWHERE] += 1

    def _place(self, file: str, function: str) -> str | None:
        for pattern, place in self._places:
            path, _, begins = pattern.partition(":")
            if path in file and function.startswith(begins):
                return place
        return None
