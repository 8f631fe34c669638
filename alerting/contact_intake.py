"""What the contact centre hears, from Kafka into counts by reason and minute."""

import asyncio
import random
from typing import Final

import structlog

from alerting.contact_reading import read_contact
from alerting.follower import Follower, Said
from alerting.incidents.store import Store, Unit
from alerting.metrics import AlertingMetrics
from streams.broker.base import Broker, Outgoing, Partition, Record
from streams.clock import Clock
from streams.contact import Contact
from streams.errors import InvalidMention, RecordTooLarge
from streams.settings import KafkaSettings

CONTACTS_PER_UNIT: Final = 1_000
LINGER_SECONDS: Final = 0.5

_MOST_REASON_BYTES: Final = 500
_MOST_KEY_BYTES: Final = 10_000
_MOST_VALUE_BYTES: Final = 1_000_000

log = structlog.get_logger(__name__)


class ContactIntake:
    """Takes contacts in, each once: counts and the position in Kafka are one transaction.

    What cannot be read goes to the dead letters before the position moves on, so that nothing is lost; after a kill the
    same letter may stand there twice, with the same origin.
    """

    def __init__(
        self,
        *,
        broker: Broker,
        store: Store,
        kafka: KafkaSettings,
        clock: Clock,
        metrics: AlertingMetrics,
        rng: random.Random | None = None,
    ) -> None:
        self._broker = broker
        self._clock = clock
        self._metrics = metrics
        self._dead_letters = kafka.contact_dead_letters
        self._set_aside_to: dict[Partition, int] = {}  # a batch comes again while the database is down
        self._follower = Follower(
            "contacts",
            broker=broker,
            store=store,
            clock=clock,
            metrics=metrics,
            group=f"{kafka.prefix}-alert-contacts",
            kafka_topic=kafka.contacts,
            take=self._take,
            before=self._set_aside,
            max_records=CONTACTS_PER_UNIT,
            linger_seconds=LINGER_SECONDS,
            rng=rng,
        )

    @property
    def caught_up(self) -> bool:
        """Everything that Kafka has for this process is counted."""
        return self._follower.caught_up

    async def run(self, stop: asyncio.Event) -> None:
        """Take in until `stop` is set."""
        await self._follower.run(stop)

    async def _set_aside(self, records: tuple[Record, ...]) -> None:
        """Write the dead letters of a batch."""
        _, unreadable = self._read(records)
        unreadable = [(record, reason) for record, reason in unreadable if self._is_news(record)]
        if not unreadable:
            return
        try:
            await self._broker.send([self._letter(record, reason) for record, reason in unreadable])
        except RecordTooLarge as exc:
            log.error("contacts.dead_letter_refused", reason=str(exc))  # noqa: TRY400  # the record stays in Kafka
        self._metrics.contacts.labels("unreadable").inc(len(unreadable))
        for record, reason in unreadable:
            self._set_aside_to[record.partition] = record.offset
            log.warning(
                "contacts.unreadable", partition=str(record.partition), offset=record.offset, reason=reason[:200]
            )

    async def _take(self, unit: Unit, records: tuple[Record, ...]) -> Said:
        contacts, _ = self._read(records)
        taken = await unit.record_contacts(contacts)

        def said() -> None:
            counts = {
                "counted": taken.counted,
                "late": taken.late,
                "replaced": taken.replaced,
                "repeated": taken.repeated,
                "folded": taken.folded,
            }
            for outcome, count in counts.items():
                self._metrics.contacts.labels(outcome).inc(count)

        return said

    def _read(self, records: tuple[Record, ...]) -> tuple[list[Contact], list[tuple[Record, str]]]:
        contacts: list[Contact] = []
        unreadable: list[tuple[Record, str]] = []
        now = self._clock.now()
        for record in records:
            try:
                contacts.append(read_contact(record.value, now))
            except InvalidMention as exc:
                unreadable.append((record, exc.reason))
        return contacts, unreadable

    def _is_news(self, record: Record) -> bool:
        return record.offset > self._set_aside_to.get(record.partition, -1)

    def _letter(self, record: Record, reason: str) -> Outgoing:
        return Outgoing(
            self._dead_letters,
            record.key and record.key[:_MOST_KEY_BYTES],
            record.value and record.value[:_MOST_VALUE_BYTES],
            headers=(
                ("reason", reason.encode("utf-8", "replace")[:_MOST_REASON_BYTES]),
                ("kafka_topic", record.partition.kafka_topic.encode()),
                ("partition", str(record.partition.number).encode()),
                ("offset", str(record.offset).encode()),
            ),
        )
