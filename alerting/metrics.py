"""Every Prometheus metric of the alerting side, declared once."""

from collections import Counter as Counts
from collections.abc import Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from alerting.incidents.feed_status import FeedStatus
from alerting.incidents.model import Severity
from streams.feed_report import FeedKind, FeedState

_OTHER_FEEDS: Final = "other"
_PAGE_BUCKETS: Final = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
_CALL_BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 600.0)
_HTTP_BUCKETS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class AlertingMetrics:
    """The alerting side's metrics in one registry.

    Labels are bounded by what an operator configures or by our own words; never by what stands in mentions or URLs. The
    names of feeds are the exception: at most 64 platforms, and each only once it delivered for six hours.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.incidents_open = Gauge(
            "tocsin_incidents_open", "Incidents that are not resolved.", ["severity"], registry=registry
        )
        self.incidents_muted = Gauge(
            "tocsin_incidents_muted",
            "Open incidents that wake nobody, or not everybody, at present, by what mutes them.",
            ["kind"],
            registry=registry,
        )
        self.silences = Gauge(
            "tocsin_silences", "Silences that have not ended: pending or active.", ["state"], registry=registry
        )
        self.directive_acts = Counter(
            "tocsin_directive_acts",
            "What was done with silences, notices and their like: silence.created, silence.expired, ...",
            ["act"],
            registry=registry,
        )
        self.errands = Counter(
            "tocsin_errands",
            "Attempts to tell other systems what people decided, by hook: sent, pending (to be tried again), rejected.",
            ["hook", "state"],
            registry=registry,
        )
        self.transitions = Counter(
            "tocsin_incident_transitions", "What happened to incidents.", ["transition"], registry=registry
        )
        self.detections = Counter(
            "tocsin_intake_detections",
            "Detections taken in: new, seen before (duplicate), or not readable.",
            ["outcome"],
            registry=registry,
        )
        self.windows = Counter("tocsin_intake_windows", "Window counts written to the history.", registry=registry)
        self.windows_unreadable = Counter(
            "tocsin_intake_windows_unreadable", "Window counts that could not be read.", registry=registry
        )
        self.intake_refused = Counter(
            "tocsin_intake_refused",
            "Detections and window counts that the database takes in no case: passed over.",
            ["stream"],
            registry=registry,
        )
        self.intake_state = Gauge(
            "tocsin_intake_state",
            "1 for the state the intake is in: starting, following, kafka_down, database_down.",
            ["stream", "state"],
            registry=registry,
        )
        self.intake_lag = Gauge("tocsin_intake_lag_records", "Records not yet taken in.", ["stream"], registry=registry)
        self.positions_lost = Counter(
            "tocsin_intake_positions_lost",
            "Partitions dropped: another process moved on.",
            ["stream"],
            registry=registry,
        )
        self.config_reloaded = Gauge(
            "tocsin_config_last_reload_successful",
            "1 where the configuration was last read without a fault, 0 where a change of it was refused.",
            registry=registry,
        )
        self.config_reloaded_at = Gauge(
            "tocsin_config_last_reload_success_timestamp_seconds",
            "When the configuration that is in force was read.",
            registry=registry,
        )
        self.attempts = Counter("tocsin_delivery_attempts", "Attempts to deliver.", ["notifier"], registry=registry)
        self.deliveries = Counter(
            "tocsin_deliveries",
            "Ends of attempts: sent, retried, in_doubt, rejected.",
            ["notifier", "outcome"],
            registry=registry,
        )
        self.inbound = Counter(
            "tocsin_inbound",
            "Acts that came in from chats and pagers: done, unlinked, refused, ignored, forged, unreadable.",
            ["vendor", "outcome"],
            registry=registry,
        )
        self.slack_socket = Gauge(
            "tocsin_slack_socket_up", "1 while Slack's Socket Mode is connected.", registry=registry
        )
        self.destination_failures = Gauge(
            "tocsin_destination_failures",
            "Failures in a row of a receiver's notifier; 0 as soon as one attempt succeeds.",
            ["receiver", "notifier"],
            registry=registry,
        )
        self.fallbacks = Counter(
            "tocsin_fallbacks", "Pages that went to a receiver's fallback.", ["receiver"], registry=registry
        )
        self.nobody_reached = Counter(
            "tocsin_nobody_reached", "Incidents whose page reached nobody in time.", registry=registry
        )
        self.schedule_read_at = Gauge(
            "tocsin_schedule_read_timestamp_seconds",
            "When a schedule that others keep was last read well, seconds since 1970.",
            ["schedule"],
            registry=registry,
        )
        self.schedule_stale = Gauge(
            "tocsin_schedule_stale",
            "1 for a schedule that others keep and that could not be read for its `stale_after_hours`.",
            ["schedule"],
            registry=registry,
        )
        self.schedule_failures = Counter(
            "tocsin_schedule_failures", "Attempts to read a schedule that failed.", ["schedule"], registry=registry
        )
        self.untold = Gauge(
            "tocsin_untold",
            "Who should have been told of an open incident by now and was not: nobody, call_not_made, not_in_outbox,"
            " not_arrived.",
            ["missing"],
            registry=registry,
        )
        self.audited_at = Gauge(
            "tocsin_untold_looked_timestamp_seconds",
            "When somebody last looked who was not told, seconds since 1970.",
            registry=registry,
        )
        self.call_delay = Histogram(
            "tocsin_call_delay_seconds",
            "From when a call of an escalation was due until it was written down.",
            buckets=_CALL_BUCKETS,
            registry=registry,
        )
        self.feeds = Gauge(
            "tocsin_feeds",
            "Feeds by kind and state, as reported; unknown where nobody reports.",
            ["kind", "state"],
            registry=registry,
        )
        self.feed_arrivals = Gauge(
            "tocsin_feed_arrivals_per_minute",
            "Mentions a minute that arrived over the last five, of each feed that is watched; all others are `other`.",
            ["feed"],
            registry=registry,
        )
        self.pictures = Counter(
            "tocsin_pictures",
            "Charts for messages that had arrived: shown, not_drawn, refused.",
            ["outcome"],
            registry=registry,
        )
        self.replies = Counter(
            "tocsin_public_replies", "Public answers of the brand that were taken in.", registry=registry
        )
        self.contacts = Counter(
            "tocsin_contacts",
            "Records of the contact centre: counted, late (of these), replaced, repeated, folded (under another reason"
            " for being one of too many), unreadable.",
            ["outcome"],
            registry=registry,
        )
        self.contact_reasons = Gauge(
            "tocsin_contact_reasons",
            "Reasons of the contact centre: known, rising, and of these calls_only (they belong to no open incident).",
            ["standing"],
            registry=registry,
        )
        self.retained = Counter(
            "tocsin_retention_removed",
            "What retention thinned or forgot: windows (topics and days), samples, deliveries, incidents, replies,"
            " contacts.",
            ["kind"],
            registry=registry,
        )
        self.retention_finished = Gauge(
            "tocsin_retention_finished_timestamp_seconds",
            "When retention last found nothing more to do, seconds since 1970; 0 before the first time.",
            registry=registry,
        )
        self.canary_interval = Gauge(
            "tocsin_canary_interval_seconds",
            "How often a round of canaries is sent off; 0 where the canary is switched off.",
            registry=registry,
        )
        self.canary_stages = Gauge(
            "tocsin_canary_timestamp_seconds",
            "When a round of canaries last was sent off (sent), whole in the database (incident), told to the outside"
            " (delivered), seconds since 1970; when the process started where none was since.",
            ["stage"],
            registry=registry,
        )
        self.canary_seconds = Histogram(
            "tocsin_canary_seconds",
            "From when a round of canaries was sent off until its heartbeat was taken.",
            buckets=_PAGE_BUCKETS,
            registry=registry,
        )
        self.outbox_pending = Gauge("tocsin_outbox_pending", "Messages not delivered yet.", registry=registry)
        self.outbox_age = Gauge(
            "tocsin_outbox_age_seconds", "Age of the oldest message that is due.", registry=registry
        )
        self.page_latency = Histogram(
            "tocsin_page_latency_seconds",
            "From the broker's acceptance of the deciding mention to the provider's receipt, first pages only.",
            ["notifier"],
            buckets=_PAGE_BUCKETS,
            registry=registry,
        )
        self.http_requests = Counter(
            "tocsin_http_requests", "HTTP requests by route template.", ["method", "route", "status"], registry=registry
        )
        self.http_seconds = Histogram(
            "tocsin_http_request_seconds",
            "How long HTTP requests took.",
            ["method", "route"],
            buckets=_HTTP_BUCKETS,
            registry=registry,
        )

    def show_feeds(self, feeds: Sequence[FeedStatus]) -> None:
        """Set what is known of every feed; one that is not named any more is gone."""
        states = Counts((feed.kind, feed.state) for feed in feeds)
        for kind in FeedKind:
            for state in FeedState:
                self.feeds.labels(kind.value, state.value).set(states[kind, state])
        self.feed_arrivals.clear()
        for feed in feeds:
            if feed.per_minute is not None and feed.kind is not None:
                watched = feed.watched or feed.kind is FeedKind.PARTITION
                self.feed_arrivals.labels(feed.name if watched else _OTHER_FEEDS).inc(feed.per_minute)

    def count_open(self, by_severity: Mapping[Severity, int]) -> None:
        """Set the number of open incidents; a severity that is not named has none."""
        for severity in Severity:
            self.incidents_open.labels(severity.value).set(by_severity.get(severity, 0))
