"""A record that was no mention is looked at, corrected and sent once more; it then counts like any other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from alerting.dead_letter_desk import DeadLetterDesk
from streams.broker.base import Outgoing, Partition
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.canary import CANARY
from streams.dead_letter_box import DeadLetterBox
from streams.kafka_topics import specs
from streams.settings import KafkaSettings, StreamSettings
from tests.fakes.api_house import ApiHouse, api_house, field, sign_in
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryStore

KAFKA = KafkaSettings()
LETTERS = "/api/v1/dead-letters"
GOOD = '{"id": "1", "platform": "x", "published_at": "2026-01-05T12:00:00Z", "text": "refund"}'
BAD = GOOD.replace('"platform": "x", ', "")
HOSTILE = '{"text": "<script>alert(1)</script>"}'


def letter(value: str, *, reason: str = "Object missing required field `platform`", **more: bytes) -> Outgoing:
    headers = {"reason": reason.encode(), "kafka_topic": b"mentions", "partition": b"3", "offset": b"17", **more}
    return Outgoing(KAFKA.dead_letters, b"k", value.encode(), partition=0, headers=tuple(headers.items()))


@asynccontextmanager
async def house(*letters: Outgoing) -> AsyncIterator[tuple[ApiHouse, MemoryBroker]]:
    clock, store = FakeClock(), MemoryStore()
    broker = MemoryBroker(MemoryCluster(clock=clock))
    await broker.create_topics(specs(StreamSettings()))
    for one in letters:
        await broker.send([one])
        await clock.advance(1)
    desk = DeadLetterDesk(DeadLetterBox(broker, KAFKA), store, clock)
    async with api_house(store=store, clock=clock, letters=desk) as made:
        yield made, broker


async def mentions(broker: MemoryBroker) -> list[tuple[bytes | None, bytes | None]]:
    found = []
    for number in range(6):
        async for records in broker.scan(Partition(KAFKA.mentions, number), None):
            found += [(record.key, record.value) for record in records]
    return found


async def test_letters_are_listed_newest_first_with_origin_and_reason() -> None:
    async with house(letter(BAD), letter("\x00garbage", reason="not JSON"), letter(BAD, cut_from_bytes=b"5")) as (
        made,
        _,
    ):
        listed = (await made.api.get(LETTERS)).json()["letters"]
        fewer = (await made.api.get(f"{LETTERS}?limit=1")).json()["letters"]

    assert [(one["offset"], one["reason"], one["is_whole"]) for one in listed] == [
        (2, "Object missing required field `platform`", False),
        (1, "not JSON", True),
        (0, "Object missing required field `platform`", True),
    ]
    assert {one["origin"] for one in listed} == {"mentions-3@17"}
    assert fewer == listed[:1]


async def test_a_letter_is_sent_as_it_came_once_it_can_be_read() -> None:
    async with house(letter(GOOD)) as (made, broker):
        answer = await made.api.post_json(f"{LETTERS}/0/0/send", {})
        sent = await mentions(broker)

    assert (answer.status, answer.json()) == (202, {"mention": "x:1"})
    assert sent == [(b"x:1", GOOD.encode())]
    assert [line.act for line in made.store.kept_lines] == ["letter.sent"]
    assert "refund" not in msgspec.json.encode(list(made.store.kept.values())).decode()


async def test_what_is_still_no_mention_is_refused_with_the_reason_and_sent_when_corrected() -> None:
    async with house(letter(BAD)) as (made, broker):
        refused = await made.api.post_json(f"{LETTERS}/0/0/send", {})
        before = await mentions(broker)
        corrected = await made.api.post_json(f"{LETTERS}/0/0/send", {"text": GOOD})
        after = await mentions(broker)

    assert refused.status == 422
    assert "platform" in refused.json()["detail"]
    assert before == []
    assert corrected.status == 202
    assert after == [(b"x:1", GOOD.encode())]


async def test_nobody_sends_a_canary_of_tocsins_own() -> None:
    async with house(letter(GOOD.replace('"x"', f'"{CANARY}"'))) as (made, broker):
        refused = await made.api.post_json(f"{LETTERS}/0/0/send", {})
        sent = await mentions(broker)

    assert refused.status == 422
    assert "Tocsin's own" in refused.json()["detail"]
    assert sent == []


async def test_what_was_cut_is_not_sent_as_if_it_were_whole() -> None:
    async with house(letter(GOOD, cut_from_bytes=b"2000000")) as (made, broker):
        refused = await made.api.post_json(f"{LETTERS}/0/0/send", {})
        sent = await mentions(broker)

    assert refused.status == 422
    assert sent == []


async def test_a_letter_that_is_not_there_is_unknown() -> None:
    async with house(letter(BAD)) as (made, _):
        for place in ("0/1", "5/0", "99/0", "0/4611686018427387904"):
            assert (await made.api.post_json(f"{LETTERS}/{place}/send", {})).status == 404


async def test_the_page_shows_letters_harmlessly_and_sends_what_was_corrected() -> None:
    async with house(letter(HOSTILE), letter(BAD)) as (made, broker):
        await sign_in(made.browser)
        page = await made.browser.get("/feeds/dead-letters")
        form = {"csrf": field(page, "csrf")}
        refused = await made.browser.post_form("/feeds/dead-letters/0/1", form | {"text": BAD})
        sent = await made.browser.post_form("/feeds/dead-letters/0/1", form | {"text": GOOD.replace(", ", ",\r\n")})
        feeds = await made.browser.get("/feeds")
        found = await mentions(broker)

    assert "<script>alert" not in page.text
    assert refused.status == 422
    assert "still no mention" in refused.text
    assert sent.status == 303
    assert [key for key, _ in found] == [b"x:1"]
    assert "/feeds/dead-letters" in feeds.text


async def test_without_kafka_the_page_says_so() -> None:
    async with api_house() as made:
        await sign_in(made.browser)
        page = await made.browser.get("/feeds/dead-letters")
        listed = await made.api.get(LETTERS)

    assert "There are none." in page.text
    assert listed.status == 503
