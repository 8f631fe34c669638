"""Request bodies within bounds: a small one that unpacks into a large one is stopped on the way."""

import zlib
from collections.abc import AsyncIterator
from typing import Final, Protocol

from alerting.api.problems import Problem

_GZIP_OR_ZLIB: Final = 47
_RAW: Final = -15
_STEP: Final = 65_536


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int = 0) -> bytes: ...


class _Inflater:
    """Unpacks gzip (also of several members), zlib and bare deflate, never holding more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._engine: _Decompressor | None = None
        self.inflated = bytearray()

    def feed(self, packed: bytes) -> None:
        while packed:
            if self._engine is None:
                self._engine = _engine_for(packed)
            self.inflated += self._engine.decompress(packed, min(_STEP, self._limit - len(self.inflated) + 1))
            if len(self.inflated) > self._limit:
                raise too_large("unpacked body", self._limit)
            if self._engine.eof:
                packed, self._engine = self._engine.unused_data.lstrip(b"\0"), None
            else:
                packed = self._engine.unconsumed_tail

    def finish(self) -> None:
        if self._engine is not None:
            raise zlib.error("the packed body ends in the middle")


async def read_body(chunks: AsyncIterator[bytes], *, encoding: str, most_bytes: int, most_inflated_bytes: int) -> bytes:
    """The request's body, unpacked.

    Args:
        chunks: The body as it arrives.
        encoding: Content-Encoding: `gzip`, `deflate`, `identity` or empty.
        most_bytes: Bound of what arrives.
        most_inflated_bytes: Bound of what it unpacks to.

    Raises:
        Problem: 413 beyond a bound, 415 for another encoding, 400 where the body is not what the encoding says.
    """
    kind = encoding.strip().lower()
    if kind not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise Problem(
            415,
            "unknown-encoding",
            "Content-Encoding must be gzip, deflate or identity.",
            headers={"Accept-Encoding": "gzip, deflate"},
        )
    received = 0
    plain = bytearray()
    inflater = None if kind in {"", "identity"} else _Inflater(most_inflated_bytes)
    try:
        async for chunk in chunks:
            received += len(chunk)
            if received > most_bytes:
                raise too_large("body", most_bytes)
            if inflater is None:
                plain += chunk
            else:
                inflater.feed(chunk)
        if inflater is None:
            return bytes(plain)
        inflater.finish()
    except zlib.error as exc:
        raise Problem(400, "not-compressed", f"The body is not {kind}: {exc}.") from exc
    return bytes(inflater.inflated)


def _engine_for(packed: bytes) -> _Decompressor:
    gzip = packed[:1] == b"\x1f"
    zlib_header = len(packed) >= 2 and packed[0] & 0x0F == 8 and int.from_bytes(packed[:2]) % 31 == 0
    return zlib.decompressobj(_GZIP_OR_ZLIB if gzip or zlib_header else _RAW)


def too_large(what: str, limit: int) -> Problem:
    """The refusal of a body beyond `limit` bytes."""
    return Problem(413, "too-large", f"The {what} is larger than {limit} bytes; send smaller batches.")
