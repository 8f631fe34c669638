"""Where each driver was said first, however long ago the mention itself was forgotten."""

from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec

from streams import codec
from streams.erasure import nameless
from streams.errors import StateCorrupted
from streams.evidence import minhash
from streams.evidence.features import tokens
from streams.findings import Driver, Origin

_KEPT: Final = 16
_NOTHING: Final[dict[str, bytes]] = {}  # shared by all that were never asked
_COPIES: Final = "copies:"


class Origins:
    """The earliest first mention of each driver that was ever told, of the 16 that were told last.

    Copied text goes by whichever copy was at hand; two of them are one driver where they are nearly the same.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known = _NOTHING  # packed

    def traced(self, driver: Driver) -> Driver:
        """With the earliest origin that was ever found for it."""
        if driver.first is None:
            return driver
        term = f"{driver.kind}:{driver.term}"
        same = [term] if driver.kind != "copies" else self._copies(driver.term)
        if self._known is _NOTHING:
            self._known = {}
        found = [_unpacked(self._known.pop(known)) for known in same if known in self._known]
        first = min([*found, driver.first], key=lambda origin: (origin.at, origin.key))
        self._known[term] = _packed(first)
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]
        return msgspec.structs.replace(driver, first=first)

    def _copies(self, text: str) -> list[str]:
        """Under which texts copies of this one are known."""
        known = [term for term in self._known if term.startswith(_COPIES)]
        mine = minhash.signature(tokens(text))
        if mine is None:
            return [term for term in known if term == f"{_COPIES}{text}"]
        return [term for term in known if minhash.are_alike(mine, minhash.signature(tokens(term[len(_COPIES) :])))]

    def erase(self, authors: Collection[int]) -> bool:
        """Forget that these people said anything first, but not when it was; whether they had."""
        spoke = False
        for term, packed in self._known.items():
            origin = _unpacked(packed)
            if origin.author_number in authors:
                self._known[term] = _packed(nameless(origin))
                spoke = True
        return spoke

    def snapshot(self) -> list[Any]:
        """The state as plain values."""
        return [[term, codec.decode_snapshot(packed)] for term, packed in self._known.items()]

    def restore(self, state: Iterable[Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is none.
        """
        try:
            known = [(str(term), _packed(msgspec.convert(origin, Origin))) for term, origin in state]
        except (TypeError, ValueError, msgspec.ValidationError) as exc:
            raise StateCorrupted(f"the snapshot of origins cannot be read: {exc!r}") from exc
        self._known = dict(known[-_KEPT:]) if known else _NOTHING


def _packed(origin: Origin) -> bytes:
    return codec.encode_snapshot(msgspec.to_builtins(origin))


def _unpacked(packed: bytes) -> Origin:
    return msgspec.convert(codec.decode_snapshot(packed), Origin)
