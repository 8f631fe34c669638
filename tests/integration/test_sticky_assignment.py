"""When members come and go, only what moves to somebody else is restored."""

import asyncio
from collections.abc import Iterable
from itertools import chain

import pytest
from prometheus_client import CollectorRegistry

from streams import codec
from streams.app import score_group, score_role
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.events import PartialCount, Tally
from streams.kafka_topics import specs
from streams.metrics import StreamMetrics
from tests.fakes import refund_crisis
from tests.fakes.declared import declared
from tests.integration.test_streams_end_to_end import read, running, settings_for, until
from tests.kafka.selection import KafkaUnderTest

pytestmark = [pytest.mark.integration, pytest.mark.apache, pytest.mark.timeout(120)]

CLOCK = SystemClock()
MENTIONS = refund_crisis.mentions()
PARTITIONS = 2


def tallies(values: Iterable[bytes | None]) -> dict[tuple[str, int], Tally]:
    sums: dict[tuple[str, int], Tally] = {}
    for value in chain.from_iterable(map(codec.decode_of_partials, values)):
        if isinstance(value, PartialCount):
            place = value.topic, value.second
            sums[place] = sums.get(place, Tally()) + value.tally
    return sums


async def test_members_that_come_and_go_restore_only_what_moves(kafka: KafkaUnderTest, unique_name: str) -> None:
    settings = settings_for(kafka, unique_name)
    group = score_group(settings)
    first, second = CollectorRegistry(), CollectorRegistry()

    def took(registry: CollectorRegistry, state: str) -> float:
        return registry.get_sample_value("tocsin_takeovers_total", {"group": group, "state": state}) or 0

    def settled(registry: CollectorRegistry, takeovers: int) -> bool:
        ready = registry.get_sample_value("tocsin_stream_ready", {"group": group}) == 1
        return ready and took(registry, "restored") + took(registry, "kept") >= takeovers

    records = refund_crisis.outgoing(settings.kafka, MENTIONS)
    half = len(records) // 2
    async with KafkaBroker(settings.kafka) as broker, KafkaBroker(settings.kafka) as other, asyncio.timeout(90):
        await broker.create_topics(specs(settings))
        await broker.send([*declared(settings), *records[:half]])
        async with running(score_role(settings, broker, CLOCK, StreamMetrics(first))):
            await until(lambda: first.get_sample_value("tocsin_mentions_read_total") == half)
            async with running(score_role(settings, other, CLOCK, StreamMetrics(second))):
                await until(lambda: settled(first, PARTITIONS + 1) and settled(second, 1))
                shared = [took(first, "restored"), took(first, "kept"), took(second, "restored"), took(second, "kept")]
                await broker.send(records[half:])
                await until(
                    lambda: (
                        sum(r.get_sample_value("tocsin_mentions_read_total") or 0 for r in (first, second))
                        == len(records)
                    )
                )
            await until(lambda: settled(first, 2 * PARTITIONS + 1))
            alone = [took(first, "restored"), took(first, "kept")]
        found = tallies([record.value for record in await read(broker, settings.kafka.partials)])

    assert shared == [2, 1, 1, 0]  # of the first member's two partitions one stays with it and one moves
    assert alone == [2 + 1, 1 + 1]  # and comes back
    assert found == tallies(record.value for record in refund_crisis.partials(settings, MENTIONS))
