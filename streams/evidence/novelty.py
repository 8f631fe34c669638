"""Words, links and pictures that this topic has not heard of late, and the mention that brought each."""

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple
from zlib import crc32

from streams import codec
from streams.errors import StateCorrupted
from streams.excerpt import Excerpt
from streams.remembered import Remembered

_BYTES: Final = 2048
_NOBODY: Final = bytes(_BYTES)  # shared by all topics that heard nothing
_GENERATION_SECONDS: Final = 12 * 3600
_KEPT: Final = 40
_NO_WORDS: Final = array("I")  # as above
_NO_ORIGINS: Final[list[bytes]] = []
_WAITING: Final = 10
_WAITING_EXCERPTS: Final = 12


class Heard(NamedTuple):
    """What one delta brought, not looked at yet: words with blanks between them, and encoded excerpts."""

    second: int
    words: str
    brought: Sequence[bytes]


class Novelty:
    """Keeps the first mention of each word that nobody used for half a day to a day, the newest 40 of them.

    Two filters of 16,384 bits take turns, so that a word is forgotten after two turns at the latest. A busy topic's
    filter may take a new word for an old one, never the other way round. What is heard waits until somebody asks, or
    much of it waits: words come again and again, and who brought a new one is mostly overtaken by newer ones.

    Source:
        Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 13(7), 1970.
    """

    __slots__ = ("_current", "_origins", "_past", "_turned", "_waiting", "_words")

    def __init__(self) -> None:
        self._current: bytes | bytearray = _NOBODY
        self._past: bytes | bytearray = _NOBODY
        self._turned = 0
        self._words, self._origins = _NO_WORDS, _NO_ORIGINS  # by their hash, oldest first
        self._waiting: tuple[Heard, ...] = ()

    def hear(self, second: int, words: Iterable[str], brought: Sequence[bytes]) -> None:
        """Words without blanks in them, and the encoded excerpts of which the first that has a word brought it."""
        waiting = self._waiting = (*self._waiting, Heard(second, " ".join(words), brought))
        if len(waiting) >= _WAITING or sum([len(heard.brought) for heard in waiting]) >= _WAITING_EXCERPTS:
            self.settle()

    def settle(self) -> None:
        """Find what is new among what waits, and look up who brought it, the newest first, until 40 are known."""
        new = self._new()
        keys: list[int] = []
        origins: list[bytes] = []
        for words, brought in reversed(new):
            if len(keys) >= _KEPT:
                break
            for word, origin in _brought(words, brought):
                keys.append(crc32(word.encode()))
                origins.append(origin)
        if keys:
            self._words = array("I", [*self._words, *reversed(keys[:_KEPT])][-_KEPT:])
            self._origins = [*self._origins, *reversed(origins[:_KEPT])][-_KEPT:]

    def _new(self) -> list[tuple[list[str], Sequence[bytes]]]:
        """Of what waits the words that were not heard of late, with what brought them; they have been from now on."""
        found: list[tuple[list[str], Sequence[bytes]]] = []
        known: set[str] = set()  # from among what waits: filters are slower
        for second, said, brought in self._waiting:
            if second >= self._turned + _GENERATION_SECONDS:
                self._turn(second)
                known = set()
            words = [word for word in said.split(" ") if word not in known]
            known.update(words)
            new = self._among(words)
            if new:
                found.append((new, brought))
        self._waiting = ()
        return found

    def _turn(self, second: int) -> None:
        spent = second >= self._turned + 2 * _GENERATION_SECONDS
        self._past = _NOBODY if spent else self._current
        self._current = _NOBODY
        self._turned = second - second % _GENERATION_SECONDS

    def _among(self, words: Iterable[str]) -> list[str]:
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

    def erase(self, authors: Collection[int]) -> bool:
        """Forget that these people said anything first, but not when it was; whether they had."""
        self.settle()
        found = [codec.decode_excerpt(origin) for origin in self._origins]
        spoke = [at for at, excerpt in enumerate(found) if excerpt.author_number in authors]
        for at in spoke:
            self._origins[at] = codec.encode_excerpt(Excerpt(found[at].at_ms, f"{found[at].platform}:erased", ""))
        return bool(spoke)

    def first(self, word: str) -> Excerpt | None:
        """When, where and by whom it was said first, without the text; None where that is not known."""
        self.settle()
        key = crc32(word.encode())
        return codec.decode_excerpt(self._origins[self._words.index(key)]) if key in self._words else None

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "current": _told(self._current),
            "past": _told(self._past),
            "turned": self._turned,
            "words": list(self._words),
            "origins": list(self._origins),
            "waiting": [[second, words, list(brought)] for second, words, brought in self._waiting],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is none.
        """
        try:
            current, past = (bytes(heard) or _NOBODY for heard in (state["current"], state["past"]))
            if len(current) != _BYTES or len(past) != _BYTES:
                raise StateCorrupted(f"expected filters of {_BYTES} bytes, found {len(current)} and {len(past)}")
            self._current, self._past = (_NOBODY if heard == _NOBODY else heard for heard in (current, past))
            self._turned = int(state["turned"])
            self._waiting = tuple(
                Heard(int(second), str(words), [bytes(body) for body in brought])
                for second, words, brought in state.get("waiting", ())
            )
            self._words, self._origins = _NO_WORDS, _NO_ORIGINS
            if state["words"]:
                self._words, self._origins = array("I", state["words"]), [bytes(one) for one in state["origins"]]
        except (KeyError, TypeError, ValueError, OverflowError) as exc:
            raise StateCorrupted(f"the snapshot of new words cannot be read: {exc!r}") from exc


def _told(heard: bytes | bytearray) -> bytes:
    """A filter as it is saved: that of a topic that heard nothing in no bytes at all."""
    return b"" if heard is _NOBODY else bytes(heard)


def _nameable(excerpt: Excerpt) -> Excerpt:
    return Excerpt(excerpt.at_ms, excerpt.key, "", author=excerpt.author, author_number=excerpt.author_number)


def _brought(words: Sequence[str], brought: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Each of the words that one of the excerpts has, the last one first, with when, where and by whom it was said."""
    excerpts = [codec.decode_excerpt(body) for body in brought]
    texts = [excerpt.text.lower() for excerpt in excerpts]
    of: Excerpt | None = None
    origin = b""
    for word in reversed(words):
        excerpt = excerpts[0] if len(excerpts) == 1 else _with(word, excerpts, texts)
        if excerpt is None:
            continue
        if excerpt is not of:  # one mention brings many
            of, origin = excerpt, codec.encode_excerpt(_nameable(excerpt))
        yield word, origin


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
