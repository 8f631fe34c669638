"""What of the alert role outlives a change of its configuration."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alerting.api.front import Front
from alerting.api.keys import KeyRing
from alerting.api.live import LiveTimeline
from alerting.api.sessions import Sessions
from alerting.catalogue import Catalogue
from alerting.contact_intake import ContactIntake
from alerting.dispatch import Dispatch
from alerting.feed_board import FeedBoard
from alerting.incidents.sql.store import SqlStore
from alerting.intake import Intake
from alerting.metrics import AlertingMetrics
from alerting.observer import Observer
from alerting.receivers import Receivers
from alerting.routing.reach import reach_of
from alerting.routing.routes import Routes
from alerting.runs import Runs
from alerting.settings import Settings
from alerting.teams import Teams
from alerting.watch_list import WatchList
from streams.broker.base import Broker
from streams.clock import Clock
from streams.tracing import NO_TRACING, Tracing


@dataclass(frozen=True, slots=True)
class AlertSpine:
    """What reads Kafka, knows who is signed in and follows the timeline; and where requests come in.

    Attributes:
        front: To be served; it passes requests on to whatever is in force.
        on_kafka: Set as soon as Kafka answers.
    """

    store: SqlStore
    broker: Broker
    clock: Clock
    metrics: AlertingMetrics
    tracing: Tracing
    intake: Intake
    contacts: ContactIntake
    catalogue: Catalogue
    feeds: FeedBoard
    rises: WatchList
    observer: Observer
    ring: KeyRing
    sessions: Sessions
    live: LiveTimeline
    front: Front
    on_kafka: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def runs_on_kafka(self) -> tuple[Runs, ...]:
        """To be run where Kafka answers."""
        return (self.contacts.run, self.catalogue.run, self.intake.run, self.feeds.run, self.rises.run)

    def ring_for(self, settings: Settings, announce: Callable[[str], None]) -> KeyRing:
        """The keys that these settings name, read anew; where they name none, the one that was made before.

        Raises:
            InvalidConfig: A key cannot be read.
        """
        if self.ring.is_generated and not settings.api.keys:
            return self.ring
        return KeyRing.from_settings(settings.api.keys, announce=announce, teams=Teams(settings.teams))


def alert_spine(
    settings: Settings,
    *,
    broker: Broker,
    store: SqlStore,
    clock: Clock,
    metrics: AlertingMetrics,
    lags: Callable[[], Mapping[str, int]],
    announce_key: Callable[[str], None],
    tracing: Tracing = NO_TRACING,
) -> AlertSpine:
    """Put it together.

    Args:
        lags: How far the scoring of this process is behind, by partition.
        announce_key: Told the key that is made where none is configured.

    Raises:
        InvalidConfig: A key cannot be read.
    """
    routes = Routes(settings.route)
    intake = Intake(
        broker=broker,
        store=store,
        dispatch=Dispatch(routes, Receivers({})),  # until the parts are there, which is before anything is taken in
        topics=None,
        kafka=settings.kafka,
        clock=clock,
        metrics=metrics,
        tracing=tracing,
    )
    feeds = FeedBoard(broker, settings.kafka, clock, lags)
    ring = KeyRing.from_settings(settings.api.keys, announce=announce_key, teams=Teams(settings.teams))
    live = LiveTimeline(store, clock)
    return AlertSpine(
        store=store,
        broker=broker,
        clock=clock,
        metrics=metrics,
        tracing=tracing,
        intake=intake,
        contacts=ContactIntake(broker=broker, store=store, kafka=settings.kafka, clock=clock, metrics=metrics),
        catalogue=Catalogue(
            settings, broker=broker, clock=clock, know=intake.know, reach=reach_of(routes), forget=intake.forget
        ),
        feeds=feeds,
        rises=WatchList(broker, settings.kafka, clock),
        observer=Observer(
            store, clock, metrics, metrics.registry, feeds=feeds, wait_seconds=settings.time.wait_seconds
        ),
        ring=ring,
        sessions=Sessions(ring, clock),
        live=live,
        front=Front(live),
    )
