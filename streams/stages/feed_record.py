"""The report of all feeds as a record for Kafka."""

from typing import Final

from streams import codec
from streams.broker.base import Outgoing
from streams.feeds import Feeds
from streams.settings import KafkaSettings

KEY: Final = b"feeds"


def reported(feeds: Feeds, kafka: KafkaSettings) -> list[Outgoing]:
    """One record where a minute is over, nothing between."""
    report = feeds.report()
    return [] if report is None else [Outgoing(kafka.feeds, KEY, codec.encode_feed_report(report))]
