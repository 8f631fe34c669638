"""What `tocsin check` finds in schedules: gaps, and people who cannot be called."""

import asyncio
from collections.abc import Iterator
from datetime import datetime

from alerting.notifiers.egress import Egress
from alerting.oncall.roster import AHEAD, Roster
from alerting.oncall.sources import ScheduleUnreadable, source_of
from alerting.receivers import contacts_of
from alerting.settings import Settings
from streams.clock import Clock


async def notes_on_schedules(settings: Settings, clock: Clock, *, fetch: bool) -> tuple[str, ...]:
    """A sentence for everything that is not as it should be within the next 90 days.

    Args:
        fetch: Whether schedules that others keep are read.
    """
    now = clock.now()
    roster, unread = await roster_of(settings, clock, fetch=fetch)
    notes = list(unread)
    contacts = contacts_of(settings.receivers, settings.people)
    for name in roster.names:
        notes += _of(name, roster, now, {person for person, receivers in contacts.items() if receivers})
    return tuple(notes)


async def roster_of(settings: Settings, clock: Clock, *, fetch: bool) -> tuple[Roster, tuple[str, ...]]:
    """Who is on call, and a sentence for every schedule that could not be read."""
    roster = Roster(settings.schedules)
    now = clock.now()
    notes: list[str] = []
    for schedule in settings.schedules:
        source = source_of(schedule, settings.people, clock=clock, egress=Egress.from_settings(settings.delivery))
        if source is None:
            continue
        if not fetch:
            notes.append(f"schedule {schedule.name} was not read")
            continue
        try:
            content = await source.fetch(now)
            roster.know(schedule.name, await asyncio.to_thread(source.parse, content), now)
        except (ScheduleUnreadable, ValueError) as exc:
            notes.append(f"schedule {schedule.name} cannot be read here: {exc}")
        finally:
            await source.close()
    return roster, tuple(notes)


def _of(name: str, roster: Roster, now: datetime, reachable: set[str]) -> Iterator[str]:
    gaps = roster.gaps(name, now, now + AHEAD) or ()
    if gaps:
        more = f", and {len(gaps) - 1} more times within 90 days" if len(gaps) > 1 else ""
        yield (
            f"schedule {name}: nobody is on call from {gaps[0].starts_at:%Y-%m-%d %H:%M}"
            f" to {gaps[0].ends_at:%Y-%m-%d %H:%M} UTC{more}"
        )
    for person in dict.fromkeys(shift.person for shift in roster.shifts(name, now, now + AHEAD) or ()):
        if person not in reachable:
            yield f"schedule {name}: {person!r} takes turns and cannot be called: no receiver leads to them"
