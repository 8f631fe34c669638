"""Topics as the alert role declares them when it starts."""

from streams.broker.base import Outgoing
from streams.declarations import Declarations
from streams.settings import StreamSettings
from tests.fakes.clock import START


def declared(settings: StreamSettings) -> list[Outgoing]:
    """The records that declare the topics of the configuration in a fresh Kafka."""
    return Declarations().declare_file(settings.kafka.topics, settings.topic_values(), by="a test", now=START)
