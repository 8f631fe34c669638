"""Words that this topic has not heard of late, and the mention that brought each."""

from collections.abc import Iterable
from typing import Any, Final
from zlib import crc32

from streams.errors import StateCorrupted
from streams.remembered import Remembered

_BYTES: Final = 2048
_NOBODY: Final = bytes(_BYTES)  # shared by all topics that heard nothing
_GENERATION_SECONDS: Final = 12 * 3600
_KEPT: Final = 16


class Novelty:
    """Keeps the first mention of each word that nobody used for half a day to a day, the newest 16 of them.

    Two filters of 16,384 bits take turns, so that a word is forgotten after two turns at the latest. A busy topic's
    filter may take a new word for an old one, never the other way round.

    Source:
        Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 13(7), 1970.
    """

    def __init__(self) -> None:
        self._current: bytes | bytearray = _NOBODY
        self._past: bytes | bytearray = _NOBODY
        self._turned = 0
        self._firsts: dict[str, bytes] = {}

    def new_among(self, words: Iterable[str], second: int) -> list[str]:
        """Which of the words were not heard of late; they have been from now on."""
        if second >= self._turned + _GENERATION_SECONDS:
            spent = second >= self._turned + 2 * _GENERATION_SECONDS
            self._past = _NOBODY if spent else self._current
            self._current = _NOBODY
            self._turned = second - second % _GENERATION_SECONDS
        current, past, new = self._current, self._past, []
        for word in words:
            one, bit, other, flag = _places[word]
            if current[one] & bit and current[other] & flag:
                continue
            if not isinstance(current, bytearray):
                current = self._current = bytearray(current)
            current[one] |= bit
            current[other] |= flag
            if not (past[one] & bit and past[other] & flag):
                new.append(word)
        return new

    def came_with(self, word: str, body: bytes) -> None:
        """The excerpt that brought a new word."""
        self._firsts[word] = body
        if len(self._firsts) > _KEPT:
            del self._firsts[next(iter(self._firsts))]

    def excerpts(self) -> list[bytes]:
        """What brought new words, each once, in the order in which they came."""
        return list(dict.fromkeys(self._firsts.values()))

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "current": bytes(self._current),
            "past": bytes(self._past),
            "turned": self._turned,
            "firsts": [[word, body] for word, body in self._firsts.items()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is none.
        """
        try:
            current, past = bytes(state["current"]), bytes(state["past"])
            if len(current) != _BYTES or len(past) != _BYTES:
                raise StateCorrupted(f"expected filters of {_BYTES} bytes, found {len(current)} and {len(past)}")
            self._current, self._past = (_NOBODY if heard == _NOBODY else heard for heard in (current, past))
            self._turned = int(state["turned"])
            self._firsts = {str(word): bytes(body) for word, body in state["firsts"]}
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of new words cannot be read: {exc!r}") from exc


def _places_of(word: str) -> tuple[int, int, int, int]:
    """Byte and bit of both places of a word in a filter."""
    mixed = crc32(word.encode())
    one, other = mixed & 0x3FFF, mixed >> 18
    return one >> 3, 1 << (one & 7), other >> 3, 1 << (other & 7)


_places: Final = Remembered(_places_of, entries=32_768, longest=40)
