"""What the dashboards show."""

from typing import Final

from deploy.grafana.dashboard import Curve, Panel, Row

TIMES_AS_USUAL: Final = (
    'tocsin_topic_mentions_per_minute{topic=~"$topic"} / (tocsin_topic_expected_per_minute{topic=~"$topic"} > 0)'
)
OF_BUDGET: Final = 'tocsin_topic_pages_7d{topic=~"$topic"} / tocsin_topic_pages_per_week{topic=~"$topic"}'

OPERATIONS: Final = (
    Row(
        "Does it work",
        (
            Panel(
                "Stream roles ready",
                "1 where some process holds partitions with their state.",
                (Curve("max by (group) (tocsin_stream_ready)", "{{group}}"),),
                kind="stat",
                columns=6,
            ),
            Panel(
                "Behind",
                "How far event time is behind. Pages are late by that much.",
                (Curve("tocsin:watermark_delay_seconds:max", "{{group}}"),),
                "s",
                "stat",
                120,
                6,
            ),
            Panel(
                "Oldest message that waits",
                "Age of what people have not been told yet.",
                (Curve("max(tocsin_outbox_age_seconds)"),),
                "s",
                "stat",
                120,
                6,
            ),
            Panel(
                "Reached nobody, last day",
                "Pages that no receiver and no fallback took.",
                (Curve("sum(increase(tocsin_nobody_reached_total[1d]))"),),
                "short",
                "stat",
                1,
                6,
            ),
        ),
    ),
    Row(
        "Streams",
        (
            Panel(
                "Mentions a second",
                "Read, and of these matched to a topic.",
                (Curve("tocsin:mentions_read:rate1m", "read"), Curve("tocsin:mentions_matched:rate1m", "matched")),
                "short",
            ),
            Panel(
                "Records behind",
                "Lag by consumer group. More processes help, up to one for each partition.",
                (Curve("tocsin:lag_records:sum", "{{group}}"),),
            ),
            Panel(
                "Commits, 99th percentile",
                "How long a Kafka transaction takes, from its begin to its commit.",
                (Curve("tocsin:commit_seconds:p99_5m", "{{group}}"),),
                "s",
            ),
            Panel(
                "Taken over",
                "Partitions that moved, by whether their state was still known.",
                (Curve("sum by (group, state) (increase(tocsin_takeovers_total[5m]))", "{{group}} {{state}}"),),
            ),
            Panel(
                "Dead letters",
                "Share of what was read that is no mention.",
                (Curve("tocsin:mentions_dead_lettered:ratio5m", "dead letters"),),
                "percentunit",
                "timeseries",
                0.01,
            ),
            Panel(
                "Late, lost, repeated",
                "Mentions a second: after their minute was final, after it was forgotten, or again.",
                (
                    Curve("sum(rate(tocsin_mentions_late_total[5m]))", "late"),
                    Curve("sum(rate(tocsin_mentions_lost_total[5m]))", "lost"),
                    Curve("sum(rate(tocsin_mentions_duplicate_total[5m]))", "repeated"),
                ),
            ),
        ),
    ),
    Row(
        "Feeds",
        (
            Panel(
                "What arrives",
                "Mentions a minute of each platform and source partition that is watched; new ones together as other.",
                (Curve("max by (feed) (tocsin_feed_arrivals_per_minute)", "{{feed}}"),),
            ),
            Panel(
                "Feeds by state",
                "Quiet and stalled ones have an incident; unknown means that nobody reports.",
                (Curve("max by (state) (sum by (instance, state) (tocsin_feeds))", "{{state}}"),),
            ),
        ),
    ),
    Row(
        "Alerting",
        (
            Panel(
                "Intake",
                "1 for the state that the intake is in.",
                (Curve("max by (stream, state) (tocsin_intake_state)", "{{stream}} {{state}}"),),
            ),
            Panel(
                "From the mention to the vendor",
                "First pages only, over an hour.",
                (
                    Curve("tocsin:page_latency_seconds:p50_1h", "median"),
                    Curve("tocsin:page_latency_seconds:p99_1h", "99th percentile"),
                ),
                "s",
            ),
            Panel(
                "Ends of attempts",
                "Sent, retried, in doubt or rejected, a second.",
                (Curve("tocsin:deliveries:rate5m", "{{notifier}} {{outcome}}"),),
            ),
            Panel(
                "Failures in a row",
                "By receiver and notifier; 0 as soon as one attempt succeeds.",
                (Curve("max by (receiver, notifier) (tocsin_destination_failures)", "{{receiver}} {{notifier}}"),),
                "short",
                "timeseries",
                5,
            ),
            Panel(
                "API: answers a second",
                "By status.",
                (Curve("sum by (status) (rate(tocsin_http_requests_total[5m]))", "{{status}}"),),
            ),
            Panel(
                "API: 99th percentile",
                "How long answers take.",
                (Curve("tocsin:http_request_seconds:p99_5m", "99th percentile"),),
                "s",
            ),
        ),
    ),
)

WORLD: Final = (
    Row(
        "Incidents",
        (
            Panel(
                "Open incidents",
                "Not resolved, by severity.",
                (Curve("sum by (severity) (tocsin_incidents_open)", "{{severity}}"),),
                kind="stat",
                columns=12,
            ),
            Panel(
                "What happened to incidents",
                "Transitions in the last hour.",
                (Curve("sum by (transition) (increase(tocsin_incident_transitions_total[1h]))", "{{transition}}"),),
            ),
        ),
    ),
    Row(
        "Topics",
        (
            Panel(
                "Mentions a minute",
                "The chosen topics, over the last five closed minutes.",
                (Curve('tocsin_topic_mentions_per_minute{topic=~"$topic"}', "{{topic}}"),),
            ),
            Panel(
                "Times as many as usual",
                "Mentions a minute over what the baseline expects; 1 is usual.",
                (Curve(TIMES_AS_USUAL, "{{topic}}"),),
            ),
            Panel(
                "Sentiment",
                "Mean polarity, -1 to 1. Compare a topic with its own past only.",
                (Curve('tocsin_topic_polarity{topic=~"$topic"}', "{{topic}}"),),
            ),
            Panel(
                "Score",
                "Evidence against as usual, in nats.",
                (Curve('tocsin_topic_score{topic=~"$topic"}', "{{topic}}"),),
            ),
            Panel(
                "Pages in seven days over the budget",
                "1 is what the owner accepts in false pages; real ones come on top.",
                (Curve(OF_BUDGET, "{{topic}}"),),
                kind="bargauge",
            ),
            Panel(
                "Topics that are not told",
                "Prometheus hears of the 500 most unusual topics only.",
                (Curve("max(tocsin_topics_left_out)"),),
                kind="stat",
            ),
        ),
    ),
)
