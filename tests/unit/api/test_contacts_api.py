import json
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from alerting.api.contacts import contact_routers
from alerting.api.problems import install
from alerting.contact_intake import ContactIntake
from alerting.contact_parts import ContactParts
from alerting.metrics import AlertingMetrics
from alerting.settings import ApiSettings
from streams.broker.base import Partition, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.contact import Contact
from streams.settings import KafkaSettings
from tests.fakes.asgi_client import Answer, AsgiClient
from tests.fakes.clock import START, FakeClock
from tests.fakes.transactional_store import TransactionalStore

CONTACT = {"id": "c-1", "opened_at": "2026-01-05T12:00:00Z", "reason": "refund missing"}


class Desk:
    """The API's side of contacts on a Kafka in memory."""

    def __init__(self) -> None:
        self.cluster = MemoryCluster()
        self.cluster.create(TopicSpec("contacts", 1))
        broker, clock = MemoryBroker(self.cluster), FakeClock()
        intake = ContactIntake(
            broker=broker,
            store=TransactionalStore(),
            kafka=KafkaSettings(),
            clock=clock,
            metrics=AlertingMetrics(CollectorRegistry()),
        )
        app = FastAPI()
        for router in contact_routers(broker, ApiSettings(), clock, ContactParts("contacts", intake)):
            app.include_router(router)
        install(app)
        self.api = AsgiClient(app)

    async def post(self, body: Any, kind: str = "application/json") -> Answer:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.api.request("POST", "/api/v1/contacts", {"Content-Type": kind}, sent)

    def in_kafka(self) -> list[Contact]:
        records = self.cluster.log(Partition("contacts", 0)).read(0, 100)
        return [msgspec.json.decode(record.value or b"", type=Contact) for record in records]


async def test_a_contact_is_in_kafka_when_it_is_answered() -> None:
    desk = Desk()

    answer = await desk.post(CONTACT)

    assert (answer.status, answer.json()) == (202, {"accepted": 1, "rejected": []})
    assert desk.in_kafka() == [Contact(START, "refund missing", id="c-1")]


async def test_what_a_contact_says_beyond_what_is_counted_goes_nowhere() -> None:
    desk = Desk()

    await desk.post([CONTACT | {"customer_name": "Jane Doe", "phone": "+49 30 1234567"}])

    [record] = desk.cluster.log(Partition("contacts", 0)).read(0, 10)
    assert record.value is not None
    assert b"Jane" not in record.value
    assert b"1234567" not in record.value


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/json"])
async def test_of_a_batch_the_good_ones_are_taken_and_the_others_are_named(kind: str) -> None:
    desk = Desk()
    batch = [CONTACT, {"reason": "no time"}, CONTACT | {"opened_at": "2026-01-05T13:00:00Z"}]
    lines = b"\n".join(json.dumps(one).encode() for one in batch)

    answer = await desk.post(lines if "nd" in kind else batch, kind)

    assert answer.json()["accepted"] == 1
    assert [one["index"] for one in answer.json()["rejected"]] == [1, 2]
    assert "future" in answer.json()["rejected"][1]["reason"]
    assert len(desk.in_kafka()) == 1


@pytest.mark.parametrize("body", [b"{", b"[{}]", b"[1, 2]", b"\xff", b'[{"opened_at": "x", "reason": "\\ud800"}]'])
async def test_what_is_no_contact_at_all_is_refused_as_a_whole(body: bytes) -> None:
    desk = Desk()

    answer = await desk.post(body)

    assert answer.status in {400, 422}
    assert desk.in_kafka() == []
