"""Words that this topic has not heard of late, and the mention that brought each."""

from typing import Any, Final
from zlib import crc32

from streams.errors import StateCorrupted

_BYTES: Final = 2048
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
        self._current, self._past = bytearray(_BYTES), bytearray(_BYTES)
        self._turned = 0
        self._firsts: dict[str, bytes] = {}

    def is_new(self, word: str, second: int) -> bool:
        """Whether it was not heard of late; it has been from now on."""
        if second >= self._turned + _GENERATION_SECONDS:
            spent = second >= self._turned + 2 * _GENERATION_SECONDS
            self._past = bytearray(_BYTES) if spent else self._current
            self._current = bytearray(_BYTES)
            self._turned = second - second % _GENERATION_SECONDS
        mixed = crc32(word.encode())
        one, other = mixed & 0x3FFF, mixed >> 18
        current = self._current
        if current[one >> 3] >> (one & 7) & current[other >> 3] >> (other & 7) & 1:
            return False
        current[one >> 3] |= 1 << (one & 7)
        current[other >> 3] |= 1 << (other & 7)
        past = self._past
        return not past[one >> 3] >> (one & 7) & past[other >> 3] >> (other & 7) & 1

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
            current, past = bytearray(state["current"]), bytearray(state["past"])
            if len(current) != _BYTES or len(past) != _BYTES:
                raise StateCorrupted(f"expected filters of {_BYTES} bytes, found {len(current)} and {len(past)}")
            self._current, self._past, self._turned = current, past, int(state["turned"])
            self._firsts = {str(word): bytes(body) for word, body in state["firsts"]}
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of new words cannot be read: {exc!r}") from exc
