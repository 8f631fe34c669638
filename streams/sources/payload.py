"""An object of a provider's payload, asked field by field; a wrong one is named with its path and what it holds."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from streams.errors import InvalidMention

_SHOWN: Final = 40
_LONGEST_NUMBER: Final = 30
# Later than any year 9999 in seconds is a time in milliseconds.
_MILLISECONDS_FROM: Final = 253_402_300_800


class Payload:
    """One JSON object, or one row of a table.

    Args:
        values: Whatever came; anything but an object is refused.
        where: Its path in the document, such as `data[3].public_metrics`.

    Raises:
        InvalidMention: It is no object. Every method raises it for a field of the wrong kind.
    """

    __slots__ = ("_values", "where")

    def __init__(self, values: Any, where: str) -> None:
        if not isinstance(values, dict):
            raise InvalidMention(f"{where}: expected an object, got {_kind(values)}")
        self._values = values
        self.where = where

    def wrong(self, key: str, reason: str) -> InvalidMention:
        """The error that this field is."""
        return InvalidMention(f"{self.where}.{key}: {reason}" if self.where else f"{key}: {reason}")

    def raw(self, key: str) -> Any:
        """The value as it came; None where it is absent."""
        return self._values.get(key)

    def text(self, key: str) -> str | None:
        """Text; a whole number is taken for one, as ids sometimes are. None where it is absent."""
        value = self._values.get(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_LONGEST_NUMBER:
            return str(value)
        raise self._unexpected(key, "text", value)

    def required(self, key: str) -> str:
        """Text that has to be there and not empty."""
        value = self.text(key)
        if not value:
            raise self.wrong(key, "is missing" if value is None else "is empty")
        return value

    def number(self, key: str) -> float | None:
        """A finite number, also where it is written as text; None where it is absent or empty."""
        value = self._values.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str) and len(value) <= _LONGEST_NUMBER:
            try:
                value = float(value.replace(",", ""))
            except ValueError:
                raise self._unexpected(key, "a number", value) from None
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 10**_LONGEST_NUMBER:
            raise self._unexpected(key, "a number", value)
        if not math.isfinite(value):
            raise self._unexpected(key, "a finite number", value)
        return float(value)

    def count(self, key: str) -> int | None:
        """A whole number >= 0, also where it is written as text; None where it is absent or empty."""
        value = self.number(key)
        if value is None:
            return None
        if value < 0 or value != int(value):
            raise self._unexpected(key, "a whole number >= 0", self._values.get(key))
        return int(value)

    def truth(self, key: str) -> bool | None:
        """True or false, also in words; None where it is absent or empty."""
        value = self._values.get(key)
        if value is None or value == "" or isinstance(value, bool):
            return value if isinstance(value, bool) else None
        if isinstance(value, str) and value.strip().lower() in {"true", "yes", "1", "false", "no", "0"}:
            return value.strip().lower() in {"true", "yes", "1"}
        raise self._unexpected(key, "true or false", value)

    def time(self, key: str) -> datetime | None:
        """A time, in ISO 8601 or as (milli)seconds since 1970; without a zone it is UTC. None where it is absent."""
        value = self._values.get(key)
        if value is None or value == "":
            return None
        try:
            if isinstance(value, str) and not value.strip().lstrip("-").isdigit():
                found = datetime.fromisoformat(value.strip())
            elif isinstance(value, str | int | float) and not isinstance(value, bool):
                seconds = float(value)
                found = datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds, tz=UTC)
            else:
                raise self._unexpected(key, "a time", value)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            raise self._unexpected(key, "a time such as 2026-01-31T12:00:00Z", value) from None

    def inner(self, key: str) -> "Payload | None":
        """The object that stands there; None where it is absent."""
        value = self._values.get(key)
        return None if value is None else Payload(value, self._path(key))

    def each(self, key: str) -> Iterator["Payload"]:
        """The objects of a list; a single object stands for a list of it."""
        for index, value in enumerate(self.many(key)):
            yield Payload(value, f"{self._path(key)}[{index}]")

    def many(self, key: str) -> list[Any]:
        """The entries of a list; one that is no list stands for a list of it."""
        value = self._values.get(key)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def _path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def _unexpected(self, key: str, expected: str, value: Any) -> InvalidMention:
        shown = ascii(value)[:_SHOWN] if _is_plain(value) else _kind(value)
        return self.wrong(key, f"is {shown}, expected {expected}")


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | float | bool) or (isinstance(value, int) and abs(value) < 10**40)


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}
    return kinds.get(type(value), "a number")
