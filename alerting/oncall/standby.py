"""Whether an owner is on call now, in a sentence for a page."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Self

from alerting.incidents import wording
from alerting.oncall.roster import OnCall, Roster
from alerting.oncall_settings import OwnerSettings, PolicySettings


class Standby:
    """Knows which schedule is whose.

    Args:
        schedules: Of each owner that has one.
    """

    def __init__(self, schedules: Mapping[str, str], roster: Roster) -> None:
        self._schedules = dict(schedules)
        self._roster = roster

    @classmethod
    def from_settings(cls, owners: Sequence[OwnerSettings], policies: Sequence[PolicySettings], roster: Roster) -> Self:
        """The schedule that an owner names, else the first one that its policy calls."""
        called = {policy.name: _first_schedule(policy) for policy in policies}
        found = {owner.name: owner.schedule or called.get(owner.policy or "") for owner in owners}
        return cls({owner: schedule for owner, schedule in found.items() if schedule is not None}, roster)

    @property
    def schedules(self) -> Mapping[str, str]:
        """The schedule of each owner that has one."""
        return self._schedules

    def line(self, owner: str | None, at: datetime) -> str:
        """`On call for payments: Maya, until Mon 12 Jan 08:00 UTC`; empty for an owner without a schedule."""
        schedule = self._schedules.get(owner or "")
        if schedule is None:
            return ""
        return said(self._roster.on_call(schedule, at), owner or "")


def said(on_call: OnCall, whom: str) -> str:
    """Who is on call for whom, and until when."""
    name = wording.plain(whom, 60)
    if not on_call.known:
        return f"Who is on call for {name} is not known: its schedule could not be read"
    until = f" until {on_call.until.astimezone(UTC):%a %d %b %H:%M} UTC" if on_call.until else ""
    if not on_call.people:
        return f"Nobody is on call for {name}{until}"
    who = ", ".join(wording.plain(person, 60) or "somebody" for person in on_call.people[:5])
    return f"On call for {name}: {who}{until}"


def _first_schedule(policy: PolicySettings) -> str | None:
    named = (target.schedule for step in policy.steps for target in step.targets)
    return next((schedule for schedule in named if schedule is not None), None)
