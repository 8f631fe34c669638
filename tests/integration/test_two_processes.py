"""Two alerting processes on one Postgres, of which one is killed or stopped again and again: the other one pages on."""

import asyncio
import os
import random
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from alerting.fakes.webhook import FakeWebhook
from alerting.incidents.model import DeliveryState
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.settings import DatabaseSettings, DeliverySettings
from streams.clock import SystemClock
from tests.fakes.stored import delivery, enqueue, incident

pytestmark = [pytest.mark.integration, pytest.mark.timeout(7200)]

ROOT = Path(__file__).resolve().parents[2]
CLOCK = SystemClock()
SECRET = "s3cr3t0123456789"
BLOWS = 200 if os.environ.get("TOCSIN_SOAK") else 4
NEXT_PAGE_SECONDS = 10.0
SETTINGS = DeliverySettings.model_validate({"allow_networks": ["127.0.0.0/8"]})


async def started(database: str, receiver: FakeWebhook) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.delivering_process", database, receiver.url, SECRET),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
    )
    assert process.stdin is not None
    process.stdin.write(SETTINGS.model_dump_json().encode())
    process.stdin.close()
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


async def test_after_every_blow_the_next_page_comes_soon_and_each_comes_once(postgres_database: str) -> None:
    rng = random.Random(20260105)  # noqa: S311  # repeatable
    store = await open_store(DatabaseSettings(url=postgres_database), CLOCK)
    slowest = 0.0
    async with FakeWebhook(CLOCK, secret=SECRET) as receiver:
        pair = [await started(postgres_database, receiver) for _ in range(2)]
        await page(store, 0)
        await until_received(receiver, 1)
        for blow in range(1, BLOWS + 1):
            victim = rng.randrange(2)
            stopped = blow % 2 == 0
            pair[victim].send_signal(signal.SIGSTOP if stopped else signal.SIGKILL)
            await page(store, blow)
            slowest = max(slowest, await until_received(receiver, blow + 1))
            if stopped:
                pair[victim].send_signal(signal.SIGCONT)
            else:
                await pair[victim].wait()
                pair[victim] = await started(postgres_database, receiver)
        async with asyncio.timeout(90):
            while not await all_sent(store):
                await CLOCK.sleep(0.1)
        for process in pair:
            process.kill()
            await process.wait()
        identities = [call.id for call in receiver.received]
    await store.close()

    print(f"\n{BLOWS} blows, the next page after {slowest:.1f} s at most")
    assert len(set(identities)) == len(identities) == BLOWS + 1
    assert slowest <= NEXT_PAGE_SECONDS
