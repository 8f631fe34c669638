"""What one process does for people as one configuration says, put together on what outlives it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alerting.acts import Acts
from alerting.alert_spine import AlertSpine
from alerting.api.app import create_api
from alerting.api.health import Probe
from alerting.api.keys import KeyRing
from alerting.api.oidc import SignIn
from alerting.api.reload import Reloads
from alerting.api.server import Served
from alerting.api.topic_preview import TopicPreviews
from alerting.branded_store import branded
from alerting.canaries import Canaries
from alerting.contact_parts import contact_parts
from alerting.dead_letter_desk import DeadLetterDesk
from alerting.delivery import DeliveryLoop
from alerting.directive_parts import directive_parts
from alerting.dispatch import Dispatch
from alerting.drills import Drills
from alerting.duty import Duty
from alerting.erasure_desk import ErasureDesk
from alerting.escalation import Escalator
from alerting.fakes.inbox import Inbox
from alerting.feedback_desk import FeedbackDesk
from alerting.hand_over import HandOver
from alerting.inbound.build import build_inbound
from alerting.intake_probe import intake_probe
from alerting.notifiers.egress import Egress
from alerting.own_part_desk import OwnPartDesk
from alerting.pictures import Pictures
from alerting.receiver_parts import receivers_from
from alerting.receivers import Receivers
from alerting.reporting import Reporting
from alerting.rescue import Rescue
from alerting.retention import Retention
from alerting.routing.muting import Muting
from alerting.routing.routes import Routes
from alerting.runs import Runs
from alerting.settings import Settings
from alerting.teams import Teams
from alerting.timekeeper import Timekeeper
from alerting.topic_ledger import TopicLedger
from alerting.weekly_sending import WeeklyPost, WeeklySending
from alerting.weeks import Weeks
from streams.clock import Clock
from streams.dead_letter_box import DeadLetterBox
from streams.errors import InvalidConfig


@dataclass(frozen=True, slots=True)
class AlertParts:
    """The parts, each on the same store, as one configuration says.

    Attributes:
        api: Answers requests.
        dispatch: Decides who hears of incidents.
        receivers: To be closed when all has ended.
        loops: To be run as long as the configuration is in force, by name.
        on_kafka: To be run where Kafka answers.
    """

    settings: Settings
    api: Served
    ring: KeyRing
    routes: Routes
    dispatch: Dispatch
    receivers: Receivers
    loops: Mapping[str, Runs]
    on_kafka: tuple[Runs, ...]


async def open_parts(
    settings: Settings,
    spine: AlertSpine,
    *,
    roles: Mapping[str, Probe],
    announce_key: Callable[[str], None],
    inbox: Inbox | None = None,
    reload: Reloads | None = None,
) -> AlertParts:
    """Make all parts and run none.

    Args:
        roles: How the stream roles of this process do.
        announce_key: Told the key that is made where none is configured.
        inbox: What the demo's vendors received.
        reload: Takes a changed configuration into force.

    Raises:
        InvalidConfig: A secret cannot be read.
    """
    egress = Egress.from_settings(settings.delivery)
    receivers = receivers_from(settings, spine.clock, spine.metrics, egress)
    try:
        ring = spine.ring_for(settings, announce_key)
        return _parts(settings, spine, receivers, egress, ring, roles=roles, inbox=inbox, reload=reload)
    except BaseException:
        await receivers.close()
        raise


def _parts(
    settings: Settings,
    spine: AlertSpine,
    receivers: Receivers,
    egress: Egress,
    ring: KeyRing,
    *,
    roles: Mapping[str, Probe],
    inbox: Inbox | None,
    reload: Reloads | None,
) -> AlertParts:
    store, clock, metrics, broker = spine.store, spine.clock, spine.metrics, spine.broker
    catalogue, observer = spine.catalogue, spine.observer
    routes, duty = Routes(settings.route), Duty.from_settings(settings)
    muting = Muting(routes, settings.inhibit_rules, settings.time_intervals, settings.playbooks)
    dispatch = duty.dispatch(routes, receivers, muting)
    directives = directive_parts(settings, broker, store, dispatch, clock, metrics, egress, posts=WeeklyPost(receivers))
    pictures = Pictures(store, receivers, clock, metrics)
    delivery = DeliveryLoop(
        store=store,
        receivers=receivers,
        settings=settings.delivery,
        clock=clock,
        metrics=metrics,
        public_url=str(settings.api.public_url) if settings.api.public_url else None,
        rising=lambda: spine.rises.in_words(catalogue.declared),
        arrived=pictures.offer,
        tracing=spine.tracing,
    )
    rescue = Rescue(store=store, receivers=receivers, settings=settings.delivery, clock=clock, metrics=metrics)
    seen = branded(store, clock)  # by whoever asks; what runs by itself sees everything
    acts, escalator = Acts(seen, dispatch, clock, metrics), Escalator(store, dispatch, clock, metrics)
    inbound = build_inbound(settings, acts=acts, clock=clock, egress=egress, metrics=metrics)
    ledger = TopicLedger(catalogue, store, clock)  # whose topics somebody may change is looked at before
    erasures = ErasureDesk(store, catalogue, clock)
    contacts = contact_parts(settings, spine.contacts, store, dispatch, clock, metrics)
    api = create_api(
        store=store,
        acts=acts,
        ring=spine.ring,
        settings=settings.api,
        targets=settings.targets,
        clock=clock,
        metrics=metrics,
        broker=broker,
        kafka_topic=settings.kafka.mentions,
        contacts=contacts,
        probes={"intake": intake_probe(spine.intake), **roles},
        pulse=observer.pulse,
        feeds=spine.feeds,
        inbox=inbox,
        topics=ledger,
        inbound=inbound,
        directives=directives,
        answers=store.answers,
        duty=duty,
        feedback=FeedbackDesk(seen, catalogue, acts, clock),
        watch=spine.rises,
        erasures=erasures,
        letters=DeadLetterDesk(DeadLetterBox(broker, settings.kafka), store, clock),
        previews=TopicPreviews(broker, settings, clock),
        link_keys=store.chain.keys_for("situation link"),
        reporting=Reporting.from_settings(seen, settings, clock),
        drills=Drills(store, receivers, clock),
        sessions=spine.sessions,
        live=spine.live,
        reload=reload,
        sign_in=_sign_in(settings, clock),
    )
    timekeeper = Timekeeper(store, dispatch, settings.targets, clock, metrics)
    retention = Retention(store, settings.retention, clock, metrics)
    canaries = Canaries(broker, settings.kafka.mentions, settings.canary, clock, metrics)
    own_part = OwnPartDesk(store=store, replies=store.replies, dispatch=dispatch, clock=clock, metrics=metrics)
    hand_over = HandOver(store, receivers, settings.receivers, clock)
    weekly = WeeklySending(store, Weeks(store, settings, clock), receivers, settings, clock)
    loops = (weekly, *directives.loops, *duty.loops(store, routes, receivers, egress, clock, metrics))
    together = (
        delivery,
        rescue,
        pictures,
        timekeeper,
        retention,
        hand_over,
        escalator,
        ledger,
        erasures,
        contacts.desk,
        own_part,
        *loops,
    )
    runs: dict[str, Runs] = {type(loop).__name__: loop.run for loop in together}
    if inbound.slack_socket is not None:
        runs["slack_socket"] = inbound.slack_socket.run
    on_kafka = (*directives.on_kafka, canaries.run)
    return AlertParts(settings, api, ring, routes, dispatch, receivers, runs, on_kafka)


def _sign_in(settings: Settings, clock: Clock) -> SignIn | None:
    oidc, url = settings.api.oidc, settings.api.public_url
    if oidc is None or url is None:
        return None
    from alerting.oidc.provider import Provider  # noqa: PLC0415 - its signatures take 10 MiB, and only who configures it needs them

    try:
        provider = Provider(oidc, clock, trust_proxy=settings.delivery.trust_proxy)
    except InvalidConfig as exc:
        raise InvalidConfig(tuple(f"api.oidc: {problem}" for problem in exc.problems)) from exc
    return SignIn(oidc, provider, Teams(settings.teams), str(url).rstrip("/"))
