"""The values of the audit trail: what was done, how it is chained, and what a verification finds."""

from datetime import datetime
from enum import StrEnum

import msgspec


class AuditRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One act or automatic decision; its words and its author's name stand in the timeline, never here.

    Attributes:
        position: Its place in the chain, without gaps; the event id of the live stream.
        act: The transition.
        author: `tocsin` for what was decided by itself, else a keyed hash of the name.
        incident: Empty where the act was about a directive: a silence, a notice.
        revision: Of the incident, after the act; likewise `state` and `severity`. Of a directive, where that is named.
        paged: Receivers that are woken because of it.
        told: Receivers that are told of it besides.
        line: Keyed digest of the line at this position, of the timeline or about a directive.
        key: Which key made the hashes.
        directive: The silence or notice that the act was about; empty where it was about an incident.
    """

    position: int
    at: datetime
    act: str
    author: str
    incident: str
    revision: int
    state: str
    severity: str
    line: str
    key: str
    paged: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    directive: str = ""


class Link(msgspec.Struct, frozen=True):
    """A record as it stands in the database.

    Attributes:
        value: The record, JSON, byte for byte as it was signed.
        mac: Over the mac before it and `value`, 64 hexadecimal digits.
        line: The line at this position, of the timeline or about a directive; None where there is none.
        filed: The incident or directive among whose lines it stands; None where nobody says.
        strays: How many further lines stand at this position; each was put there by hand.
    """

    position: int
    value: str
    mac: str
    line: str | None = None
    filed: str | None = None
    strays: int = 0


class Head(msgspec.Struct, frozen=True):
    """Where the chain begins and how far it has come.

    Attributes:
        first: Position of the first record; None before it.
        position: Of the newest record; before the first, what the timeline had come to without an audit trail.
        mac: Of the newest record.
        seal: Keyed, over the three above: nobody without the key can make an earlier end.
        newest: The highest position that timeline or trail have, read in the same moment.
    """

    first: int | None
    position: int
    mac: str = ""
    seal: str = ""
    newest: int = 0


class FaultKind(StrEnum):
    """What is wrong with a chain."""

    CHANGED = "changed"
    MISSING = "missing"
    UNKNOWN_KEY = "unknown_key"
    LINE_CHANGED = "line_changed"
    LINE_MISSING = "line_missing"
    LINE_MOVED = "line_moved"
    LINE_ADDED = "line_added"
    CUT_OFF = "cut_off"
    HEAD_CHANGED = "head_changed"
    UNCHAINED = "unchained"


class Fault(msgspec.Struct, frozen=True):
    """The first thing that is wrong.

    Attributes:
        position: The first position that cannot be trusted.
        text: One sentence for a person.
    """

    position: int
    kind: FaultKind
    text: str


class Checkpoint(msgspec.Struct, frozen=True):
    """A head that somebody wrote down elsewhere: the only proof against a restored older state."""

    position: int
    mac: str

    def __str__(self) -> str:
        return f"tocsin-audit-1:{self.position}:{self.mac}"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The checkpoint that was printed as `text`.

        Raises:
            ValueError: It is not one.

        >>> str(Checkpoint.parse("tocsin-audit-1:12:" + "a" * 64))[:20]
        'tocsin-audit-1:12:aa'
        """
        kind, _, rest = text.strip().partition(":")
        position, _, mac = rest.partition(":")
        right = kind == "tocsin-audit-1" and position.isascii() and position.isdigit() and len(position) < 19
        if not right or len(mac) != 64 or set(mac) - set("0123456789abcdef"):
            raise ValueError("a checkpoint looks like tocsin-audit-1:POSITION:64 hexadecimal digits")
        return cls(int(position), mac)
