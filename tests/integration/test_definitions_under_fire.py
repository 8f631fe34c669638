"""Topic definitions change while score and detect are killed: every mention counts under exactly one revision."""

import asyncio
import os
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

import msgspec
import pytest

from streams import codec
from streams.broker.base import Broker, Outgoing, Partition
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.definition import Definition
from streams.events import PartialCount
from streams.mention import Mention
from streams.settings import StreamSettings
from streams.topic_register import TopicRegister
from streams.topic_settings import TopicSettings
from tests.fakes import turbulent_stream
from tests.fakes.chaos import Blow, RoleUnderFire, blows
from tests.fakes.clock import START
from tests.fakes.kafka_proxy import Api, Crossing, KafkaProxy
from tests.fakes.role_nursery import RoleNursery
from tests.fakes.trial import Trial
from tests.kafka.apache import ApacheKafka
from tests.kafka.selection import quick_settings

SOAK: Final = bool(os.environ.get("TOCSIN_SOAK"))
KILLS: Final = 20  # of each role, before the change is in force everywhere, and as many after it
PARTITIONS: Final = 3
ADOPTION_SECONDS: Final = 60.0
SEED: Final = 20_260_106
FILE: Final = "a file"
VOUCHERS: Final = TopicSettings(id="vouchers", name="Vouchers", query="voucher", collecting_since=START)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.apache,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not SOAK, reason="takes minutes; TOCSIN_SOAK=1 runs it"),
]

CLOCK: Final = SystemClock()


def before(bootstrap_servers: str, name: str) -> StreamSettings:
    kafka = quick_settings(bootstrap_servers).model_copy(
        update={
            "mentions": f"{name}.mentions",
            "prefix": name,
            "partitions": PARTITIONS,
            "session_timeout_seconds": 1.5,
        }
    )
    return turbulent_stream.settings(kafka)


def changed(settings: StreamSettings) -> StreamSettings:
    """Refunds are called reimbursements too: nothing said so far belongs to another topic than before."""
    topics = tuple(
        topic.model_copy(update={"query": "refund OR reimbursement"}) if topic.id == "refund" else topic
        for topic in settings.topics
    )
    return settings.model_copy(update={"topics": topics})


def with_vouchers(settings: StreamSettings) -> StreamSettings:
    return settings.model_copy(update={"topics": (*settings.topics, VOUCHERS)})


def recording() -> list[Mention]:
    """A little behind its middle nobody says refund any more."""
    said = turbulent_stream.mentions(SEED)
    half = len(said) // 2 + 10
    renamed = [msgspec.structs.replace(one, text=one.text.replace("refund", "reimbursement")) for one in said[half:]]
    return [*said[:half], *renamed]


def some_blows(seed: str) -> list[Blow]:
    """The first falls in a commit: a group that has settled does nothing else."""
    first, *others = blows(seed, kills=KILLS, freezes=0)
    return [replace(first, api=Api.END_TXN), *others]


async def declare(broker: Broker, settings: StreamSettings) -> None:
    """As the alert role does with a file that was edited."""
    await TopicRegister(broker, settings.kafka, CLOCK).declare_file(settings.topic_values(), by=FILE)


async def revisions(broker: Broker, settings: StreamSettings, topic: str) -> list[list[Definition | PartialCount]]:
    """What is written about a topic, by partition of the partials."""
    return [
        [
            value
            async for pack in broker.scan(Partition(settings.kafka.partials, number), None)
            for record in pack
            for value in codec.decode_of_partials(record.value)
            if isinstance(value, Definition | PartialCount) and value.topic == topic
        ]
        for number in range(PARTITIONS)
    ]


async def seconds_until_adopted(broker: Broker, settings: StreamSettings, now: datetime) -> float:
    """From the declaration of vouchers until a mention of one was counted in every source partition.

    By the times that Kafka has of what was counted: reading all of it again and again takes long on a busy machine.

    Args:
        now: Event time; vouchers are spoken of in a second of its own in each partition.
    """
    begin = int(now.timestamp())
    await declare(broker, settings)
    declared = CLOCK.now().timestamp()
    async with asyncio.TaskGroup() as tasks:
        speaking = tasks.create_task(speak_of_vouchers(broker, settings, begin), name="speak")
        try:
            async with asyncio.timeout(ADOPTION_SECONDS):
                while len(first := await first_counted(broker, settings, VOUCHERS.id)) < PARTITIONS:
                    await CLOCK.sleep(0.2)
        finally:
            speaking.cancel()
    assert first.keys() == set(range(begin, begin + PARTITIONS))
    return max(first.values()) - declared


async def speak_of_vouchers(broker: Broker, settings: StreamSettings, begin: int) -> None:
    """Five times a second in every partition, until cancelled."""
    for number in count():
        at = datetime.fromtimestamp(begin + number % PARTITIONS, UTC)
        mention = Mention(id=f"v{number}", platform="x", published_at=at, ingested_at=at, text="my voucher")
        value = codec.encode_mention(mention)
        await broker.send([Outgoing(settings.kafka.mentions, b"x:v", value, partition=number % PARTITIONS)])
        await CLOCK.sleep(0.2 / PARTITIONS)


async def first_counted(broker: Broker, settings: StreamSettings, topic: str) -> dict[int, float]:
    """When Kafka was first told a count of the topic, seconds since 1970, by the event second that it is of."""
    first: dict[int, float] = {}
    for number in range(PARTITIONS):
        async for pack in broker.scan(Partition(settings.kafka.partials, number), None):
            for record in pack:
                for value in codec.decode_of_partials(record.value):
                    if isinstance(value, PartialCount) and value.topic == topic:
                        first.setdefault(value.second, record.timestamp_ms / 1000)
    return first


def assert_each_revision_is_defined_before_it_counts(values: Sequence[Definition | PartialCount]) -> None:
    defined: set[int] = set()
    for value in values:
        if isinstance(value, Definition):
            defined.add(value.revision)
        else:
            assert value.revision in defined


async def test_definitions_that_change_under_roles_that_are_killed_count_every_mention_once(
    apache_kafka: ApacheKafka, unique_name: str, tmp_path: Path
) -> None:
    under_fire: list[RoleUnderFire] = []
    settings = before(apache_kafka.bootstrap_servers, unique_name)
    after = changed(settings)
    mentions = recording()

    def watch(crossing: Crossing) -> Awaitable[None] | None:
        return next((held for role in under_fire if (held := role.watch(crossing)) is not None), None)

    async with (
        KafkaBroker(settings.kafka) as broker,
        RoleNursery(tmp_path / "roles.log") as nursery,
        KafkaProxy(apache_kafka.ports, watch=watch) as proxy,
    ):
        trial = Trial(broker, after, mentions, CLOCK, aside=frozenset({VOUCHERS.id}))
        await trial.create()
        await declare(broker, settings)
        through = before(proxy.address, unique_name)
        under_fire += [
            RoleUnderFire(name, through, nursery, CLOCK, partitions=PARTITIONS) for name in ("score", "detect")
        ]
        falling = [[some_blows(f"{SEED} {role.role} {half}") for half in range(2)] for role in under_fire]
        halves = [sum(len(of_role[half]) for of_role in falling) for half in range(2)]
        wanted = asyncio.Semaphore(0)

        async def suffer(half: int) -> None:
            async with asyncio.TaskGroup() as blowing:
                for role, of_role in zip(under_fire, falling, strict=True):
                    blowing.create_task(role.suffer(of_role[half], before_each=wanted.release), name=role.role)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(trial.feed_halves(halves, wanted), name="feed")
            for role in under_fire:
                await role.start()
            async with asyncio.TaskGroup() as first_half:
                first_half.create_task(suffer(0), name="suffer")
                while sum(role.kills for role in under_fire) < KILLS:
                    await CLOCK.sleep(0.05)
                await declare(broker, after)  # in the middle of the blows
            seconds = await seconds_until_adopted(
                broker, with_vouchers(after), mentions[len(mentions) // 2].published_at
            )
            await suffer(1)

        def end() -> None:
            for role in under_fire:
                role.end()

        outcome = await trial.outcome(end_roles=end)
        of_refunds = await revisions(broker, settings, "refund")

    kills = [role.kills for role in under_fire]
    print(f"{kills} killed; a new topic counted in every partition after {seconds:.1f} s")
    assert kills == [2 * KILLS] * 2
    assert seconds <= 5
    assert outcome.sums == outcome.expected_sums
    assert outcome.newest_windows == outcome.expected_windows
    assert outcome.written == outcome.expected_written
    counted = [value for values in of_refunds for value in values if isinstance(value, PartialCount)]
    assert len({value.revision for value in counted}) >= 2  # its query changed
    for values in of_refunds:
        assert_each_revision_is_defined_before_it_counts(values)
