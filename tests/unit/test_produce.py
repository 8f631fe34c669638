import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.broker.memory import MemoryBroker
from streams.errors import BrokerUnavailable, InvalidMention
from streams.events import PartialCount, Tally
from streams.kafka_topics import specs
from streams.mention import Mention
from streams.produce import Produced, load_history, produce
from streams.settings import KafkaSettings, StreamSettings
from tests.fakes.clock import START, FakeClock
from tests.fakes.recorded_source import RecordedSource

SETTINGS = StreamSettings(kafka=KafkaSettings(partitions=1))


class RefusingBroker(MemoryBroker):
    """Takes the records and then loses its answer, as often as it is told."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self.refusals = refusals

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        await super().send(outgoing)
        if self.refusals:
            self.refusals -= 1
            raise BrokerUnavailable("no answer")


def mention(number: int, *, after_seconds: float = 0.0) -> Mention:
    return Mention(
        id=str(number), platform="x", published_at=START + timedelta(seconds=after_seconds), text=f"number {number}"
    )


async def broker() -> MemoryBroker:
    memory = MemoryBroker()
    await memory.create_topics(specs(SETTINGS))
    return memory


def sent(memory: MemoryBroker, kafka_topic: str = "mentions") -> tuple[Record, ...]:
    return memory.cluster.log(Partition(kafka_topic, 0)).read(0, 10_000)


async def test_keys_mentions_by_platform_and_id() -> None:
    memory = await broker()

    done = await produce(RecordedSource([mention(1)]), memory, SETTINGS, FakeClock())

    assert done == Produced(sent=1, refused=0, newest=START)
    assert [record.key for record in sent(memory)] == [b"x:1"]
    assert codec.decode_mention(sent(memory)[0].value) == mention(1)


async def test_counts_what_it_cannot_read_and_goes_on() -> None:
    memory = await broker()
    source = RecordedSource([mention(1), InvalidMention("not JSON"), mention(2)])

    done = await produce(source, memory, SETTINGS, FakeClock())

    assert (done.sent, done.refused) == (2, 1)


async def test_keeps_to_a_rate() -> None:
    memory, clock = await broker(), FakeClock()
    source = RecordedSource([mention(n) for n in range(100)])

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(produce(source, memory, SETTINGS, clock, rate=10), name="produce")
        await clock.advance(5)
        # The mention with index 50 is due at 50 / 10 = 5 s.
        assert len(sent(memory)) == 51
        await clock.advance(5)
        assert task.done()

    assert len(sent(memory)) == 100


async def test_keeps_to_the_recorded_pace_times_a_factor() -> None:
    memory, clock = await broker(), FakeClock()
    source = RecordedSource(
        [mention(0), mention(1, after_seconds=60), mention(2, after_seconds=50), mention(3, after_seconds=600)]
    )

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(produce(source, memory, SETTINGS, clock, pace=60), name="produce")
        await clock.advance(0.9)
        assert len(sent(memory)) == 1
        # 60 s and the straggler behind it at 60 / 60 = 1 s; 600 s at 10 s.
        await clock.advance(0.2)
        assert len(sent(memory)) == 3
        await clock.advance(8)
        assert len(sent(memory)) == 3
        await clock.advance(1)

    assert len(sent(memory)) == 4


@pytest.mark.parametrize(
    ("rate", "pace", "message"),
    [(0.0, None, "rate is 0.0"), (None, -1.0, "pace is -1.0"), (1.0, 1.0, "not both")],
)
async def test_refuses_a_pace_that_makes_no_sense(rate: float | None, pace: float | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        await produce(RecordedSource([]), await broker(), SETTINGS, FakeClock(), rate=rate, pace=pace)


async def test_recorded_mentions_can_keep_their_own_time() -> None:
    memory = await broker()

    await produce(RecordedSource([mention(1)]), memory, SETTINGS, FakeClock(), as_recorded=True)

    assert codec.decode_mention(sent(memory)[0].value).ingested_at == START


async def test_history_is_flagged() -> None:
    memory = await broker()

    await produce(RecordedSource([mention(1)]), memory, SETTINGS, FakeClock(), history=True)

    assert sent(memory)[0].headers == (("history", b"1"),)


async def test_sends_again_what_nobody_answered_for() -> None:
    memory, clock = RefusingBroker(refusals=2), FakeClock()
    await memory.create_topics(specs(SETTINGS))

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(produce(RecordedSource([mention(1)]), memory, SETTINGS, clock), name="produce")
        await clock.advance(5)

    assert task.result().sent == 1
    assert len(sent(memory)) == 3  # the score stage counts it once


async def test_tells_how_far_it_is() -> None:
    memory = await broker()
    told: list[int] = []

    await produce(
        RecordedSource([mention(n) for n in range(1200)]),
        memory,
        SETTINGS,
        FakeClock(),
        progress=lambda done: told.append(done.sent),
    )

    assert told == [500, 1000, 1200]


async def test_history_counts_reach_the_partials_of_their_topic_flagged() -> None:
    memory = await broker()
    partial = PartialCount(topic="refunds", revision=1, second=60, tally=Tally(mentions=2, neutral=2))

    assert await load_history(iter([partial] * 700), memory, SETTINGS) == 700

    records = sent(memory, SETTINGS.kafka.partials)
    assert len(records) == 700
    assert {record.key for record in records} == {b"refunds"}
    [loaded] = codec.decode_of_partials(records[0].value)
    assert isinstance(loaded, PartialCount)
    assert loaded.history
