import asyncio
import gzip
import json
import zlib
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import Message

from alerting.api.batches import Sender
from alerting.api.mentions import mentions_router
from alerting.api.problems import install
from alerting.settings import ApiSettings
from streams.broker.base import Outgoing, Partition, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.codec import decode_mention
from streams.errors import BrokerUnavailable, RecordTooLarge
from streams.sources.registry import PAYLOADS
from tests.fakes.asgi_client import Answer, AsgiClient

MENTION = {"id": "1", "platform": "forum", "published_at": "2026-01-05T12:00:00Z", "text": "Where is my refund?"}
NDJSON = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}
PATH = "/api/v1/mentions"


class BrokerWith:
    """Raises what it is given, or waits until it is let go."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.go = asyncio.Event()
        self.waiting = 0

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        if self.error is not None:
            raise self.error
        assert outgoing
        self.waiting += 1
        await self.go.wait()


def client_of(broker: Sender | None, **bounds: int) -> AsgiClient:
    app = FastAPI()
    app.include_router(mentions_router(broker, ApiSettings.model_validate(bounds), kafka_topic="mentions"))
    install(app)
    return AsgiClient(app)


def kafka(**bounds: int) -> tuple[AsgiClient, MemoryCluster]:
    cluster = MemoryCluster()
    cluster.create(TopicSpec("mentions", 1))
    return client_of(MemoryBroker(cluster), **bounds), cluster


async def in_kafka(cluster: MemoryCluster) -> list[tuple[bytes | None, str]]:
    found = []
    async for pack in MemoryBroker(cluster).scan(Partition("mentions", 0), None):
        found += [(record.key, decode_mention(record.value).text) for record in pack]
    return found


def mentions(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [{**MENTION, "id": str(number), **fields} for number in range(count)]


async def post(api: AsgiClient, body: bytes, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.request("POST", PATH, {**JSON, **named}, body)


def bare_deflate(body: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(body) + engine.flush()


async def test_one_mention_is_in_kafka_under_its_key_when_it_is_answered() -> None:
    api, cluster = kafka()

    answer = await api.post_json(PATH, MENTION)
    found = await in_kafka(cluster)

    assert (answer.status, answer.json()) == (202, {"accepted": 1, "rejected": []})
    assert found == [(b"forum:1", "Where is my refund?")]


async def test_an_array_and_lines_are_batches() -> None:
    lines = b"\n".join(json.dumps(mention).encode() for mention in mentions(3)) + b"\n\n"
    api, cluster = kafka()

    array = await api.post_json(PATH, mentions(2))
    ndjson = await api.request("POST", PATH, NDJSON, lines)
    found = await in_kafka(cluster)

    assert (array.json()["accepted"], ndjson.json()["accepted"]) == (2, 3)
    assert len(found) == 5


async def test_unknown_keys_travel_with_the_mention() -> None:
    api, cluster = kafka()

    await api.post_json(PATH, {**MENTION, "campaign": "spring"})
    packs = [pack async for pack in MemoryBroker(cluster).scan(Partition("mentions", 0), None)]

    assert decode_mention(packs[0][0].value).extra == {"campaign": "spring"}


async def test_an_invalid_mention_is_named_by_its_place_and_the_others_are_taken() -> None:
    batch = [
        *mentions(1),
        {"id": "x"},
        "text",
        {**MENTION, "published_at": "2026-01-05T12:00:00"},
        {**MENTION, "id": "9"},
    ]
    api, cluster = kafka()

    answer = await api.post_json(PATH, batch)
    found = await in_kafka(cluster)

    assert answer.status == 202
    assert answer.json()["accepted"] == 2
    assert [item["index"] for item in answer.json()["rejected"]] == [1, 2, 3]
    assert "platform" in answer.json()["rejected"][0]["reason"]
    assert [key for key, _ in found] == [b"forum:0", b"forum:9"]


async def test_a_line_that_is_no_json_costs_only_itself() -> None:
    lines = json.dumps(MENTION).encode() + b'\n{"id": \n[1, 2]\n'
    api, _ = kafka()

    answer = await api.request("POST", PATH, NDJSON, lines)

    assert answer.json()["accepted"] == 1
    assert [item["index"] for item in answer.json()["rejected"]] == [1, 2]


async def test_a_batch_without_one_valid_mention_is_refused() -> None:
    api, cluster = kafka()

    answer = await api.post_json(PATH, [{"id": "x"}])
    found = await in_kafka(cluster)

    assert answer.status == 422
    assert answer.json()["rejected"][0]["index"] == 0
    assert found == []


@pytest.mark.parametrize(("kind", "body"), [(JSON, b"[]"), (NDJSON, b""), (NDJSON, b"\n \n")])
async def test_a_batch_of_nothing_is_refused_in_words(kind: dict[str, str], body: bytes) -> None:
    api, _ = kafka()

    answer = await api.request("POST", PATH, kind, body)

    assert answer.status == 422
    assert "at least one" in answer.json()["detail"]


async def test_a_body_announced_beyond_the_bound_is_refused_unread() -> None:
    api, _ = kafka(max_body_bytes=1024)
    app = api._app  # called below the client, which would hand over a body
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("was read")

    async def send(message: Message) -> None:
        sent.append(message)

    await app(api._scope("POST", PATH, {**JSON, "Content-Length": "1025"}), receive, send)

    assert sent[0]["status"] == 413


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", lambda body: gzip.compress(body[:40]) + gzip.compress(body[40:])),
        ("deflate", zlib.compress),
        ("deflate", bare_deflate),
        ("identity", bytes),
    ],
    ids=["gzip", "gzip of two members", "deflate", "bare deflate", "identity"],
)
async def test_packed_bodies_are_unpacked(encoding: str, pack: Any) -> None:
    body = json.dumps(mentions(3)).encode()
    api, _ = kafka()

    answer = await post(api, pack(body), Content_Encoding=encoding)

    assert answer.json()["accepted"] == 3


async def test_a_bomb_is_stopped_on_the_way() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 60_000  # far below the bound of what arrives
    api, _ = kafka(max_inflated_bytes=1_000_000)

    answer = await post(api, bomb, Content_Encoding="gzip")

    assert answer.status == 413
    assert "1000000 bytes" in answer.json()["detail"]


async def test_a_body_may_have_as_many_bytes_as_the_bound_and_not_one_more() -> None:
    body = json.dumps(MENTION).encode().ljust(1024)
    api, _ = kafka(max_body_bytes=1024, max_inflated_bytes=1024)

    fits = await post(api, body)
    too_long = await post(api, body + b" ")
    fits_packed = await post(api, gzip.compress(body), Content_Encoding="gzip")
    too_long_packed = await post(api, gzip.compress(body + b" "), Content_Encoding="gzip")

    assert (fits.status, too_long.status) == (202, 413)
    assert (fits_packed.status, too_long_packed.status) == (202, 413)


async def test_a_body_that_arrives_in_pieces_is_counted_as_a_whole() -> None:
    pieces = [b" " * 600, b" " * 600]
    api, _ = kafka(max_body_bytes=1024)

    answer = await api.request("POST", PATH, JSON, pieces)

    assert answer.status == 413


async def test_a_batch_has_a_bound() -> None:
    api, _ = kafka(max_batch_mentions=3)

    fits = await api.post_json(PATH, mentions(3))
    too_many = await api.post_json(PATH, mentions(4))

    assert (fits.status, too_many.status) == (202, 413)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({"Content-Type": ""}, b"{}", 415),
        ({**JSON, "Content-Encoding": "br"}, b"{}", 415),
        ({**JSON, "Content-Encoding": "gzip"}, b"{}", 400),
        ({**JSON, "Content-Encoding": "gzip"}, gzip.compress(b"{}" * 1000)[:-9], 400),
        ({**JSON, "Content-Encoding": "deflate"}, b"\xff\xff\xff", 400),
        (JSON, b"[{]", 400),
        (JSON, b"[" * 100_000, 400),
        (JSON, b'{"a":' * 100_000, 422),
        (JSON, b"", 422),
        (JSON, b"\xff\xfe", 422),
    ],
)
async def test_what_cannot_be_read_is_refused_with_a_reason(headers: dict[str, str], body: bytes, status: int) -> None:
    api, _ = kafka()

    answer = await api.request("POST", PATH, headers, body)

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("error", "status"), [(BrokerUnavailable("no answer"), 503), (RecordTooLarge("too large"), 413)]
)
async def test_what_kafka_says_is_passed_on(error: Exception, status: int) -> None:
    api = client_of(BrokerWith(error))

    answer = await api.post_json(PATH, MENTION)

    assert answer.status == status
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_is_not_answered_before_kafka_acknowledged() -> None:
    broker = BrokerWith()
    api = client_of(broker)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(api.post_json(PATH, MENTION), name="post")
        while not broker.waiting:
            await asyncio.to_thread(lambda: None)
        assert not task.done()
        broker.go.set()

    assert task.result().status == 202


async def test_only_so_many_batches_are_held_at_once() -> None:
    broker = BrokerWith()
    api = client_of(broker)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(api.post_json(PATH, MENTION), name=f"post {n}") for n in range(8)]
        while broker.waiting < 8:
            await asyncio.to_thread(lambda: None)
        refused = await api.post_json(PATH, MENTION)
        broker.go.set()

    assert refused.status == 503
    assert refused.headers["retry-after"] == "1"
    assert {task.result().status for task in tasks} == {202}


async def test_without_a_broker_nothing_is_taken_in() -> None:
    api = client_of(None)

    answer = await api.post_json(PATH, MENTION)

    assert answer.status == 503
    assert answer.json()["type"] == "urn:tocsin:problem:no-broker"


async def test_takes_in_what_a_provider_posts_as_its_source_reads_it() -> None:
    client, cluster = kafka()
    posts = [
        {"id": "17", "text": "Where is my refund?", "created_at": "2026-01-05T12:00:00Z"},
        {"id": "18", "text": "no time"},
    ]

    answer = await client.post_json(f"{PATH}?source=x-v2", {"data": posts})

    assert answer.status == 202
    assert answer.json()["accepted"] == 1
    assert answer.json()["rejected"] == [
        {"index": 0, "reason": "data[1].created_at: is missing; ask for tweet.fields=created_at"}
    ]
    assert await in_kafka(cluster) == [(b"x:17", "Where is my refund?")]


async def test_names_the_sources_that_it_knows() -> None:
    client, _ = kafka()

    answer = await client.post_json(f"{PATH}?source=pigeon", {})

    assert answer.status == 422
    assert all(name in answer.text for name in PAYLOADS)
