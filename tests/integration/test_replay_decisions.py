"""Decisions of a real detect role on a real Kafka, replayed by the command line."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from prometheus_client import CollectorRegistry

from streams import codec
from streams.app import detect_role
from streams.broker.base import Outgoing, Partition, Record
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.events import Phase
from streams.kafka_topics import specs
from streams.metrics import StreamMetrics
from streams.readiness import Readiness
from streams.settings import DetectSettings, KafkaSettings, StreamSettings
from tests.fakes.decided_days import day, definitions
from tests.kafka.selection import KafkaUnderTest

pytestmark = [pytest.mark.integration, pytest.mark.apache, pytest.mark.timeout(240)]

CLOCK = SystemClock()


async def scanned(broker: KafkaBroker, kafka_topic: str, number: int) -> list[Record]:
    return [record async for pack in broker.scan(Partition(kafka_topic, number), None) for record in pack]


async def detections(broker: KafkaBroker, kafka: KafkaSettings) -> list[Record]:
    return [one for number in range(kafka.partitions) for one in await scanned(broker, kafka.detections, number)]


async def opened_and_anchored(broker: KafkaBroker, kafka: KafkaSettings) -> tuple[int, int]:
    found = [codec.decode_detection(one.value).phase for one in await detections(broker, kafka)]
    anchors = [one.key for number in (0, 1) for one in await scanned(broker, kafka.detect_anchors, number)]
    return found.count(Phase.OPENED), anchors.count(b"topic/refunds")


async def decide(broker: KafkaBroker, settings: StreamSettings, days: int) -> None:
    """Day after day, each with snapshots of its own, through a real detect role."""
    kafka = settings.kafka
    role = detect_role(settings, broker, CLOCK, StreamMetrics(CollectorRegistry()))
    stop = asyncio.Event()
    async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
        tasks.create_task(role.run(stop), name="detect")
        assert await role.until_ready() is Readiness.READY
        await broker.send(definitions(kafka))
        for number in range(days):
            await broker.send(day(kafka, number))
            while min(await opened_and_anchored(broker, kafka)) <= number:
                await CLOCK.sleep(0.2)
        stop.set()


async def replay(config: Path) -> tuple[int | None, dict[str, Any]]:
    code, out = await asked(config, "replay-decisions", "--json")
    return code, json.loads(out)


async def asked(config: Path, *words: str) -> tuple[int | None, bytes]:
    """Exit code and standard output of `tocsin WORDS`."""
    command = [sys.executable, "-m", "alerting.cli.main", *words, "--config", str(config)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=os.environ
    )
    out, _ = await process.communicate()
    return process.returncode, out


async def test_decisions_are_reproduced_until_somebody_tampers_with_one(
    kafka: KafkaUnderTest, unique_name: str, tmp_path: Path
) -> None:
    settings = StreamSettings(
        kafka=kafka.settings.model_copy(
            update={"mentions": f"{unique_name}.m", "prefix": unique_name, "partitions": 2}
        ),
        detect=DetectSettings(snapshot_seconds=0.5),
    )
    own = settings.kafka
    config = tmp_path / "tocsin.yaml"
    config.write_text(
        f"kafka: {{bootstrap_servers: '{own.bootstrap_servers}', mentions: {own.mentions}, prefix: {unique_name}, "
        "partitions: 2}\n"
    )
    async with KafkaBroker(own) as broker:
        await broker.create_topics(specs(settings))
        await decide(broker, settings, days=3)
        written = await detections(broker, own)

        whole = await replay(config)
        (number,) = {one.partition.number for one in written}
        partials = await scanned(broker, own.partials, number)
        cut = partials[len(partials) // 2].offset
        await delete_before(own, Partition(own.partials, number), cut)
        trimmed = await replay(config)

        last = codec.decode_detection(written[-1].value)
        explained = await asked(config, "explain", last.id, "--kafka", "--json")
        unknown = await asked(config, "explain", "0" * 32, "--kafka", "--json")
        forged = msgspec.structs.replace(last, false_pages_per_week=last.false_pages_per_week / 2)
        await broker.send([Outgoing(own.detections, b"refunds", codec.encode_detection(forged), written[-1].headers)])
        tampered = await replay(config)

    assert whole[0] == 0
    assert whole[1]["differences"] == []
    assert whole[1]["reproduced"] == len(written) >= 6
    assert trimmed[0] == 0
    (reach,) = [one for one in trimmed[1]["partitions"] if one["partition"] == number]
    assert reach["start"] >= cut
    assert 0 < reach["reproduced"] < len(written)
    assert reach["reproduced"] + reach["beyond"] == len(written)
    assert explained[0] == 0
    assert json.loads(explained[1])["basis"]["opinions"]
    assert unknown[0] == 1
    assert tampered[0] == 1
    (difference,) = tampered[1]["differences"]
    assert (difference["kind"], difference["id"]) == ("changed", last.id)
    assert difference["field"] == "false_pages_per_week"


async def delete_before(kafka: KafkaSettings, partition: Partition, offset: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    try:
        place = TopicPartition(partition.kafka_topic, partition.number)
        await admin.delete_records({place: RecordsToDelete(before_offset=offset)})
    finally:
        await admin.close()
