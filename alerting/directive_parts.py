"""What this process does with silences, notices and their like, put together."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from alerting.dispatch import Dispatch
from alerting.incidents.store import Store
from alerting.metrics import AlertingMetrics
from alerting.mute_watch import MuteWatch
from alerting.notice_intake import NoticeIntake
from alerting.notices import Notices
from alerting.settings import Settings
from alerting.silences import Silences
from streams.broker.base import Broker
from streams.clock import Clock


@dataclass(frozen=True, slots=True)
class DirectiveParts:
    """The parts, each on the same store.

    Attributes:
        watch: Brings open incidents up to what mutes them; to be run.
        intake: Reads notices from Kafka; to be run where that answers. None without a broker.
    """

    settings: Settings
    watch: MuteWatch
    silences: Silences
    notices: Notices
    intake: NoticeIntake | None

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
) -> DirectiveParts:
    """Put them together."""
    watch = MuteWatch(store, dispatch, dispatch.muting, settings.silences, clock, metrics)
    notices = Notices(store, watch, clock, metrics)
    intake = None
    if broker is not None:
        intake = NoticeIntake(
            broker=broker, store=store, notices=notices, kafka=settings.kafka, clock=clock, metrics=metrics
        )
    return DirectiveParts(
        settings=settings,
        watch=watch,
        silences=Silences(store, watch, settings.silences, clock, metrics),
        notices=notices,
        intake=intake,
    )
