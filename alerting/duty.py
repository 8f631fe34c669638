"""Who is on call and who is called, put together from the configuration."""

from dataclasses import dataclass
from typing import Self

from alerting.addressing import addressing_from
from alerting.auditor import GRACE_SECONDS, Auditor
from alerting.callout import CallOut, call_out_from
from alerting.dispatch import Dispatch
from alerting.hearing.stated import Stated
from alerting.hints import Hints
from alerting.incidents.store import Store
from alerting.metrics import AlertingMetrics
from alerting.notifiers.egress import Egress
from alerting.oncall.reading import ScheduleReading
from alerting.oncall.roster import Roster
from alerting.oncall.standby import Standby
from alerting.receivers import Receivers
from alerting.routing.muting import Muting
from alerting.routing.routes import Routes
from alerting.settings import Settings
from alerting.shift_covers import ShiftCovers
from alerting.stale_schedules import StaleSchedules
from streams.clock import Clock


@dataclass(frozen=True, slots=True)
class Duty:
    """The parts that know who is on call.

    Attributes:
        standby: Which schedule is whose.
        calls: Whom an incident's escalation calls.
    """

    settings: Settings
    roster: Roster
    standby: Standby
    calls: CallOut

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """As `people`, `schedules`, `policies` and `owners` say; what others keep is not read yet."""
        return cls.with_roster(settings, Roster(settings.schedules))

    @classmethod
    def with_roster(cls, settings: Settings, roster: Roster) -> Self:
        """The same, with a roster that knows more."""
        standby = Standby.from_settings(settings.owners, settings.policies, roster)
        return cls(settings, roster, standby, call_out_from(settings, roster, standby))

    def dispatch(self, routes: Routes, receivers: Receivers, muting: Muting) -> Dispatch:
        """What decides who hears of an incident, and how loudly."""
        hints = Hints(self.settings.peers, self.settings.driver_owners, Stated.of(self.settings.contacts))
        return Dispatch(routes, receivers, muting, self.calls, addressing_from(self.settings, receivers), hints)

    def loops(
        self,
        store: Store,
        routes: Routes,
        receivers: Receivers,
        egress: Egress,
        clock: Clock,
        metrics: AlertingMetrics,
    ) -> tuple[ScheduleReading, StaleSchedules, Auditor, ShiftCovers]:
        """What keeps the roster current, and what looks whether everybody was told; to be run."""
        covers = ShiftCovers(self.settings, self.roster, store, clock, metrics)
        schedules, people = self.settings.schedules, self.settings.people
        reading = ScheduleReading(
            schedules, people, roster=self.roster, store=store, egress=egress, clock=clock, metrics=metrics
        )
        grace = self.settings.delivery.fallback_seconds + GRACE_SECONDS
        stale = StaleSchedules(
            schedules,
            roster=self.roster,
            store=store,
            receivers=receivers,
            receiver=self.settings.unowned.receiver or self.settings.route.receiver,
            clock=clock,
            metrics=metrics,
        )
        return reading, stale, Auditor(store, routes, receivers, clock, metrics, grace_seconds=grace), covers
