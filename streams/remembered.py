"""Answers that are worth keeping: the same few strings come again and again."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Remembered(dict[str, T]):
    """What a pure function says of short strings; a known one is answered by the dictionary, without a call of ours.

    At its bound it forgets all and begins anew, which is cheaper than to keep account of what was asked for last.

    >>> lengths = Remembered(len, entries=1000, longest=5)
    >>> lengths["acme"], lengths["acme"], len(lengths)
    (4, 4, 1)

    Args:
        read: The function.
        entries: At most this many answers are kept.
        longest: Of strings of at most this many characters; an answer about a longer one is given and forgotten.
    """

    def __init__(self, read: Callable[[str], T], *, entries: int, longest: int) -> None:
        super().__init__()
        self._read = read
        self._entries = entries
        self._longest = longest

    def __missing__(self, asked: str) -> T:
        answer = self._read(asked)
        if len(asked) <= self._longest:
            if len(self) >= self._entries:
                self.clear()
            self[asked] = answer
        return answer
