"""Files that are no UTF-8 text, recognised by how they begin: one sentence instead of one for each line."""

import codecs
import gzip
import io
from typing import Final

from streams.errors import InvalidMention

_HEAD: Final = 64
_SIGNS: Final = (
    (b"\x1f\x8b", "it is gzipped: let its name end in .gz"),
    (b"PK\x03\x04", "it is a spreadsheet or a ZIP archive: export CSV or JSON lines from it"),
    (codecs.BOM_UTF32_LE, "it is UTF-32: save it as UTF-8"),
    (codecs.BOM_UTF16_LE, "it is UTF-16: save it as UTF-8"),
    (codecs.BOM_UTF16_BE, "it is UTF-16: save it as UTF-8"),
)


def require_legible(stream: io.BufferedReader | gzip.GzipFile) -> None:
    """Pass over a byte order mark of UTF-8, and refuse what cannot be UTF-8 text.

    Args:
        stream: At its first byte.

    Raises:
        InvalidMention: It begins like UTF-16, a spreadsheet or gzip; the reason says what to do.
    """
    head = stream.peek(_HEAD)[:_HEAD]
    for sign, reason in _SIGNS:
        if head.startswith(sign):
            raise InvalidMention(reason)
    if b"\0" in head[:2]:  # no text begins with one, but every second byte of UTF-16 is
        raise InvalidMention("it is UTF-16 or no text: save it as UTF-8")
    if head.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
