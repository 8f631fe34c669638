"""Revisions as ETags: what a change is based on."""

from typing import Annotated

from fastapi import Header

from alerting.api.problems import Problem

IfMatch = Annotated[str | None, Header(description="The ETag the act is based on; 412 where it is another by now.")]


def etag(revision: int) -> str:
    """The revision as an ETag.

    >>> etag(7)
    '"7"'
    """
    return f'"{revision}"'


def revision_of(if_match: str | None) -> int | None:
    """The revision that has to stand; None where any will do.

    Raises:
        Problem: It is no ETag of ours.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise Problem(412, "stale", "If-Match must be the ETag that was answered, a revision in quotes.")
    return int(digits)
