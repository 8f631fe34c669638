"""A process that is killed in the middle of a send, and the one that comes after it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from alerting.delivery import LOOK_AGAIN_SECONDS
from alerting.fakes.webhook import FakeWebhook
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.settings import DatabaseSettings, DeliverySettings
from streams.clock import SystemClock
from tests.fakes.stored import delivery, enqueue, incident

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
CLOCK = SystemClock()
SECRET = "s3cr3t0123456789"
PROMISED_SECONDS = 15.0
ALLOWED = ("127.0.0.0/8",)


@asynccontextmanager
async def delivering(
    database: str, receiver: FakeWebhook, settings: DeliverySettings
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that delivers; killed at the end of the block, if not before."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.delivering_process", database, receiver.url, SECRET),
        stdin=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdin is not None
    process.stdin.write(settings.model_dump_json().encode())
    process.stdin.close()
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def seconds_until_sent_after_a_kill(database: str, settings: DeliverySettings) -> float:
    """From the kill in the middle of the first send to the second one's end, as the database has it."""
    store = await open_store(DatabaseSettings(url=database), CLOCK)
    await enqueue(store, delivery("dlv_1", incident(1), notifier="webhook:0", at=CLOCK.now() - timedelta(seconds=1)))
    async with FakeWebhook(CLOCK, secret=SECRET) as receiver, asyncio.timeout(90):
        receiver.script.delay(3600)
        async with delivering(database, receiver, settings) as first:
            while not receiver.received:
                assert first.returncode is None
                await CLOCK.sleep(0.02)
        killed_at = CLOCK.monotonic()
        async with delivering(database, receiver, settings) as second:
            while not await sent(store):
                assert second.returncode is None
                await CLOCK.sleep(0.02)
            seconds = CLOCK.monotonic() - killed_at
        [told] = await store.deliveries(incident(1).id)
        assert (len(receiver.received), told.attempts) == (1, 1)
    await store.close()
    return seconds


async def sent(store: SqlStore) -> bool:
    return all(told.state is DeliveryState.SENT for told in await store.deliveries(incident(1).id))


async def test_on_sqlite_the_next_process_does_not_wait_for_a_lease_that_nobody_holds(tmp_path: Path) -> None:
    long_lease = DeliverySettings(attempt_seconds=60, lease_seconds=300, allow_networks=ALLOWED)  # type: ignore[arg-type]

    seconds = await seconds_until_sent_after_a_kill(f"sqlite:///{tmp_path}/tocsin.db", long_lease)

    assert seconds < PROMISED_SECONDS


async def test_on_postgres_the_next_process_takes_over_when_the_lease_ends_within_what_is_promised(
    postgres_database: str,
) -> None:
    seconds = await seconds_until_sent_after_a_kill(postgres_database, DeliverySettings(allow_networks=ALLOWED))  # type: ignore[arg-type]

    assert seconds < PROMISED_SECONDS


def test_the_promise_leaves_room_for_looking_again_and_for_sending() -> None:
    assert DeliverySettings().lease_seconds + LOOK_AGAIN_SECONDS + 2 <= PROMISED_SECONDS
