"""One condition on one label, in Alertmanager's words: `severity=SEV1`, `topic=~refunds|payments`."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self

LABELS: Final = ("topic", "brand", "owner", "severity", "direction")
MAX_PATTERN: Final = 200

_SHAPE: Final = re.compile(r"([a-z_]+)(=~|!~|!=|=)(.*)", re.DOTALL)
_BEYOND_RE2: Final = re.compile(r"\(\?(?![:imsx]|P<)|\(\?P=|\\[1-9]")
_ESCAPED: Final = re.compile(r"\\[^1-9]")


class Operator(StrEnum):
    """How a label is compared; regular expressions have to match the whole value."""

    EQUAL = "="
    UNEQUAL = "!="
    LIKE = "=~"
    UNLIKE = "!~"


class Matcher:
    r"""A condition; a label that an incident does not have counts as empty.

    >>> Matcher.parse('topic=~"refund.*"').holds({"topic": "refunds"})
    True
    >>> Matcher.parse("owner=").holds({"topic": "refunds"})
    True

    Args:
        label: One of topic, brand, owner, severity, direction.
        value: Compared as it stands, or a regular expression of at most 200 characters without look-around and
            back-references, so that its cost stays small.

    Raises:
        ValueError: The label is unknown or the expression is not allowed.
    """

    def __init__(self, label: str, operator: Operator, value: str) -> None:
        if label not in LABELS:
            raise ValueError(f"unknown label {label!r}; known are {', '.join(LABELS)}")
        self.label = label
        self.operator = operator
        self.value = value
        self._pattern = _compiled(value) if operator in {Operator.LIKE, Operator.UNLIKE} else None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `label`, operator, value; the value may stand in double quotes.

        Raises:
            ValueError: It is no matcher.
        """
        parts = _SHAPE.fullmatch(text.strip())
        if parts is None:
            raise ValueError(f"{text!r} is no matcher; write label=value, label!=value, label=~regex or label!~regex")
        label, operator, value = parts.groups()
        if len(value) >= 2 and value[0] == value[-1] == '"':
            value = value[1:-1]
        return cls(label, Operator(operator), value)

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether the condition holds for an incident with these labels."""
        actual = labels.get(self.label, "")
        found = actual == self.value if self._pattern is None else self._pattern.fullmatch(actual) is not None
        return found == (self.operator in {Operator.EQUAL, Operator.LIKE})

    def __str__(self) -> str:
        return f'{self.label}{self.operator.value}"{self.value}"'


def _compiled(expression: str) -> re.Pattern[str]:
    if len(expression) > MAX_PATTERN:
        raise ValueError(f"the expression has {len(expression)} characters; at most {MAX_PATTERN} are allowed")
    if _BEYOND_RE2.search(_ESCAPED.sub("", expression)):
        raise ValueError(f"{expression!r} uses look-around or back-references, which are not allowed")
    try:
        return re.compile(expression)
    except re.error as exc:
        raise ValueError(f"{expression!r} is no regular expression: {exc}") from exc
