"""What this process does with silences, notices and their like, put together."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from alerting.branded_store import branded
from alerting.casebook import Cases, CustomerNotes
from alerting.directives.errand import Hook
from alerting.dispatch import Dispatch
from alerting.errands import Errands, Sends
from alerting.hold_watch import HoldWatch
from alerting.holds import PostHolds
from alerting.hook_settings import HooksSettings
from alerting.incidents.store import Store
from alerting.metrics import AlertingMetrics
from alerting.mute_watch import MuteWatch
from alerting.notice_intake import NoticeIntake
from alerting.notices import Notices
from alerting.notifiers.egress import Egress
from alerting.notifiers.hook import HookClient
from alerting.settings import Settings
from alerting.silences import Silences
from streams.broker.base import Broker
from streams.clock import Clock
from streams.errors import InvalidConfig


@dataclass(frozen=True, slots=True)
class DirectiveParts:
    """The parts, each on the same store.

    Attributes:
        watch: Brings open incidents up to what mutes them; to be run.
        hold_watch: Proposes holds of posts, and lets them end; to be run.
        errands: Tells other systems; to be run.
        intake: Reads notices from Kafka; to be run where that answers. None without a broker.
    """

    settings: Settings
    watch: MuteWatch
    silences: Silences
    notices: Notices
    customer_notes: CustomerNotes
    holds: PostHolds
    cases: Cases
    hold_watch: HoldWatch
    errands: Errands
    intake: NoticeIntake | None

    @property
    def loops(self) -> tuple[MuteWatch, HoldWatch, Errands]:
        """What is to be run as long as the process lives."""
        return self.watch, self.hold_watch, self.errands

    @property
    def on_kafka(self) -> tuple[Callable[[asyncio.Event], Coroutine[None, None, None]], ...]:
        """What is to be run where Kafka answers."""
        return () if self.intake is None else (self.intake.run,)


def directive_parts(
    settings: Settings,
    broker: Broker | None,
    store: Store,
    dispatch: Dispatch,
    clock: Clock,
    metrics: AlertingMetrics,
    egress: Egress | None = None,
    posts: Sends | None = None,
) -> DirectiveParts:
    """Put them together.

    Args:
        posts: Carries written reports to receivers; without it none arrives.
        egress: Where other systems may be; as configured without it.

    Raises:
        InvalidConfig: A hook's secret cannot be read.
    """
    seen = branded(store, clock)  # by whoever asks; what runs by itself sees everything there
    hooks: dict[Hook, Sends] = {**_hooks(settings.hooks, clock, egress or Egress.from_settings(settings.delivery))}
    if posts is not None:
        hooks[Hook.REPORTS] = posts
    holds = PostHolds(seen, dispatch, settings, clock, metrics)
    watch = MuteWatch(store, dispatch, dispatch.muting, settings.silences, clock, metrics)
    notices = Notices(seen, watch, clock, metrics)
    intake = None
    if broker is not None:
        intake = NoticeIntake(
            broker=broker, store=store, notices=notices, kafka=settings.kafka, clock=clock, metrics=metrics
        )
    return DirectiveParts(
        settings=settings,
        watch=watch,
        silences=Silences(seen, watch, settings.silences, clock, metrics),
        notices=notices,
        customer_notes=CustomerNotes(seen, clock, metrics),
        holds=holds,
        cases=Cases(seen, dispatch, clock, metrics),
        hold_watch=HoldWatch(store, holds, clock, proposes=any(one.kind == "tragedy" for one in settings.playbooks)),
        errands=Errands(store, hooks, settings.delivery, clock, metrics),
        intake=intake,
    )


def _hooks(settings: HooksSettings, clock: Clock, egress: Egress) -> dict[Hook, HookClient]:
    configured = {Hook.POSTS: settings.posts, Hook.CUSTOMERS: settings.customers, Hook.CASES: settings.cases}
    made: dict[Hook, HookClient] = {}
    for name, one in configured.items():
        if one is not None:
            try:
                made[name] = HookClient(name.value, one, clock, egress)
            except (InvalidConfig, ValueError) as exc:
                raise InvalidConfig((f"hooks.{name.value}: {exc}",)) from exc
    return made
