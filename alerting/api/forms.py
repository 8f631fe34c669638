"""Forms from our own pages, bounded, and proven to be ours."""

from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from alerting.api.arrival import announces_more_than
from alerting.api.gate import Caller
from alerting.api.problems import Problem
from alerting.api.sessions import Sessions

MOST_BYTES: Final = 10_000
MOST_FIELDS: Final = 60


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a url-encoded form; of a field that stands twice the last.

    Raises:
        Problem: It is no such form, or too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Problem(415, "not-a-form", "Content-Type must be application/x-www-form-urlencoded.")
    too_large = Problem(413, "too-large", f"A form has at most {MOST_BYTES} bytes.")
    if announces_more_than(request, MOST_BYTES):
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise too_large
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as exc:
        raise Problem(400, "not-a-form", "The form cannot be read.") from exc


async def read_own_form(request: Request, caller: Caller, sessions: Sessions) -> dict[str, str]:
    """The fields of a form that one of our pages sent in this session.

    Raises:
        Problem: It is not ours.
    """
    fields = await read_form(request)
    if caller.session is not None and not sessions.proves_csrf(caller.session, fields.get("csrf", "")):
        raise Problem(403, "csrf", "This form is not from one of our pages, or too old. Go back, reload, try again.")
    return fields


def local_path(wanted: str | None) -> str:
    """Where to go on: a path of ours, whatever was asked for.

    >>> local_path("/incidents/inc_1"), local_path("//evil.example"), local_path("https://evil.example"), local_path("")
    ('/incidents/inc_1', '/', '/', '/')
    """
    path = wanted or "/"
    if not path.startswith("/") or path.startswith("//") or not path.isascii() or not path.isprintable():
        return "/"
    return "/" if "\\" in path else path
