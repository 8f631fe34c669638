"""What the contact centre writes is counted once, and what cannot be read is set aside."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from alerting.contact_intake import ContactIntake
from alerting.metrics import AlertingMetrics
from streams.broker.base import Outgoing, Partition, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.errors import BrokerUnavailable
from streams.settings import KafkaSettings
from tests.behaviour.test_nothing_is_lost import until
from tests.fakes.clock import START
from tests.fakes.house import World
from tests.fakes.transactional_store import TransactionalStore

KAFKA = KafkaSettings(partitions=1)
CONTACTS = Partition(KAFKA.contacts, 0)
HOSTILE = (
    b"rubbish",
    b"",
    b"[" * 5_000,
    b"\xff\xfe",
    b'{"opened_at": "2026-01-05T12:00:00Z"}',
    b'{"opened_at": "2026-01-05T12:00:00", "reason": "no zone"}',
    b'{"opened_at": "2027-01-05T12:00:00Z", "reason": "not yet"}',
    b'{"opened_at": "1970-01-05T12:00:00Z", "reason": "long ago"}',
    b'{"opened_at": "2026-01-05T12:00:00Z", "reason": "\\u202e\\u0000"}',
    b'{"opened_at": "2026-01-05T12:00:00Z", "reason": "refund", "count": 0}',
    b'{"opened_at": "2026-01-05T12:00:00Z", "reason": "refund", "count": 100001}',
    b'{"opened_at": "2026-01-05T12:00:00Z", "reason": "' + b"x" * 30_000 + b'"}',
)


class RefusingBroker(MemoryBroker):
    """Takes nothing while `refuses`."""

    refuses = False

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        if self.refuses:
            raise BrokerUnavailable("not now")
        await super().send(outgoing)


class Office:
    """One process that hears the contact centre."""

    def __init__(self, world: World) -> None:
        self.registry = CollectorRegistry()
        self.broker = RefusingBroker(world.cluster)
        self.store = TransactionalStore(world.tables)
        self.intake = ContactIntake(
            broker=self.broker,
            store=self.store,
            kafka=KAFKA,
            clock=world.clock,
            metrics=AlertingMetrics(self.registry),
        )

    def count(self, outcome: str) -> float:
        return self.registry.get_sample_value("tocsin_contacts_total", {"outcome": outcome}) or 0.0


@pytest.fixture
def world() -> World:
    found = World()
    found.cluster.create(TopicSpec(KAFKA.contact_dead_letters, 1))
    return found


@asynccontextmanager
async def running(world: World) -> AsyncIterator[Office]:
    """The process from its start to its kill."""
    office = Office(world)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(office.intake.run(asyncio.Event()), name="contacts")
        try:
            await world.clock.settle()
            yield office
        finally:
            task.cancel()


def said(number: int) -> bytes:
    opened = START + timedelta(seconds=number)
    return json.dumps({"opened_at": opened.isoformat(), "reason": "refund", "id": f"c-{number}"}).encode()


def letters(cluster: MemoryCluster) -> list[tuple[bytes | None, dict[str, bytes]]]:
    log = cluster.log(Partition(KAFKA.contact_dead_letters, 0))
    return [(record.value, dict(record.headers)) for record in log.read(0, 1000)]


def counted(world: World, number: int) -> Callable[[], bool]:
    return lambda: len(world.tables.contacts) >= number


async def test_whatever_comes_is_counted_or_set_aside_with_its_reason(world: World) -> None:
    async with running(world) as office:
        world.write(CONTACTS, said(0), *HOSTILE, said(1))
        await until(world, counted(world, 2))

    found = letters(world.cluster)
    assert [value for value, _ in found] == list(HOSTILE)
    assert all(headers["reason"] and headers["kafka_topic"] == b"contacts" for _, headers in found)
    assert [headers["offset"] for _, headers in found] == [str(1 + number).encode() for number in range(len(HOSTILE))]
    assert office.count("unreadable") == len(HOSTILE)
    assert office.count("counted") == 2


async def test_a_process_that_is_killed_goes_on_where_the_counts_stand(world: World) -> None:
    for number in range(4):
        world.write(CONTACTS, said(2 * number))
        async with running(world):
            await until(world, counted(world, 2 * number + 1))
            world.write(CONTACTS, said(2 * number + 1))
            await until(world, counted(world, 2 * number + 2))

    assert [one.id for one in world.tables.contacts] == [f"c-{number}" for number in range(8)]


async def test_nothing_is_passed_over_while_the_dead_letters_cannot_be_written(world: World) -> None:
    async with running(world) as office:
        office.broker.refuses = True
        world.write(CONTACTS, said(0), b"rubbish", said(1))
        await world.clock.advance(60)
        before = len(world.tables.contacts)
        office.broker.refuses = False
        await until(world, counted(world, 2))

    assert before == 0
    assert [value for value, _ in letters(world.cluster)] == [b"rubbish"]
    assert len(world.tables.contacts) == 2


async def test_a_database_that_is_away_does_not_multiply_dead_letters(world: World) -> None:
    async with running(world) as office:
        office.store.down = True
        world.write(CONTACTS, b"rubbish", said(0))
        await world.clock.advance(300)
        office.store.down = False
        await until(world, counted(world, 1))

    assert len(letters(world.cluster)) == 1
