import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from alerting.api.contacts import contact_routers
from alerting.api.problems import install
from alerting.brand_scope import BrandScope, seeing
from alerting.contact_desk import ContactDesk
from alerting.contact_intake import ContactIntake
from alerting.contact_parts import ContactParts
from alerting.contact_settings import ContactSettings
from alerting.dispatch import Dispatch
from alerting.hearing.stated import Stated
from alerting.metrics import AlertingMetrics
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from alerting.settings import ApiSettings
from streams.broker.base import Partition, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.contact import Contact
from streams.settings import KafkaSettings
from tests.fakes.asgi_client import Answer, AsgiClient
from tests.fakes.clock import START, FakeClock
from tests.fakes.contact_counts import ContactCounts
from tests.fakes.transactional_store import TransactionalStore

CONTACT = {"id": "c-1", "opened_at": "2026-01-05T12:00:00Z", "reason": "refund missing"}


class Desk:
    """The API's side of contacts on a Kafka in memory."""

    def __init__(self) -> None:
        self.cluster = MemoryCluster()
        self.cluster.create(TopicSpec("contacts", 1))
        broker, clock, metrics = MemoryBroker(self.cluster), FakeClock(), AlertingMetrics(CollectorRegistry())
        store = TransactionalStore()
        intake = ContactIntake(broker=broker, store=store, kafka=KafkaSettings(), clock=clock, metrics=metrics)
        self.heard = ContactCounts()
        self.desk = ContactDesk(
            store=store,
            contacts=self.heard,
            intake=intake,
            dispatch=Dispatch(Routes(RouteSettings()), Receivers({})),
            stated=Stated.of(ContactSettings()),
            wait=timedelta(0),
            clock=clock,
            metrics=metrics,
        )
        app = FastAPI()
        for router in contact_routers(broker, ApiSettings(), clock, ContactParts("contacts", self.desk)):
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


async def test_nothing_heard_is_said_so() -> None:
    desk = Desk()

    await desk.desk.look()
    answer = await desk.api.request("GET", "/api/v1/contacts")

    assert answer.json() == {"heard_until": None, "days": 0, "reasons": []}


async def test_reasons_are_listed_with_what_is_usual_the_most_unusual_first() -> None:
    desk = Desk()
    now = int(START.timestamp()) // 60
    for reason in ("address changed", "card refused"):
        desk.heard.hear(reason, range(now - 2 * 1440, now), 1, brand="Acme")
    desk.heard.hear("card refused", range(now - 15, now), 9, brand="Acme")
    desk.heard.hear("card refused", [now], 1, brand="Acme")

    await desk.desk.look()
    answer = (await desk.api.request("GET", "/api/v1/contacts")).json()

    first, second = answer["reasons"]
    assert (first["reason"], first["calls_only"]) == ("card refused", True)
    assert first["contacts_last_hour"] == 60 + 15 * 9
    assert first["expected_last_hour"] == 60
    assert first["rising_since"] == "2026-01-05T11:45:00Z"
    assert second == {
        "brand": "Acme",
        "reason": "address changed",
        "contacts_last_hour": 60,
        "expected_last_hour": 60,
        "rising_since": None,
        "calls_only": False,
    }


async def test_whoever_sees_some_brands_sees_their_contacts_alone() -> None:
    desk = Desk()
    now = int(START.timestamp()) // 60
    for brand in ("Acme", "Borealis", ""):
        desk.heard.hear("card refused", range(now - 1440, now + 1), 1, brand=brand)
    await desk.desk.look()

    with seeing(BrandScope.of(["Acme"])):
        answer = await desk.api.request("GET", "/api/v1/contacts")

    assert [one["brand"] for one in answer.json()["reasons"]] == ["Acme"]
