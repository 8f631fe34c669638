"""Opaque cursors: the place behind which the next page begins."""

import base64
import binascii
import re
from typing import Final

_VERSION: Final = "1:"
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


def encode_cursor(last_id: str) -> str:
    """The cursor of a page that ends with the incident `last_id`.

    >>> encode_cursor("inc_01")
    'MTppbmNfMDE'
    """
    return base64.urlsafe_b64encode(f"{_VERSION}{last_id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The id that `encode_cursor` was given.

    Raises:
        ValueError: The cursor is not one of ours.

    >>> decode_cursor("MTppbmNfMDE")
    'inc_01'
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        plain = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeError) as exc:
        raise ValueError("the cursor is not one of ours") from exc
    if not plain.startswith(_VERSION) or not _ID.fullmatch(last_id := plain.removeprefix(_VERSION)):
        raise ValueError("the cursor is not one of ours")
    return last_id
