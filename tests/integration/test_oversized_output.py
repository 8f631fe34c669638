"""What a role writes does not fit into its Kafka topic."""

import asyncio

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from streams.app import score_group, score_role
from streams.broker.base import Partition
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.errors import RecordTooLarge
from streams.kafka_topics import specs
from streams.metrics import StreamMetrics
from tests.fakes import refund_crisis
from tests.fakes.declared import declared
from tests.integration.test_streams_end_to_end import read, settings_for
from tests.kafka.selection import KafkaUnderTest

pytestmark = [pytest.mark.integration, pytest.mark.apache]


async def test_a_record_that_does_not_fit_commits_nothing_and_stops_the_role_with_its_name(
    kafka: KafkaUnderTest, unique_name: str
) -> None:
    settings = settings_for(kafka, unique_name)
    small = [
        msgspec.structs.replace(spec, config={**spec.config, "max.message.bytes": "300"})
        if spec.name == settings.kafka.partials
        else spec
        for spec in specs(settings)
    ]

    async with KafkaBroker(settings.kafka) as broker:
        await broker.create_topics(small)
        await broker.send(declared(settings))
        await broker.send(refund_crisis.outgoing(settings.kafka, refund_crisis.mentions()[:200]))
        role = score_role(settings, broker, SystemClock(), StreamMetrics(CollectorRegistry()))
        with capture_logs() as logs, pytest.raises(RecordTooLarge, match=settings.kafka.partials):
            async with asyncio.timeout(60):
                await role.run(asyncio.Event())
        positions = [
            await broker.writer(score_group(settings), Partition(settings.kafka.mentions, number)).open()
            for number in range(2)
        ]
        written = await read(broker, settings.kafka.score_state)

    told = [log for log in logs if log["event"] == "partition.record_too_large"]
    assert told
    assert all(log["log_level"] == "error" for log in told)
    assert set(positions) <= {None, 0}  # a first watermark may have been written, and it says that nothing was read
    assert {record.key for record in written} <= {b"clock"}
