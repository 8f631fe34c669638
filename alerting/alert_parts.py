"""What one process does for people, put together on an open store."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass

from alerting.acts import Acts
from alerting.api.app import create_api
from alerting.api.health import Probe
from alerting.api.keys import KeyRing
from alerting.api.server import Served
from alerting.api.topic_preview import TopicPreviews
from alerting.branded_store import branded
from alerting.canaries import Canaries
from alerting.catalogue import Catalogue
from alerting.console.pulse import Pulse
from alerting.contact_parts import contact_parts
from alerting.dead_letter_desk import DeadLetterDesk
from alerting.delivery import DeliveryLoop
from alerting.directive_parts import directive_parts
from alerting.drills import Drills
from alerting.duty import Duty
from alerting.erasure_desk import ErasureDesk
from alerting.escalation import Escalator
from alerting.fakes.inbox import Inbox
from alerting.feed_board import FeedBoard
from alerting.feedback_desk import FeedbackDesk
from alerting.hand_over import HandOver
from alerting.inbound.build import build_inbound
from alerting.incidents.sql.store import SqlStore
from alerting.intake import Intake
from alerting.intake_probe import intake_probe
from alerting.metrics import AlertingMetrics
from alerting.notifiers.egress import Egress
from alerting.observer import Observer
from alerting.pictures import Pictures
from alerting.receivers import Receivers
from alerting.reporting import Reporting
from alerting.rescue import Rescue
from alerting.retention import Retention
from alerting.routing.muting import Muting
from alerting.routing.reach import reach_of
from alerting.routing.routes import Routes
from alerting.settings import Settings
from alerting.teams import Teams
from alerting.timekeeper import Timekeeper
from alerting.topic_ledger import TopicLedger
from alerting.watch_list import WatchList
from streams.broker.base import Broker
from streams.clock import Clock
from streams.dead_letter_box import DeadLetterBox

Runs = Callable[[asyncio.Event], Coroutine[None, None, None]]
"""Works until the event is set."""


@dataclass(frozen=True, slots=True)
class AlertParts:
    """The parts, each on the same store.

    Attributes:
        api: To be served.
        pulse: How the stream does.
        loops: To be run as long as the process lives, by name.
        on_kafka: To be run where Kafka answers.
    """

    api: Served
    pulse: Callable[[], Pulse]
    loops: Mapping[str, Runs]
    on_kafka: tuple[Runs, ...]


def alert_parts(
    settings: Settings,
    *,
    broker: Broker,
    store: SqlStore,
    receivers: Receivers,
    egress: Egress,
    clock: Clock,
    metrics: AlertingMetrics,
    lags: Callable[[], Mapping[str, int]],
    roles: Mapping[str, Probe],
    announce_key: Callable[[str], None],
    inbox: Inbox | None = None,
) -> AlertParts:
    """Put them together.

    Args:
        lags: How far the scoring of this process is behind, by partition.
        roles: How the stream roles of this process do.
        announce_key: Told the key that is made where none is configured.
        inbox: What the demo's vendors received.

    Raises:
        InvalidConfig: A secret cannot be read.
    """
    routes, duty = Routes(settings.route), Duty.from_settings(settings)
    muting = Muting(routes, settings.inhibit_rules, settings.time_intervals, settings.playbooks)
    dispatch = duty.dispatch(routes, receivers, muting)
    directives = directive_parts(settings, broker, store, dispatch, clock, metrics, egress)
    intake = Intake(
        broker=broker,
        store=store,
        dispatch=dispatch,
        topics=None,
        kafka=settings.kafka,
        clock=clock,
        metrics=metrics,
    )
    catalogue = Catalogue(
        settings, broker=broker, clock=clock, know=intake.know, reach=reach_of(routes), forget=intake.forget
    )
    rises, pictures = WatchList(broker, settings.kafka, clock), Pictures(store, receivers, clock, metrics)
    delivery = DeliveryLoop(
        store=store,
        receivers=receivers,
        settings=settings.delivery,
        clock=clock,
        metrics=metrics,
        public_url=str(settings.api.public_url) if settings.api.public_url else None,
        rising=lambda: rises.in_words(catalogue.declared),
        arrived=pictures.offer,
    )
    rescue = Rescue(store=store, receivers=receivers, settings=settings.delivery, clock=clock, metrics=metrics)
    feeds = FeedBoard(broker, settings.kafka, clock, lags)
    observer = Observer(store, clock, metrics, metrics.registry, feeds=feeds, wait_seconds=settings.time.wait_seconds)
    seen = branded(store, clock)  # by whoever asks; what runs by itself sees everything
    acts, escalator = Acts(seen, dispatch, clock, metrics), Escalator(store, dispatch, clock, metrics)
    inbound = build_inbound(settings, acts=acts, clock=clock, egress=egress, metrics=metrics)
    contacts = contact_parts(settings, broker, store, clock, metrics)
    ledger = TopicLedger(catalogue, store, clock)  # whose topics somebody may change is looked at before
    erasures = ErasureDesk(store, catalogue, clock)
    api = create_api(
        store=store,
        acts=acts,
        ring=KeyRing.from_settings(settings.api.keys, announce=announce_key, teams=Teams(settings.teams)),
        settings=settings.api,
        targets=settings.targets,
        clock=clock,
        metrics=metrics,
        broker=broker,
        kafka_topic=settings.kafka.mentions,
        contacts=contacts,
        probes={"intake": intake_probe(intake), **roles},
        pulse=observer.pulse,
        feeds=feeds,
        inbox=inbox,
        topics=ledger,
        inbound=inbound,
        directives=directives,
        answers=store.answers,
        duty=duty,
        feedback=FeedbackDesk(seen, catalogue, acts, clock),
        watch=rises,
        erasures=erasures,
        letters=DeadLetterDesk(DeadLetterBox(broker, settings.kafka), store, clock),
        previews=TopicPreviews(broker, settings, clock),
        link_keys=store.chain.keys_for("situation link"),
        reporting=Reporting.from_settings(seen, settings, clock),
        drills=Drills(store, receivers, clock),
    )
    timekeeper = Timekeeper(store, dispatch, settings.targets, clock, metrics)
    retention = Retention(store, settings.retention, clock, metrics)
    canaries = Canaries(broker, settings.kafka.mentions, settings.canary, clock, metrics)
    hand_over = HandOver(store, receivers, settings.receivers, clock)
    loops = (*directives.loops, *duty.loops(store, routes, receivers, egress, clock, metrics))
    together = (
        delivery,
        rescue,
        observer,
        pictures,
        timekeeper,
        retention,
        hand_over,
        escalator,
        ledger,
        erasures,
        *loops,
    )
    runs: dict[str, Runs] = {type(loop).__name__: loop.run for loop in together}
    if inbound.slack_socket is not None:
        runs["slack_socket"] = inbound.slack_socket.run
    on_kafka = (*directives.on_kafka, *contacts.on_kafka, catalogue.run, intake.run, feeds.run, rises.run, canaries.run)
    return AlertParts(
        api=api,
        pulse=observer.pulse,
        loops=runs,
        on_kafka=on_kafka,
    )
