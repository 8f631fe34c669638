import asyncio
from pathlib import Path

import psutil
import pytest

from streams.broker.base import Guarantee, Outgoing, Partition, TopicSpec
from streams.broker.embedded import EmbeddedKafka
from streams.broker.kafka import KafkaBroker
from streams.errors import BrokerUnavailable
from streams.settings import KafkaSettings


async def test_a_platform_without_the_broker_is_told_what_else_there_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", str(tmp_path / "missing"))

    with pytest.raises(BrokerUnavailable, match="memory broker"):
        async with EmbeddedKafka():
            pass


async def test_a_program_that_ends_at_once_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "broken"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("CALF_TANSU_BIN", str(program))

    with pytest.raises(BrokerUnavailable, match="ended"):
        async with asyncio.timeout(5), EmbeddedKafka():
            pass


@pytest.mark.integration
async def test_the_broker_runs_on_loopback_while_its_block_does() -> None:
    async with EmbeddedKafka() as embedded:
        assert embedded.pid is not None
        process = psutil.Process(embedded.pid)
        listening = {one.laddr.ip for one in process.net_connections() if one.status == psutil.CONN_LISTEN}
        settings = embedded.settings(KafkaSettings(partitions=3, replication=2))

    assert listening == {"127.0.0.1"}
    assert not process.is_running()
    assert settings.bootstrap_servers == embedded.bootstrap_servers
    assert (settings.guarantee, settings.partitions, settings.replication) == (Guarantee.AT_LEAST_ONCE, 3, 1)


@pytest.mark.integration
async def test_exactly_once_is_refused_instead_of_quietly_doing_less() -> None:
    async with EmbeddedKafka() as embedded:
        settings = embedded.settings().model_copy(update={"guarantee": Guarantee.EXACTLY_ONCE})
        async with asyncio.timeout(20), KafkaBroker(settings) as broker:
            await broker.create_topics([TopicSpec("in", 1)])

            with pytest.raises(BrokerUnavailable):
                await broker.writer("group", Partition("in", 0)).open()
            with pytest.raises(BrokerUnavailable):
                await broker.send([Outgoing("in", b"k", b"v")])

            assert [pack async for pack in broker.scan(Partition("in", 0), None)] == []
