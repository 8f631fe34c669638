"""What somebody asks for from a chat or a pager, and what became of it."""

import re
from enum import StrEnum
from typing import Final

import msgspec

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")


class Wish(StrEnum):
    """What may be asked for."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    ASSIGN = "assign"


class Vendor(StrEnum):
    """Where it comes from."""

    SLACK = "slack"
    PAGERDUTY = "pagerduty"
    NTFY = "ntfy"


class ActRequest(msgspec.Struct, frozen=True):
    """One act that a person asks for.

    Attributes:
        id: The same for every copy of this request, different for every other.
        user: The vendor's id of the person.
        assignee: For ASSIGN, the vendor's id of who is to have it; None means `user`.
    """

    vendor: Vendor
    id: str
    user: str
    wish: Wish
    incident: str
    assignee: str | None = None


class Ending(StrEnum):
    """What became of what came in."""

    DONE = "done"
    UNLINKED = "unlinked"
    REFUSED = "refused"
    IGNORED = "ignored"
    FORGED = "forged"
    UNREADABLE = "unreadable"


class Reply(msgspec.Struct, frozen=True):
    """What became of a request; `text` is for the person's eyes alone, None where what everybody sees says enough."""

    ending: Ending
    text: str | None = None


def is_name(text: str) -> bool:
    """Whether the text has the shape of an id, a vendor's or ours; nothing else is looked up or kept.

    >>> is_name("inc_01KE5Q8600"), is_name("")
    (True, False)
    """
    return _NAME.fullmatch(text) is not None
