"""Shifts with what was handed over laid on top. Pure."""

from collections.abc import Iterable, Sequence

from alerting.directives.shift_cover import ShiftCover
from alerting.oncall.shift import Shift, laid_over


def covered(shifts: Sequence[Shift], covers: Iterable[ShiftCover]) -> tuple[Shift, ...]:
    """The shifts as they are once every cover is laid over them, the oldest first: of two the later one counts."""
    found = tuple(shifts)
    for cover in sorted(covers, key=lambda one: (one.created_at, one.id)):
        if cover.starts_at >= cover.ends_at:
            continue  # ended before it began
        if cover.instead_of is None:
            found = laid_over(found, Shift(cover.starts_at, cover.ends_at, cover.person))
        else:
            found = tuple(sorted(part for shift in found for part in _parts(shift, cover)))
    return found


def _parts(shift: Shift, cover: ShiftCover) -> list[Shift]:
    begins, ends = max(shift.starts_at, cover.starts_at), min(shift.ends_at, cover.ends_at)
    if shift.person != cover.instead_of or begins >= ends:
        return [shift]
    parts = [Shift(begins, ends, cover.person)]
    if shift.starts_at < begins:
        parts.append(Shift(shift.starts_at, begins, shift.person))
    if ends < shift.ends_at:
        parts.append(Shift(ends, shift.ends_at, shift.person))
    return parts
