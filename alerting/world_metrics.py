"""The metrics of what is said in the world, declared once."""

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Gauge

from alerting.incidents.topic_status import TopicStatus


class WorldMetrics:
    """What is said in the world, topic by topic, in one registry of its own: it is never served without a key.

    Unknown is absent, not zero. Labels are ids and brands of declared topics; the caller bounds how many there are.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str) -> Gauge:
            return Gauge(name, text, ["topic", "brand"], registry=registry)

        self._per_minute = gauge(
            "tocsin_topic_mentions_per_minute", "Mentions a minute over the last five closed minutes."
        )
        self._expected = gauge(
            "tocsin_topic_expected_per_minute", "What the topic's baseline expects, mentions a minute."
        )
        self._polarity = gauge("tocsin_topic_polarity", "Mean sentiment of the last windows, -1 to 1.")
        self._score = gauge("tocsin_topic_score", "The latest volume score, nats of evidence against as usual.")
        self._open = gauge("tocsin_topic_incidents_open", "Open incidents that the topic is part of.")
        self._pages = gauge("tocsin_topic_pages_7d", "Incidents that paged in the last seven days.")
        self._budget = gauge("tocsin_topic_pages_per_week", "False pages a week that the topic's owner accepts.")
        self._left_out = Gauge(
            "tocsin_topics_left_out", "Topics that are not told here, the least unusual ones.", registry=registry
        )

    def show(self, board: Sequence[TopicStatus], *, left_out: int) -> None:
        """Tell of exactly these topics."""
        values: tuple[tuple[Gauge, Callable[[TopicStatus], float | None]], ...] = (
            (self._per_minute, lambda status: status.per_minute),
            (self._expected, lambda status: status.expected_per_minute),
            (self._polarity, lambda status: status.polarity),
            (self._score, lambda status: status.score),
            (self._open, lambda status: status.open_incidents),
            (self._pages, lambda status: status.pages_this_week),
            (self._budget, lambda status: status.pages_per_week),
        )
        for metric, value in values:
            metric.clear()
            for status in board:
                known = value(status)
                if known is not None:
                    metric.labels(status.topic, status.brand or "").set(known)
        self._left_out.set(left_out)
