"""Every broker there is, by name."""

from collections.abc import Callable, Mapping
from typing import Final

from streams.broker.base import Broker
from streams.broker.kafka import KafkaBroker
from streams.broker.memory import MemoryBroker
from streams.settings import KafkaSettings

MEMORY_ADDRESS: Final = "memory"


def _memory(settings: KafkaSettings) -> Broker:
    del settings
    return MemoryBroker()


BROKERS: Final[Mapping[str, Callable[[KafkaSettings], Broker]]] = {"kafka": KafkaBroker, "memory": _memory}


def open_broker(settings: KafkaSettings) -> Broker:
    """The broker that `bootstrap_servers` names: `memory` a new one in this process, everything else is Kafka.

    Enter the answer with `async with` before its first use. Roles that are to meet in memory have to share one.
    """
    return BROKERS["memory" if settings.bootstrap_servers == MEMORY_ADDRESS else "kafka"](settings)
