"""Topics declared over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from alerting.catalogue import Catalogue
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.kafka_topics import specs
from streams.settings import StreamSettings
from streams.topic_settings import TopicSettings
from tests.fakes.api_house import NAME, ApiHouse, api_house
from tests.fakes.asgi_client import Answer
from tests.fakes.clock import FakeClock

REFUNDS = TopicSettings(id="refunds", name="Refunds", query="refund*")
SETTINGS = StreamSettings(topics=(REFUNDS,))


@asynccontextmanager
async def house() -> AsyncIterator[tuple[ApiHouse, FakeClock]]:
    clock, stop = FakeClock(), asyncio.Event()
    cluster = MemoryCluster(clock=clock)
    for spec in specs(SETTINGS):
        cluster.create(spec)
    catalogue = Catalogue(SETTINGS, broker=MemoryBroker(cluster), clock=clock, know=lambda _: None)
    async with asyncio.TaskGroup() as group:
        group.create_task(catalogue.run(stop), name="catalogue")
        await clock.advance(1)
        async with api_house(clock=clock, topics=catalogue) as made:
            yield made, clock
        stop.set()


async def put(made: ApiHouse, topic: str, value: object, **headers: str) -> Answer:
    return await made.api.request(
        "PUT",
        f"/api/v1/topics/{topic}",
        body=msgspec.json.encode(value),
        headers={"Content-Type": "application/json", **headers},
    )


async def test_a_topic_is_declared_under_the_keys_name_and_shown_within_a_second() -> None:
    async with house() as (made, clock):
        answer = await put(made, "late", {"name": "Late", "query": "late OR delayed", "owner": "ops"})
        await clock.advance(1)
        shown = await made.api.get("/api/v1/topics/late")

    assert answer.status == shown.status == 200
    told = shown.json()
    assert (told["origin"], told["changed_by"], told["owner"], told["pages_per_week"]) == ("api", NAME, "ops", 0.25)
    assert shown.headers["etag"] == answer.headers["etag"] == f'"{told["revision"]}"'


async def test_whoever_changes_a_topic_reads_what_they_wrote_at_once() -> None:
    async with house() as (made, _):
        await put(made, "late", {"name": "Late", "query": "late"})
        declared = await made.api.get("/api/v1/topics/late")
        await put(made, "late", {"name": "Late", "query": "late OR delayed"})
        changed = await made.api.get("/api/v1/topics/late")
        await made.api.request("DELETE", "/api/v1/topics/late")
        removed = await made.api.get("/api/v1/topics/late")

    assert (declared.json()["query"], changed.json()["query"]) == ("late", "late OR delayed")
    assert removed.status == 404


async def test_a_topic_that_joins_narrows_the_budgets_of_those_that_share_its_receiver() -> None:
    async with house() as (made, clock):
        before = await made.api.get("/api/v1/topics/refunds")
        await put(made, "late", {"name": "Late", "query": "late", "pages_per_week": 3.75})
        await clock.advance(2)
        both = [await made.api.get(f"/api/v1/topics/{topic}") for topic in ("refunds", "late")]
        again = await put(made, "late", {"name": "Late", "query": "late", "pages_per_week": 3.75})
        await clock.advance(2)
        await made.api.request("DELETE", "/api/v1/topics/late")
        await clock.advance(2)
        alone = await made.api.get("/api/v1/topics/refunds")

    accepted = [answer.json()["pages_per_week"] for answer in (before, *both, again, alone)]
    in_force = [answer.json()["pages_per_week_in_force"] for answer in (before, *both, again, alone)]
    assert accepted == [0.25, 0.25, 3.75, 3.75, 0.25]
    assert in_force == [0.25, 0.125, 1.875, 1.875, 0.25]  # two pages a week for four that were asked for


async def test_a_change_is_based_on_what_was_read() -> None:
    async with house() as (made, clock):
        first = await put(made, "late", {"name": "Late", "query": "late"})
        await clock.advance(1)
        second = await put(made, "late", {"name": "Late", "query": "tardy"}, **{"If-Match": first.headers["etag"]})
        stale = await put(made, "late", {"name": "Late", "query": "slow"}, **{"If-Match": first.headers["etag"]})
        there = await put(made, "late", {"name": "Late", "query": "slow"}, **{"If-None-Match": "*"})

    assert [answer.status for answer in (first, second, stale, there)] == [200, 200, 412, 412]
    assert stale.json()["type"] == "urn:tocsin:problem:stale"


async def test_a_topic_of_the_file_is_changed_in_the_file() -> None:
    async with house() as (made, _):
        changed = await put(made, "refunds", {"name": "Refunds", "query": "money"})
        removed = await made.api.request("DELETE", "/api/v1/topics/refunds")
        shown = await made.api.get("/api/v1/topics/refunds")

    assert (changed.status, removed.status) == (409, 409)
    assert "configuration file" in changed.json()["detail"]
    assert shown.json()["query"] == "refund*"


async def test_a_topic_of_the_api_is_removed_once() -> None:
    async with house() as (made, clock):
        await put(made, "late", {"name": "Late", "query": "late"})
        first = await made.api.request("DELETE", "/api/v1/topics/late")
        again = await made.api.request("DELETE", "/api/v1/topics/late")
        await clock.advance(1)
        shown = await made.api.get("/api/v1/topics/late")

    assert [first.status, again.status, shown.status] == [204, 404, 404]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"name": "X", "query": "late AND ("}, "column"),
        ({"name": "X", "query": "NOT late"}, "NOT"),
        ({"name": "X"}, "query"),
        ({"name": "X", "query": "x" * 20_001}, "query"),
        ({"name": "X", "query": " OR ".join(f"word{n}" for n in range(1001))}, "terms"),
        ({"name": "X\u202e", "query": "late"}, "name"),
        ({"name": "X", "query": "late", "owner": "o" * 201}, "owner"),
        ({"name": "X", "query": "late", "pages_per_week": 0}, "pages_per_week"),
        ({"name": "X", "query": "late", "collecting_since": "2026-01-01T00:00:00"}, "time zone"),
        ({"name": "X", "query": "late", "id": "other"}, "'other'"),
        ({"name": "X", "query": "late", "revision": 7}, "revision"),
    ],
)
async def test_what_cannot_be_tracked_is_refused_with_what_is_wrong(value: dict[str, object], told: str) -> None:
    async with house() as (made, _):
        answer = await put(made, "late", value)

    assert answer.status == 422
    assert told in answer.text


async def test_a_query_that_does_not_parse_is_told_with_its_column() -> None:
    async with house() as (made, _):
        answer = await put(made, "late", {"name": "Late", "query": "late AND"})

    assert answer.json()["type"] == "urn:tocsin:problem:invalid-query"
    assert answer.json()["column"] == len("late AND") + 1


@pytest.mark.parametrize("topic", ["_complete", "Late", "a%2Fb", "a" * 65])
async def test_an_id_that_kafka_and_urls_would_trip_over_is_refused(topic: str) -> None:
    async with house() as (made, _):
        answer = await put(made, topic, {"name": "X", "query": "late"})

    assert answer.status in {404, 422}


async def test_strangers_declare_nothing() -> None:
    async with house() as (made, _):
        answer = await made.browser.request("PUT", "/api/v1/topics/late", body=b"{}")
        removed = await made.browser.request("DELETE", "/api/v1/topics/refunds")

    assert answer.status in {401, 403}
    assert removed.status in {401, 403}


async def test_where_topics_are_not_declared_it_says_so() -> None:
    async with api_house() as made:
        answer = await made.api.get("/api/v1/topics/late")

    assert answer.status == 503
