"""All schedules together: who is on call at a moment, and where nobody is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import msgspec

from alerting.directives.shift_cover import ShiftCover
from alerting.oncall.covering import covered
from alerting.oncall.rotation import Rotation
from alerting.oncall.shift import Gap, Shift, gaps, joined
from alerting.oncall_settings import ScheduleSettings

AHEAD: Final = timedelta(days=90)


class Shifts(Protocol):
    """Where a schedule's shifts come from."""

    def shifts(self, start: datetime, end: datetime) -> tuple[Shift, ...]:
        """Every shift that lies in `[start, end)` at least in part, in order."""
        ...


class Freshness(msgspec.Struct, frozen=True):
    """How far what was fetched can be trusted.

    Attributes:
        read_at: When it was last read well; None where it never was.
        problem: Why the latest attempt failed; None where it did not.
    """

    read_at: datetime | None = None
    problem: str | None = None


class OnCall(msgspec.Struct, frozen=True):
    """Who is on call for one schedule at one moment.

    Attributes:
        people: Names, each once; empty where nobody is.
        until: When that changes next, as far as 90 days ahead tell; None beyond.
        known: False where the schedule could never be read: then nobody knows who is on call.
        read_at: When it was read, for what is fetched.
        problem: Why the latest attempt to fetch it failed.
    """

    schedule: str
    people: tuple[str, ...]
    until: datetime | None
    known: bool = True
    read_at: datetime | None = None
    problem: str | None = None


class Roster:
    """Every schedule of the configuration by name. What is fetched becomes known with `know`.

    Args:
        schedules: Rotations are known from the start, everything else once it was read.
    """

    def __init__(self, schedules: Sequence[ScheduleSettings]) -> None:
        self._names = tuple(schedule.name for schedule in schedules)
        self._shifts: dict[str, Shifts] = {
            schedule.name: Rotation(schedule.rotation, schedule.time_zone)
            for schedule in schedules
            if schedule.rotation is not None
        }
        self._freshness: dict[str, Freshness] = {}
        self._covers: tuple[ShiftCover, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All schedules, in the order of the configuration."""
        return self._names

    def know(self, schedule: str, shifts: Shifts, read_at: datetime) -> None:
        """The schedule was read."""
        self._shifts[schedule] = shifts
        self._freshness[schedule] = Freshness(read_at)

    def miss(self, schedule: str, problem: str) -> None:
        """The schedule could not be read; what was known of it stays."""
        before = self._freshness.get(schedule, Freshness())
        self._freshness[schedule] = Freshness(before.read_at, problem)

    def cover(self, covers: Iterable[ShiftCover]) -> None:
        """This is all that was handed over, whatever the schedules say."""
        self._covers = tuple(covers)

    def covers(self, schedule: str, at: datetime) -> tuple[ShiftCover, ...]:
        """What was handed over of the schedule and is not over by then, in order of its start."""
        found = (one for one in self._covers if one.schedule == schedule and one.ends_at > at)
        return tuple(sorted(found, key=lambda one: (one.starts_at, one.id)))

    def freshness(self, schedule: str) -> Freshness | None:
        """For what is fetched; None for a rotation, which is always as it is set."""
        return self._freshness.get(schedule)

    def on_call(self, schedule: str, at: datetime) -> OnCall:
        """Who is on call at that moment."""
        shifts = self._shifts.get(schedule)
        fresh = self._freshness.get(schedule, Freshness())
        if shifts is None:
            return OnCall(schedule, (), None, known=False, problem=fresh.problem)
        ahead = joined(self._covered(schedule, shifts, at, at + AHEAD))
        people = tuple(dict.fromkeys(shift.person for shift in ahead if shift.covers(at)))
        changes = [moment for shift in ahead for moment in (shift.starts_at, shift.ends_at) if at < moment < at + AHEAD]
        return OnCall(schedule, people, min(changes, default=None), read_at=fresh.read_at, problem=fresh.problem)

    def people_on_call(self, schedule: str, at: datetime) -> tuple[str, ...]:
        """Names alone, without looking ahead."""
        shifts = self._shifts.get(schedule)
        if shifts is None:
            return ()
        try:
            near = self._covered(schedule, shifts, at, at + timedelta(microseconds=1))
        except ValueError:  # a calendar's rule that cannot be followed so far from when it was read
            return ()
        return tuple(dict.fromkeys(shift.person for shift in near if shift.covers(at)))

    def shifts(self, schedule: str, start: datetime, end: datetime) -> tuple[Shift, ...] | None:
        """Its shifts, in order; None where it could never be read."""
        shifts = self._shifts.get(schedule)
        return None if shifts is None else joined(self._covered(schedule, shifts, start, end))

    def gaps(self, schedule: str, start: datetime, end: datetime) -> tuple[Gap, ...] | None:
        """Where nobody is on call in `[start, end)`; None where it could never be read."""
        found = self.shifts(schedule, start, end)
        return None if found is None else gaps(found, start.astimezone(UTC), end.astimezone(UTC))

    def _covered(self, schedule: str, shifts: Shifts, start: datetime, end: datetime) -> tuple[Shift, ...]:
        found = covered(shifts.shifts(start, end), (one for one in self._covers if one.schedule == schedule))
        return tuple(shift for shift in found if shift.starts_at < end and shift.ends_at > start)


OnCallNow = Callable[[str, datetime], tuple[str, ...]]
"""Who is on call for a schedule at a moment."""

Contacts = Mapping[str, tuple[str, ...]]
"""Over which receivers each person is reached."""
