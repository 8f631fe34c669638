"""Simulated contacts into Kafka, as a contact centre would write them."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from alerting.contact_reading import written
from streams.broker.base import Outgoing
from streams.contact import Contact

if TYPE_CHECKING:
    from streams.broker.base import Broker
    from streams.settings import KafkaSettings

_AT_ONCE: Final = 500


async def send_contacts(broker: "Broker", kafka: "KafkaSettings", contacts: Iterable[Contact]) -> int:
    """Send them, in batches; how many records.

    Raises:
        BrokerUnavailable: Some may have been written; sending all again does no harm.
    """
    sent, waiting = 0, iter(contacts)
    while batch := list(_outgoing(kafka.contacts, islice(waiting, _AT_ONCE))):
        await broker.send(batch)
        sent += len(batch)
    return sent


def _outgoing(kafka_topic: str, contacts: Iterable[Contact]) -> Iterator[Outgoing]:
    for contact in contacts:
        yield Outgoing(kafka_topic, contact.id.encode() if contact.id else None, written(contact))
