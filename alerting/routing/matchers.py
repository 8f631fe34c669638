"""One condition on one label, in Alertmanager's words: `severity=SEV1`, `topic=~refunds|payments`."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final, Self

from alerting.routing.safe_regex import SafeRegex

LABELS: Final = ("topic", "brand", "owner", "severity", "direction", "incident")

_SHAPE: Final = re.compile(r"\s*([a-z_]+)\s*(=~|!~|!=|=)(.*)", re.DOTALL)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE: Final = re.compile(r'\\([n"\\])')  # any other backslash stands for itself, as in Alertmanager


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
        label: One of topic, brand, owner, severity, direction, incident.
        value: Compared as it stands, or a regular expression of at most 200 characters in RE2's syntax, which
            Alertmanager uses too: no text makes it slow.

    Raises:
        ValueError: The label is unknown or the expression is not allowed.
    """

    def __init__(self, label: str, operator: Operator, value: str) -> None:
        if label not in LABELS:
            raise ValueError(f"unknown label {label!r}; known are {', '.join(LABELS)}")
        self.label = label
        self.operator = operator
        self.value = value
        self._pattern = SafeRegex(value) if operator in {Operator.LIKE, Operator.UNLIKE} else None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `label`, operator, value; the value may stand in double quotes.

        Raises:
            ValueError: It is no matcher.
        """
        parts = _SHAPE.fullmatch(text)
        if parts is None:
            raise ValueError(f"{text!r} is no matcher; write label=value, label!=value, label=~regex or label!~regex")
        label, operator, value = parts.groups()
        value = value.strip()
        if value.startswith('"'):
            quoted = _QUOTED.fullmatch(value)
            if quoted is None:
                raise ValueError(f"{text!r}: a value that begins with a quote has to end with one")
            value = _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], quoted[1])
        return cls(label, Operator(operator), value)

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether the condition holds for an incident with these labels."""
        actual = labels.get(self.label, "")
        found = actual == self.value if self._pattern is None else self._pattern.matches(actual)
        return found == (self.operator in {Operator.EQUAL, Operator.LIKE})

    def __str__(self) -> str:
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}{self.operator.value}"{value}"'


@lru_cache(maxsize=4096)
def parsed(text: str) -> Matcher:
    """The matcher that `text` spells, made once for each spelling.

    Raises:
        ValueError: It is no matcher.
    """
    return Matcher.parse(text)


def all_hold(matchers: tuple[str, ...], labels: Mapping[str, str]) -> bool:
    """Whether every one of them holds; none at all holds for nothing.

    Raises:
        ValueError: One is no matcher.
    """
    return bool(matchers) and all(parsed(text).holds(labels) for text in matchers)
