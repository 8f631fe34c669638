"""A stretch of time in which somebody is on call."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec


class Shift(msgspec.Struct, frozen=True, order=True):
    """Somebody is on call, the start inclusive, the end exclusive, both aware."""

    starts_at: datetime
    ends_at: datetime
    person: str

    def covers(self, at: datetime) -> bool:
        """Whether `at` lies in it."""
        return self.starts_at <= at < self.ends_at


class Gap(msgspec.Struct, frozen=True):
    """Nobody is on call, the start inclusive, the end exclusive."""

    starts_at: datetime
    ends_at: datetime


def joined(shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    """The same with shifts of one person that touch or overlap as one; in order of their starts."""
    latest: dict[str, Shift] = {}
    done: list[Shift] = []
    for shift in sorted(shifts):
        before = latest.get(shift.person)
        if before is not None and shift.starts_at <= before.ends_at:
            latest[shift.person] = Shift(before.starts_at, max(before.ends_at, shift.ends_at), shift.person)
            continue
        if before is not None:
            done.append(before)
        latest[shift.person] = shift
    return tuple(sorted([*done, *latest.values()]))


def gaps(shifts: Sequence[Shift], start: datetime, end: datetime) -> tuple[Gap, ...]:
    """Where in `[start, end)` nobody is on call, in order."""
    found: list[Gap] = []
    covered = start
    for shift in sorted(shifts):
        if shift.ends_at <= covered:
            continue
        if shift.starts_at >= end:
            break
        if shift.starts_at > covered:
            found.append(Gap(covered, shift.starts_at))
        covered = shift.ends_at
    if covered < end:
        found.append(Gap(covered, end))
    return tuple(found)


def laid_over(below: Sequence[Shift], above: Shift) -> tuple[Shift, ...]:
    """The shifts with `above` instead of whoever had its time."""
    kept: list[Shift] = []
    for shift in below:
        if shift.ends_at <= above.starts_at or shift.starts_at >= above.ends_at:
            kept.append(shift)
            continue
        if shift.starts_at < above.starts_at:
            kept.append(Shift(shift.starts_at, above.starts_at, shift.person))
        if shift.ends_at > above.ends_at:
            kept.append(Shift(above.ends_at, shift.ends_at, shift.person))
    return tuple(sorted([*kept, above]))
