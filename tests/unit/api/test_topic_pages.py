"""A topic is tried and declared in the console."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from alerting.access import Holder, Role
from alerting.api.keys import KeyRing
from alerting.api.topic_preview import TopicPreviews
from alerting.catalogue import Catalogue
from streams import codec
from streams.broker.base import Outgoing
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.kafka_topics import create
from streams.mention import Mention
from streams.settings import StreamSettings
from tests.fakes.api_house import KEY, ApiHouse, api_house, field, sign_in
from tests.fakes.asgi_client import Answer
from tests.fakes.clock import START, FakeClock

SETTINGS = StreamSettings()
HOSTILE_TEXT = "<script>alert(1)</script>"
FIELDS = {
    "name": "Refunds",
    "id": "refunds",
    "query": "acme AND refund*",
    "brand": "Acme",
    "owner": "Payments",
    "pages_per_week": "0.5",
}


@asynccontextmanager
async def house_with_kafka(ring: KeyRing | None = None) -> AsyncIterator[tuple[ApiHouse, Catalogue]]:
    clock = FakeClock()
    async with MemoryBroker(MemoryCluster(clock=clock)) as broker:
        await create(broker, SETTINGS)
        texts = ["acme refund pending", "acme is fine", f"{HOSTILE_TEXT} acme refunds", "nothing"] * 5
        await broker.send(
            [
                Outgoing(
                    SETTINGS.kafka.mentions,
                    f"forum:{number}".encode(),
                    codec.encode_mention(
                        Mention(
                            id=str(number),
                            platform="forum",
                            published_at=START - timedelta(minutes=30 * number),
                            text=text,
                        )
                    ),
                )
                for number, text in enumerate(texts)
            ]
        )
        catalogue = Catalogue(SETTINGS, broker=broker, clock=clock, know=lambda _: None)
        previews = TopicPreviews(broker, SETTINGS, clock)
        async with api_house(clock=clock, topics=catalogue, previews=previews, ring=ring) as house:
            yield house, catalogue


async def submit(house: ApiHouse, path: str, do: str, **fields: str) -> Answer:
    page = await house.browser.get(path)
    return await house.browser.post_form(
        path, {"csrf": field(page, "csrf"), "revision": field(page, "revision"), "do": do, **FIELDS, **fields}
    )


async def test_a_query_is_tried_on_recent_mentions_before_anything_is_declared() -> None:
    async with house_with_kafka() as (house, catalogue):
        await sign_in(house.browser)
        shown = await submit(house, "/declare", "try")

        declared = catalogue.declared

    assert shown.status == 200
    assert "10 of the newest 20 mentions" in shown.text
    assert "acme refund pending" in shown.text
    assert HOSTILE_TEXT not in shown.text
    assert 'value="Refunds"' in shown.text  # what was filled in is kept
    assert declared == {}


async def test_declaring_leads_to_the_topic() -> None:
    async with house_with_kafka() as (house, _):
        await sign_in(house.browser)
        done = await submit(house, "/declare", "save")

    assert (done.status, done.headers["location"]) == (303, "/topics/refunds")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"query": "acme AND ("}, "query:"),
        ({"query": ""}, "Query: it is missing."),
        ({"pages_per_week": "many"}, "False pages a week: a number, such as 0.25"),
        ({"pages_per_week": "0"}, "False pages a week: Input should be greater than 0."),
        ({"id": "No Good"}, "Id: small letters, digits"),
    ],
)
@pytest.mark.parametrize("do", ["try", "save"])
async def test_what_is_wrong_is_told_beside_what_was_filled_in(wrong: dict[str, str], told: str, do: str) -> None:
    async with house_with_kafka() as (house, _):
        await sign_in(house.browser)
        shown = await submit(house, "/declare", do, **wrong)

    assert shown.status == 422
    assert told.lower() in shown.text.lower()
    assert 'value="Payments"' in shown.text


async def test_the_api_tries_a_topic_too() -> None:
    async with house_with_kafka() as (house, _):
        answer = await house.api.post_json("/api/v1/topics/preview", {"name": "Refunds", "query": "acme AND refund*"})
        wrong = await house.api.post_json("/api/v1/topics/preview", {"name": "Refunds", "query": "("})

    told = answer.json()
    assert (told["looked_at"], told["matched"], len(told["samples"])) == (20, 10, 10)
    assert sum(hour["mentions"] for hour in told["by_hour"]) == 10
    assert (wrong.status, wrong.json()["type"]) == (422, "urn:tocsin:problem:invalid-query")


async def test_who_may_declare_nothing_reads_who_may_and_finds_no_form() -> None:
    ring = KeyRing({"jo": KEY}, {"jo": Holder("jo", Role.RESPONDER)})
    async with house_with_kafka(ring) as (house, _):
        await sign_in(house.browser)
        page = await house.browser.get("/declare")
        tried = await house.browser.post_form("/declare", {"csrf": field(page, "csrf"), "do": "save", **FIELDS})

    assert "Topics are declared by an admin; your key may not." in page.text
    assert "topic-form" not in page.text
    assert tried.status == 403


async def test_a_topic_that_is_not_there_cannot_be_changed() -> None:
    async with house_with_kafka() as (house, _):
        await sign_in(house.browser)

        assert (await house.browser.get("/declare/nope")).status == 404
