"""What this process does with what the contact centre hears, put together."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from alerting.contact_intake import ContactIntake
from alerting.incidents.sql.store import SqlStore
from alerting.metrics import AlertingMetrics
from alerting.settings import Settings
from streams.broker.base import Broker
from streams.clock import Clock


@dataclass(frozen=True, slots=True)
class ContactParts:
    """The parts, each on the same store.

    Attributes:
        kafka_topic: Where contacts go that are sent over HTTP.
        intake: Reads contacts from Kafka; to be run where that answers.
    """

    kafka_topic: str
    intake: ContactIntake

    @property
    def on_kafka(self) -> tuple[Callable[[asyncio.Event], Coroutine[None, None, None]], ...]:
        """What is to be run where Kafka answers."""
        return (self.intake.run,)


def contact_parts(
    settings: Settings, broker: Broker, store: SqlStore, clock: Clock, metrics: AlertingMetrics
) -> ContactParts:
    """Put them together."""
    kafka = settings.kafka
    intake = ContactIntake(broker=broker, store=store, kafka=kafka, clock=clock, metrics=metrics)
    return ContactParts(kafka.contacts, intake)
