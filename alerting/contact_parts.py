"""What this process does with what the contact centre hears, put together."""

from dataclasses import dataclass
from datetime import timedelta

from alerting.contact_desk import ContactDesk
from alerting.contact_intake import ContactIntake
from alerting.dispatch import Dispatch
from alerting.hearing.stated import Stated
from alerting.incidents.sql.store import SqlStore
from alerting.metrics import AlertingMetrics
from alerting.settings import Settings
from streams.clock import Clock


@dataclass(frozen=True, slots=True)
class ContactParts:
    """The parts, each on the same store.

    Attributes:
        kafka_topic: Where contacts go that are sent over HTTP.
        desk: Compares them with open incidents; to be run.
    """

    kafka_topic: str
    desk: ContactDesk


def contact_parts(
    settings: Settings,
    intake: ContactIntake,
    store: SqlStore,
    dispatch: Dispatch,
    clock: Clock,
    metrics: AlertingMetrics,
) -> ContactParts:
    """Put them together.

    Args:
        intake: Reads contacts from Kafka, whatever is configured anew.
    """
    desk = ContactDesk(
        store=store,
        contacts=store.contacts,
        intake=intake,
        dispatch=dispatch,
        stated=Stated.of(settings.contacts),
        wait=timedelta(seconds=settings.contacts.wait_seconds),
        clock=clock,
        metrics=metrics,
    )
    return ContactParts(settings.kafka.contacts, desk)
