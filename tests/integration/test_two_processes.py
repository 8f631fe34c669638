"""Two alerting processes on one Postgres; one is killed, stopped or cut off again and again: the other one pages on."""

import asyncio
import os
import random
import signal
import sys
from datetime import timedelta
from enum import Enum
from pathlib import Path

import pytest
from sqlalchemy import make_url

from alerting.fakes.webhook import FakeWebhook
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.settings import DatabaseSettings, DeliverySettings
from streams.clock import SystemClock
from tests.fakes.stored import delivery, enqueue, incident
from tests.fakes.wire import Wire

pytestmark = [pytest.mark.integration, pytest.mark.timeout(7200)]

ROOT = Path(__file__).resolve().parents[2]
CLOCK = SystemClock()
SECRET = "s3cr3t0123456789"
BLOWS = 200 if os.environ.get("TOCSIN_SOAK") else 6
NEXT_PAGE_SECONDS = 10.0
SETTINGS = DeliverySettings.model_validate({"allow_networks": ["127.0.0.0/8"]})


async def started(database: str, receiver: FakeWebhook) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.delivering_process", database, receiver.url, SECRET),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
    )
    assert process.stdin is not None
    process.stdin.write(SETTINGS.model_dump_json().encode())
    process.stdin.close()
    assert process.stdout is not None
    async with asyncio.timeout(90):
        assert await process.stdout.readline() == b"ready\n"
    return process


async def until_received(receiver: FakeWebhook, pages: int) -> float:
    """How long it took."""
    began = CLOCK.monotonic()
    async with asyncio.timeout(90):
        while len(receiver.received) < pages:
            await CLOCK.sleep(0.02)
    return CLOCK.monotonic() - began


async def page(store: SqlStore, number: int) -> None:
    """One page that is due now."""
    due = CLOCK.now() - timedelta(seconds=1)
    await enqueue(store, delivery(f"dlv_{number}", incident(number), notifier="webhook:0", at=due))


async def all_sent(store: SqlStore) -> bool:
    told = [one for number in range(BLOWS + 1) for one in await store.deliveries(incident(number).id)]
    return len(told) == BLOWS + 1 and {one.state for one in told} == {DeliveryState.SENT}


class Blow(Enum):
    """What happens to one of the two."""

    KILL = "kill -9"
    STOP = "stopped, and woken after the next page"
    CUT = "cut off from the database, and mended after the next page"


async def test_after_every_blow_the_next_page_comes_soon_and_each_comes_once(postgres_database: str) -> None:
    rng = random.Random(20260105)  # noqa: S311  # repeatable
    store = await open_store(DatabaseSettings(url=postgres_database), CLOCK)
    url = make_url(postgres_database)
    slowest: dict[Blow, float] = dict.fromkeys(Blow, 0.0)
    assert url.host is not None
    assert url.port is not None
    async with (
        FakeWebhook(CLOCK, secret=SECRET) as receiver,
        Wire(url.host, url.port) as one,
        Wire(url.host, url.port) as other,
    ):
        wires = (one, other)
        ways = [
            url.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False) for wire in (one, other)
        ]
        pair = [await started(way, receiver) for way in ways]
        await page(store, 0)
        await until_received(receiver, 1)
        for number in range(1, BLOWS + 1):
            victim, blow = rng.randrange(2), list(Blow)[number % 3]
            if blow is Blow.CUT:
                wires[victim].cut()
            else:
                pair[victim].send_signal(signal.SIGKILL if blow is Blow.KILL else signal.SIGSTOP)
            await page(store, number)
            slowest[blow] = max(slowest[blow], await until_received(receiver, number + 1))
            if blow is Blow.STOP:
                pair[victim].send_signal(signal.SIGCONT)
            elif blow is Blow.CUT:
                wires[victim].mend()
            else:
                await pair[victim].wait()
                pair[victim] = await started(ways[victim], receiver)
        async with asyncio.timeout(90):
            while not await all_sent(store):
                await CLOCK.sleep(0.1)
        for process in pair:
            process.kill()
            await process.wait()
        identities = [call.id for call in receiver.received]
    await store.close()

    told = ", ".join(f"{blow.name.lower()} {seconds:.1f} s" for blow, seconds in slowest.items())
    print(f"\n{BLOWS} blows, the next page at most after: {told}")
    assert len(set(identities)) == len(identities) == BLOWS + 1
    assert max(slowest.values()) <= NEXT_PAGE_SECONDS
