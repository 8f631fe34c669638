"""What an outside watchdog hears."""

import asyncio
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from alerting.canaries import Canaries
from alerting.canary_settings import CanarySettings
from alerting.errors import DeliveryRejected, DeliveryRetryable
from alerting.heartbeat import Heartbeat
from alerting.message import drill
from alerting.metrics import AlertingMetrics
from alerting.notifiers.base import Message
from alerting.notifiers.egress import Egress
from streams.broker.base import Partition, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.codec import decode_mention
from streams.errors import InvalidConfig
from tests.fakes.clock import START, FakeClock
from tests.fakes.watchdog import Watchdog

LOOPBACK = Egress(allowed=(ip_network("127.0.0.0/8"),))


@pytest.fixture
def stopped() -> asyncio.Event:
    """Never set."""
    return asyncio.Event()


def sent_off(seconds_ago: float = 0) -> Message:
    """What the outbox says of a round."""
    return msgspec.structs.replace(drill("(canary)", START), onset_at=START - timedelta(seconds=seconds_ago))


def metrics() -> AlertingMetrics:
    return AlertingMetrics(CollectorRegistry())


def heartbeat(url: str | None, counted: AlertingMetrics | None = None, **settings: Any) -> Heartbeat:
    chosen = CanarySettings.model_validate({"url": url, **settings})
    return Heartbeat(chosen, FakeClock(), counted or metrics(), LOOPBACK)


@pytest.mark.parametrize("method", ["get", "post"])
async def test_every_round_that_came_through_is_told(method: str) -> None:
    counted = metrics()
    async with Watchdog(FakeClock()) as outside:
        notifier = heartbeat(outside.url, counted, method=method)
        await notifier.send(sent_off(3), reference=None, timeout_seconds=5)
        await notifier.close()

    assert outside.methods == [method.upper()]
    assert counted.registry.get_sample_value("tocsin_canary_seconds_sum") == 3
    labels = {"stage": "delivered"}
    assert counted.registry.get_sample_value("tocsin_canary_timestamp_seconds", labels) == START.timestamp()


async def test_a_round_older_than_two_intervals_is_told_to_nobody() -> None:
    counted = metrics()
    async with Watchdog(FakeClock()) as outside:
        notifier = heartbeat(outside.url, counted, interval_seconds=60)
        await notifier.send(sent_off(121), reference=None, timeout_seconds=5)
        await notifier.close()

    assert outside.heard == []
    labels = {"stage": "delivered"}
    assert counted.registry.get_sample_value("tocsin_canary_timestamp_seconds", labels) is None


@pytest.mark.parametrize(("status", "error"), [(503, DeliveryRetryable), (404, DeliveryRejected)])
async def test_what_is_refused_is_no_heartbeat(status: int, error: type[Exception]) -> None:
    async with Watchdog(FakeClock()) as outside:
        outside.script.fail(status)
        notifier = heartbeat(outside.url)
        with pytest.raises(error):
            await notifier.send(sent_off(), reference=None, timeout_seconds=5)
        await notifier.close()


async def test_an_address_that_is_not_allowed_is_not_asked() -> None:
    async with Watchdog(FakeClock()) as outside:
        chosen = CanarySettings.model_validate({"url": outside.url})
        notifier = Heartbeat(chosen, FakeClock(), metrics(), Egress())
        with pytest.raises(DeliveryRejected, match=r"delivery\.allow_networks would allow it"):
            await notifier.send(sent_off(), reference=None, timeout_seconds=5)
        await notifier.close()

    assert outside.heard == []


def test_what_is_no_address_is_refused_at_the_start_and_a_secret_path_is_shown_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("https://watch.example.org/secret-path\n")
    file.chmod(0o600)

    with pytest.raises(InvalidConfig, match="expected http:// or https://"):
        heartbeat("watch.example.org/secret")

    told = heartbeat(None, url_file=str(file))
    assert told.destination == "watch.example.org"
    assert "secret-path" not in repr(told)


async def test_a_round_goes_into_every_partition_once_an_interval() -> None:
    clock, cluster, counted = FakeClock(), MemoryCluster(), metrics()
    stop = asyncio.Event()
    async with MemoryBroker(cluster) as broker:
        await broker.create_topics([TopicSpec("mentions", 3)])
        loop = Canaries(broker, "mentions", CanarySettings(interval_seconds=30), clock, counted)
        async with asyncio.TaskGroup() as group:
            group.create_task(loop.run(stop))
            await clock.advance(29)
            early = [record async for records in broker.scan(Partition("mentions", 0), None) for record in records]
            await clock.advance(31)
            stop.set()
            await clock.advance(30)
        rounds = [
            [
                decode_mention(record.value).thread_id
                async for records in broker.scan(Partition("mentions", number), None)
                for record in records
            ]
            for number in range(3)
        ]

    assert early == []
    assert rounds[0] == rounds[1] == rounds[2]
    assert len(set(rounds[0])) == 2
    assert counted.registry.get_sample_value("tocsin_canary_interval_seconds") == 30


async def test_where_there_is_no_kafka_topic_the_next_round_is_tried_and_nothing_is_claimed() -> None:
    clock, counted = FakeClock(), metrics()
    stop = asyncio.Event()
    started = clock.now().timestamp()
    async with MemoryBroker(MemoryCluster()) as broker:
        loop = Canaries(broker, "mentions", CanarySettings(interval_seconds=30), clock, counted)
        async with asyncio.TaskGroup() as group:
            group.create_task(loop.run(stop))
            await clock.advance(61)
            unsent = counted.registry.get_sample_value("tocsin_canary_timestamp_seconds", {"stage": "sent"})
            await broker.create_topics([TopicSpec("mentions", 1)])
            await clock.advance(30)
            stop.set()
            await clock.advance(30)
    sent = counted.registry.get_sample_value("tocsin_canary_timestamp_seconds", {"stage": "sent"})

    assert unsent == started
    assert sent == started + 90


async def test_switched_off_nothing_flies(stopped: asyncio.Event) -> None:
    clock, counted = FakeClock(), metrics()
    async with MemoryBroker(MemoryCluster()) as broker:
        await Canaries(broker, "mentions", CanarySettings(enabled=False), clock, counted).run(stopped)

    assert counted.registry.get_sample_value("tocsin_canary_interval_seconds") == 0
