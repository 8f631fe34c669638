"""Which mentions can still be evidence: those that nobody would show need not travel."""

from bisect import insort
from typing import Final

SAMPLES: Final = 5  # as many as the detect stage keeps of a stretch
STRETCH_SECONDS: Final = 600  # its stretches
_REMEMBERED: Final = 4096

Order = tuple[bool, int, str]
"""What puts a mention before others: anger first, then how many people it may reach, then its key; smallest first."""


class SampleGate:
    """Lets a mention pass as a sample while fewer than five better ones of its topic and ten minutes have passed.

    The detect stage shows the best five of what it is sent, so it shows the same as if all were sent. Of at most 4,096
    topics and stretches is remembered what passed; beyond that all is forgotten, and more passes than has to.
    """

    def __init__(self) -> None:
        self._passed: dict[tuple[str, int, bool], list[Order]] = {}

    def admits(self, topic: str, second: int, order: Order, *, history: bool) -> bool:
        """Whether the mention can still be among the best; if so it is noted as sent."""
        place = topic, second // STRETCH_SECONDS, history
        passed = self._passed.get(place)
        if passed is None:
            if len(self._passed) >= _REMEMBERED:
                self._passed.clear()
            passed = self._passed[place] = []
        full = len(passed) == SAMPLES
        if full and order > passed[-1]:
            return False  # nearly all of a busy topic end here
        if order in passed:
            return True  # the same mention once more
        if full:
            passed.pop()
        insort(passed, order)
        return True

    def clear(self) -> None:
        """Forget what passed: topics changed, and may be about something else."""
        self._passed.clear()
