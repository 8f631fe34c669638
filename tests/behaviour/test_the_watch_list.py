"""The watch list: what detect writes is on the board, in the API and on the pages, and nobody is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from alerting.digests import message_of
from alerting.watch_list import WatchList
from streams import codec
from streams.basis import Basis, Opinion, Weighed
from streams.broker.base import Outgoing
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.clock import SystemClock
from streams.events import Direction
from streams.kafka_topics import specs
from streams.settings import StreamSettings
from streams.topic import Declared, Origin, Topic
from streams.watched import Watched
from tests.fakes.api_house import api_house, sign_in
from tests.fakes.clock import START
from tests.fakes.storyboard import incident_at, storyboard

CLOCK = SystemClock()
SETTINGS = StreamSettings()
WATCH = SETTINGS.kafka.watch
SCORE = Weighed("30 minutes", 12, 3.04, 1.2, 0.5, location=0.5, scale=0.2, blocks=20)
BASIS = Basis(0.25, opinions=(Opinion("volume", 0.8, 0.5, 0.625, (SCORE,)),))


def watched(topic: str = "refunds", pages: float = 0.625) -> Outgoing:
    since = START - timedelta(minutes=20)
    value = Watched(topic, since, START, "volume", Direction.CRISIS, pages, 12, 3.04, 1800, BASIS)
    return Outgoing(WATCH, topic.encode(), codec.encode_watched(value), partition=0)


@asynccontextmanager
async def following(*records: Outgoing) -> AsyncIterator[tuple[WatchList, MemoryBroker]]:
    """A list that follows a log with these records."""
    broker = MemoryBroker(MemoryCluster(clock=CLOCK))
    await broker.create_topics(specs(SETTINGS))
    await broker.send(records)
    found, stop = WatchList(broker, SETTINGS.kafka, CLOCK), asyncio.Event()
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(found.run(stop), name="watch list")
        yield found, broker
        stop.set()


async def until(found: WatchList, *topics: str) -> None:
    while set(found.watched) != set(topics):
        await CLOCK.sleep(0.01)


async def test_the_newest_record_of_a_topic_holds_and_one_without_value_ends_it() -> None:
    gone = Outgoing(WATCH, b"campaign", None, partition=0)
    async with following(watched("campaign"), watched(), watched(pages=0.4), gone) as (found, broker):
        await until(found, "refunds")
        before = found.watched["refunds"].false_pages_per_week
        await broker.send([Outgoing(WATCH, b"refunds", None, partition=0), watched("campaign")])
        await until(found, "campaign")

    assert before == 0.4


async def test_what_cannot_be_read_or_stands_under_another_key_is_passed_over() -> None:
    strange = [
        Outgoing(WATCH, b"refunds", b"{", partition=0),
        Outgoing(WATCH, b"other", watched().value, partition=0),
        Outgoing(WATCH, None, watched().value, partition=0),
    ]
    async with following(*strange, watched("campaign")) as (found, _):
        await until(found, "campaign")


async def test_it_is_in_the_api_with_odds_in_words_and_every_number() -> None:
    async with following(watched(pages=0.9), watched("campaign", 0.4), watched("nobody-tracks-it")) as (found, _):
        await until(found, "refunds", "campaign", "nobody-tracks-it")
        async with api_house(store=storyboard(START), rises=found) as house:
            answer = (await house.api.get("/api/v1/watch")).json()

    assert [one["topic"] for one in answer["topics"]] == ["campaign", "refunds"]
    first = answer["topics"][0]
    assert first["odds"] == "about once in 2 weeks for this topic"
    assert first["basis"]["opinions"][0]["weighed"][0]["blocks"] == 20
    assert first["words"][1] == "Nobody was paged, because a page takes once in 4 weeks or rarer."


async def test_it_is_on_the_first_page_and_on_the_topics_own() -> None:
    async with following(watched()) as (found, _):
        await until(found, "refunds")
        async with api_house(store=storyboard(START), rises=found) as house:
            await sign_in(house.browser)
            now, topic = (await house.browser.get("/")).text, (await house.browser.get("/topics/refunds")).text

    for page in (now, topic):
        assert "12 mentions in 30 min, 3.0 usual" in page
        assert "by chance about once in 2 weeks" in page
    assert "Rising, and nobody was paged" in now


async def test_a_digest_names_what_rises_besides() -> None:
    known = {
        name: Declared(Topic(name, name.capitalize(), name), Origin.FILE, START, "the file")
        for name in ("refunds", "campaign")
    }
    async with following(watched(pages=0.9), watched("campaign", 0.4), watched("nobody-tracks-it")) as (found, _):
        await until(found, "refunds", "campaign", "nobody-tracks-it")
        words = found.in_words(known)

    message = message_of("comms-1", [incident_at(START)], START, rising=words)
    assert words == ("Campaign (about once in 2 weeks)", "Refunds (about once a week)")
    assert message.why.endswith(
        " Rising, and nobody was paged: Campaign (about once in 2 weeks), Refunds (about once a week)."
    )
    assert "Rising" not in message_of("comms-1", [incident_at(START)], START).why


async def test_without_a_list_nothing_rises() -> None:
    async with api_house(store=storyboard(START)) as house:
        assert (await house.api.get("/api/v1/watch")).json() == {"topics": []}
