"""Regular expressions from people, in time that grows with the text alone: RE2, which Alertmanager uses too.

Source: https://github.com/google/re2/wiki/Syntax
"""

from typing import Final

import re2

MAX_PATTERN: Final = 200
_MAX_MEMORY: Final = 1 << 20


class SafeRegex:
    """A regular expression that has to match the whole text; no text makes it slow.

    >>> SafeRegex("(a+)+b").matches("a" * 5000)
    False

    Raises:
        ValueError: It is none, has more than 200 characters, or is too large compiled.
    """

    def __init__(self, expression: str) -> None:
        if len(expression) > MAX_PATTERN:
            raise ValueError(f"the expression has {len(expression)} characters; at most {MAX_PATTERN} are allowed")
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MAX_MEMORY
        options.dot_nl = True
        try:
            self._pattern = re2.compile(expression, options=options)
        except (re2.error, UnicodeEncodeError) as exc:
            raise ValueError(f"{expression!r} is no regular expression: {_reason(exc)}") from exc

    def matches(self, text: str) -> bool:
        """Whether it matches all of the text."""
        return self._pattern.fullmatch(text.encode("utf-8", "replace").decode()) is not None


def _reason(exc: Exception) -> str:
    said = exc.args[0] if exc.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(exc)
