"""A hang-up makes a real process read its configuration anew."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from streams.clock import SystemClock
from tests.fakes.served import free_port

pytestmark = pytest.mark.integration

TOCSIN = Path(sys.executable).with_name("tocsin")
SECONDS = 60.0
CLOCK = SystemClock()
FIRST, SECOND = "the-first-key-of-the-tests", "the-second-key-of-the-tests"


def written(folder: Path, port: int, key: str, **more: Any) -> Path:
    path = folder / "tocsin.yaml"
    config = {
        "kafka": {"bootstrap_servers": "127.0.0.1:1"},  # nobody there: people are answered all the same
        "database": {"url": f"sqlite:///{folder / 'tocsin.db'}"},
        "receivers": [{"name": "log", "notifiers": [{"type": "log"}]}],
        "route": {"receiver": "log"},
        "api": {"port": port, "keys": [{"name": "jo", "key": key}]},
        "roles": {"score_port": port},
    }
    path.write_text(yaml.safe_dump(config | more), encoding="utf-8")
    return path


@asynccontextmanager
async def running(role: str, config: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        TOCSIN, role, "--config", str(config), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def status_of(http: aiohttp.ClientSession, url: str, key: str) -> int | None:
    try:
        async with http.get(url, headers={"Authorization": f"Bearer {key}"}) as answer:
            return answer.status
    except aiohttp.ClientConnectionError:
        return None


async def until(http: aiohttp.ClientSession, url: str, key: str, status: int) -> None:
    while await status_of(http, url, key) != status:
        await CLOCK.sleep(0.05)


async def gauge(http: aiohttp.ClientSession, port: int) -> float:
    async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("tocsin_config_last_reload_successful "))


async def test_a_hang_up_brings_a_changed_file_into_force_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    port = free_port()
    incidents = f"http://127.0.0.1:{port}/api/v1/incidents"
    config = written(tmp_path, port, FIRST)
    async with asyncio.timeout(SECONDS), aiohttp.ClientSession() as http, running("alert", config) as process:
        await until(http, incidents, FIRST, 200)
        written(tmp_path, port, SECOND)
        process.send_signal(signal.SIGHUP)
        await until(http, incidents, SECOND, 200)
        gone = await status_of(http, incidents, FIRST)

        written(tmp_path, port, FIRST, route={"receiver": "nobody"})
        process.send_signal(signal.SIGHUP)
        while await gauge(http, port) != 0:
            await CLOCK.sleep(0.05)
        still = await status_of(http, incidents, SECOND), await status_of(http, incidents, FIRST)
        process.terminate()
        code = await process.wait()

    assert gone == 401
    assert still == (200, 401)
    assert code == 0


async def test_a_role_that_tells_nobody_lives_through_a_hang_up(tmp_path: Path) -> None:
    port = free_port()
    config = written(tmp_path, port, FIRST)
    healthy = f"http://127.0.0.1:{port}/-/healthy"
    async with asyncio.timeout(SECONDS), aiohttp.ClientSession() as http, running("score", config) as process:
        await until(http, healthy, FIRST, 200)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGHUP)
        answered = [await status_of(http, healthy, FIRST) for _ in range(3)]
        process.terminate()
        code = await process.wait()

    assert answered == [200] * 3
    assert code == 0
