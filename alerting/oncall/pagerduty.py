"""Shifts out of what PagerDuty's REST API says about who is on call."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from alerting.inbound_settings import PersonSettings
from alerting.incidents import wording
from alerting.oncall.shift import Shift

# https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls
ON_CALLS: Final = "oncalls"
PAGE: Final = 100
MOST_PAGES: Final = 20


class _User(msgspec.Struct):
    id: str
    summary: str | None = None
    name: str | None = None


class _OnCall(msgspec.Struct):
    user: _User
    start: datetime | None = None
    end: datetime | None = None


class _Answer(msgspec.Struct):
    oncalls: list[_OnCall]
    more: bool = False


class KnownShifts:
    """Shifts that somebody else has worked out.

    Args:
        shifts: In any order.
    """

    def __init__(self, shifts: Sequence[Shift]) -> None:
        self._shifts = tuple(sorted(shifts))

    def shifts(self, start: datetime, end: datetime) -> tuple[Shift, ...]:
        """Every shift that lies in `[start, end)` at least in part, in order."""
        return tuple(shift for shift in self._shifts if shift.starts_at < end and shift.ends_at > start)


def read_on_calls(
    body: bytes, people: Sequence[PersonSettings], start: datetime, end: datetime
) -> tuple[tuple[Shift, ...], bool]:
    """The shifts of one page of the answer, and whether there are more pages.

    A user whom the configuration links to nobody stays under PagerDuty's name. Who is on call without an end is so for
    all of `[start, end)`.

    Raises:
        ValueError: It is not what PagerDuty answers.
    """
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise ValueError("PagerDuty answered something else than who is on call") from exc
    names: Mapping[str, str] = {person.pagerduty: person.name for person in people if person.pagerduty}
    found = (
        Shift(one.start or start, one.end or end, names.get(one.user.id) or _called(one.user)) for one in answer.oncalls
    )
    return tuple(shift for shift in found if shift.starts_at < shift.ends_at), answer.more


def packed(shifts: Sequence[Shift]) -> bytes:
    """To be kept, and read by `unpacked`."""
    return msgspec.json.encode(list(shifts))


def unpacked(content: bytes) -> tuple[Shift, ...]:
    """What `packed` wrote.

    Raises:
        ValueError: It is something else.
    """
    try:
        return tuple(msgspec.json.decode(content, type=list[Shift]))
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise ValueError("the copy of the schedule cannot be read") from exc


def _called(user: _User) -> str:
    return wording.plain(user.name or user.summary or user.id, 100) or user.id
