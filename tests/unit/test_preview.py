from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from streams import codec
from streams.broker.base import Outgoing
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.errors import InvalidQuery
from streams.kafka_topics import create
from streams.mention import Mention
from streams.preview import MOST_MATCHED, MOST_SAMPLES, preview, recent_mentions
from streams.sentiment.none import NoScorer
from streams.settings import StreamSettings
from streams.topic_settings import TopicSettings
from tests.fakes.clock import FakeClock

SETTINGS = StreamSettings()
TOPIC = TopicSettings(id="refunds", name="Refunds", query="acme AND refund*")
START = datetime(2026, 1, 5, tzinfo=UTC)


def said(number: int, text: str, minutes: float) -> Mention:
    return Mention(id=str(number), platform="forum", published_at=START + timedelta(minutes=minutes), text=text)


def test_tells_what_would_have_been_caught_by_the_hour() -> None:
    mentions = [said(number, "acme refund" if number % 2 else "acme", 20 * number) for number in range(12)]

    seen = preview(TOPIC, mentions, settings=SETTINGS, scorer=NoScorer())

    # Every other one of twelve in four hours, one each twenty minutes: 20, 60, 100, 140, 180 and 220 minutes.
    hour = int(START.timestamp())
    assert (seen.looked_at, seen.matched) == (12, 6)
    assert seen.by_hour == ((hour, 1), (hour + 3600, 2), (hour + 7200, 1), (hour + 10800, 2))
    assert (seen.since, seen.until) == (START, START + timedelta(minutes=220))
    assert [mention.id for mention in seen.samples] == ["11", "9", "7", "5", "3", "1"]


def test_runs_them_through_the_detectors() -> None:
    calm = [
        said(number, "acme refund", 3 * number) for number in range(20 * 24 * 4)
    ]  # one each three minutes, four days
    burst = [said(10_000 + number, "acme refund gone", 3 * 20 * 24 * 4 + number / 10) for number in range(120)]

    quiet = preview(TOPIC, calm, settings=SETTINGS, scorer=NoScorer())
    loud = preview(TOPIC, calm + burst, settings=SETTINGS, scorer=NoScorer())

    assert quiet.pages == ()
    assert len(loud.pages) == 1
    assert loud.pages[0].at >= burst[0].published_at.replace(microsecond=0)


def test_of_nothing_nothing_is_known() -> None:
    seen = preview(TOPIC, [], settings=SETTINGS, scorer=NoScorer())

    assert (seen.looked_at, seen.matched, seen.since, seen.until, seen.pages) == (0, 0, None, None, ())


def test_a_query_that_does_not_parse_says_where() -> None:
    with pytest.raises(InvalidQuery):
        preview(TOPIC.model_copy(update={"query": "acme AND ("}), [], settings=SETTINGS, scorer=NoScorer())


def test_what_is_shown_and_run_is_bounded() -> None:
    mentions = [said(number, "acme refund", number / 60) for number in range(MOST_MATCHED + 1)]

    seen = preview(TOPIC, mentions, settings=SETTINGS, scorer=NoScorer())

    assert (seen.matched, seen.complete, len(seen.samples)) == (MOST_MATCHED + 1, False, MOST_SAMPLES)


async def test_the_newest_mentions_of_every_partition_are_looked_at_in_order() -> None:
    async with MemoryBroker(MemoryCluster(clock=FakeClock(START + timedelta(minutes=100)))) as broker:
        await create(broker, SETTINGS)
        outgoing = [
            Outgoing(SETTINGS.kafka.mentions, str(number).encode(), codec.encode_mention(said(number, "x", number)))
            for number in range(100)
        ]
        outgoing.insert(50, Outgoing(SETTINGS.kafka.mentions, b"bad", b"no mention"))
        await broker.send(outgoing)

        everything = await recent_mentions(broker, SETTINGS)
        some = await recent_mentions(broker, SETTINGS, most=SETTINGS.kafka.partitions * 2)

    assert [int(mention.id) for mention in everything] == list(range(100))
    assert len(some) <= SETTINGS.kafka.partitions * 2
    assert some == sorted(some, key=lambda mention: mention.published_at)
    assert some[-1].id == "99"


@pytest.mark.parametrize("claimed", ["0001-01-01T00:00:00+14:00", "1971-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"])
async def test_a_date_that_nobody_can_have_spoken_at_is_when_kafka_accepted_it(claimed: str) -> None:
    clock = FakeClock(START)
    odd = msgspec.structs.replace(said(1, "acme refund", 0), published_at=datetime.fromisoformat(claimed))
    async with MemoryBroker(MemoryCluster(clock=clock)) as broker:
        await create(broker, SETTINGS)
        await broker.send([Outgoing(SETTINGS.kafka.mentions, b"1", codec.encode_mention(odd))])

        found = await recent_mentions(broker, SETTINGS)

    seen = preview(TOPIC, found, settings=SETTINGS, scorer=NoScorer())
    assert (seen.since, seen.until, seen.by_hour) == (START, START, ((int(START.timestamp()), 1),))


async def test_without_the_kafka_topic_there_is_nothing() -> None:
    async with MemoryBroker() as broker:
        assert await recent_mentions(broker, SETTINGS) == []
