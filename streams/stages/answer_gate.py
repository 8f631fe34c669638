"""Which answers to one mention are handed on: a fair sample, however many there are."""

from bisect import insort
from typing import Final

from streams.public_reply import MOST_ANSWERS

_REMEMBERED: Final = 32_768


class AnswerGate:
    """Lets the 256 answers to a mention pass that have the smallest hashes of those seen so far.

    Whoever keeps the 256 smallest of what passes keeps the same as if all had passed: a fair sample, in whatever order
    they come and however often. Remembers at most 32,768 hashes in all; beyond that it forgets all, and more passes
    than has to.
    """

    def __init__(self) -> None:
        self._passed: dict[str, list[int]] = {}
        self._held = 0

    def admits(self, parent: str, number: int) -> bool:
        """Whether the answer can be among those that are kept; if so it is noted."""
        passed = self._passed.get(parent)
        if passed is None:
            if self._held >= _REMEMBERED:
                self._passed.clear()
                self._held = 0
            passed = self._passed[parent] = []
        if number in passed:
            return True  # the same once more, or another version of it
        if len(passed) == MOST_ANSWERS:
            if number >= passed[-1]:
                return False
            passed.pop()
            self._held -= 1
        insort(passed, number)
        self._held += 1
        return True
