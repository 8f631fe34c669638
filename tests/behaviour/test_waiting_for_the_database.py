import asyncio
from pathlib import Path

import aiohttp

from alerting.app import RoleName, Tocsin
from alerting.settings import Settings
from streams.broker.memory import MemoryBroker
from streams.clock import SystemClock
from streams.kafka_topics import specs
from tests.fakes.served import free_port

CLOCK = SystemClock()


async def status_of(http: aiohttp.ClientSession, url: str) -> int:
    """The answer's status, as soon as anybody answers."""
    while True:
        try:
            async with http.get(url) as answer:
                return answer.status
        except aiohttp.ClientConnectionError:
            await CLOCK.sleep(0.05)


async def test_health_is_answered_while_the_database_is_away_and_work_begins_when_it_comes(tmp_path: Path) -> None:
    folder, port = tmp_path / "mounted-later", free_port()
    settings = Settings.model_validate(
        {
            "kafka": {"bootstrap_servers": "memory", "guarantee": "at_least_once"},
            "database": {"url": f"sqlite:///{folder}/tocsin.db"},
            "api": {"port": port, "keys": [{"name": "test", "key": "a-key-for-the-tests-0123"}]},
        }
    )
    broker = MemoryBroker()
    await broker.create_topics(specs(settings))
    process = Tocsin(settings, (RoleName.ALERT,), broker=broker, clock=CLOCK, announce_key=lambda _: None)
    stop = asyncio.Event()

    async with asyncio.timeout(30), asyncio.TaskGroup() as group, aiohttp.ClientSession() as http:
        group.create_task(process.run(stop), name="tocsin")
        healthy = await status_of(http, f"http://127.0.0.1:{port}/-/healthy")
        ready_before = await status_of(http, f"http://127.0.0.1:{port}/-/ready")
        folder.mkdir()
        await process.until_started()
        ready_after = await status_of(http, f"http://127.0.0.1:{port}/-/ready")
        stop.set()

    assert (healthy, ready_before, ready_after) == (200, 503, 200)
