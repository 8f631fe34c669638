"""Words, links and pictures that this topic has not heard of late, and the mention that brought each."""

from array import array
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from zlib import crc32

from streams import codec
from streams.errors import StateCorrupted
from streams.excerpt import Excerpt
from streams.remembered import Remembered

_BYTES: Final = 2048
_NOBODY: Final = bytes(_BYTES)  # shared by all topics that heard nothing
_GENERATION_SECONDS: Final = 12 * 3600
_KEPT: Final = 40


class Novelty:
    """Keeps the first mention of each word that nobody used for half a day to a day, the newest 40 of them.

    Two filters of 16,384 bits take turns, so that a word is forgotten after two turns at the latest. A busy topic's
    filter may take a new word for an old one, never the other way round.

    Source:
        Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 13(7), 1970.
    """

    __slots__ = ("_current", "_origins", "_past", "_turned", "_words")

    def __init__(self) -> None:
        self._current: bytes | bytearray = _NOBODY
        self._past: bytes | bytearray = _NOBODY
        self._turned = 0
        self._words = array("I")  # by their hash, oldest first
        self._origins: list[bytes] = []

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

    def came_with(self, words: Sequence[str], brought: Sequence[Excerpt]) -> None:
        """New words, in their order, and the mentions that may have brought them; of several the first that has it."""
        texts = [excerpt.text.lower() for excerpt in brought]
        of: Excerpt | None = None
        origin = b""
        for word in words[-_KEPT:] if len(brought) == 1 else words:
            excerpt = brought[0] if len(brought) == 1 else _with(word, brought, texts)
            if excerpt is None:
                continue
            if excerpt is not of:  # one mention brings many
                of, origin = excerpt, codec.encode_excerpt(_nameable(excerpt))
            self._words.append(crc32(word.encode()))
            self._origins.append(origin)
        spare = len(self._words) - _KEPT
        if spare > 0:
            del self._words[:spare], self._origins[:spare]

    def erase(self, authors: Collection[int]) -> bool:
        """Forget that these people said anything first, but not when it was; whether they had."""
        found = [codec.decode_excerpt(origin) for origin in self._origins]
        spoke = [at for at, excerpt in enumerate(found) if excerpt.author_number in authors]
        for at in spoke:
            self._origins[at] = codec.encode_excerpt(Excerpt(found[at].at_ms, f"{found[at].platform}:erased", ""))
        return bool(spoke)

    def first(self, word: str) -> Excerpt | None:
        """When, where and by whom it was said first, without the text; None where that is not known."""
        key = crc32(word.encode())
        return codec.decode_excerpt(self._origins[self._words.index(key)]) if key in self._words else None

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "current": bytes(self._current),
            "past": bytes(self._past),
            "turned": self._turned,
            "words": list(self._words),
            "origins": list(self._origins),
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
            self._words, self._origins = array("I", state["words"]), [bytes(one) for one in state["origins"]]
        except (KeyError, TypeError, ValueError, OverflowError) as exc:
            raise StateCorrupted(f"the snapshot of new words cannot be read: {exc!r}") from exc


def _nameable(excerpt: Excerpt) -> Excerpt:
    return Excerpt(excerpt.at_ms, excerpt.key, "", author=excerpt.author, author_number=excerpt.author_number)


def _with(word: str, excerpts: Sequence[Excerpt], texts: Sequence[str]) -> Excerpt | None:
    bare = word.removeprefix("media:").removeprefix("link:").lstrip("@")
    for excerpt, text in zip(excerpts, texts, strict=True):
        if bare in text or bare in excerpt.media:
            return excerpt
    return None


def _places_of(word: str) -> tuple[int, int, int, int]:
    """Byte and bit of both places of a word in a filter."""
    mixed = crc32(word.encode())
    one, other = mixed & 0x3FFF, mixed >> 18
    return one >> 3, 1 << (one & 7), other >> 3, 1 << (other & 7)


_places: Final = Remembered(_places_of, entries=32_768, longest=40)
