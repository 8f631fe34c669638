"""A backup taken while the service ran, restored elsewhere: what was signed verifies, what was sent stays sent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from alerting.incidents.audit import Fault
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.settings import DatabaseSettings
from streams.broker.base import Partition
from streams.clock import SystemClock
from tests.fakes.backups import copy_sqlite, dump_postgres, restore_postgres
from tests.fakes.clock import START, FakeClock
from tests.fakes.stored import delivery, entry, incident, sent

CLOCK = SystemClock()
LEASE_SECONDS = 8.0
PLACE = Partition("tocsin.detections", 0)
AnotherDatabase = Callable[[], Awaitable[str]]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[SqlStore]:
    store = await open_store(DatabaseSettings(url=url), FakeClock())
    try:
        yield store
    finally:
        await store.close()


async def write(store: SqlStore, stop: asyncio.Event) -> int:
    """Go on with incident 9 until told; its last revision."""
    current = incident(9)
    while not stop.is_set():
        later = msgspec.structs.replace(current, revision=current.revision + 1)
        async with store.begin() as unit:
            await unit.save(later, [entry(later)], expected_revision=current.revision)
        current = later
        await CLOCK.sleep(0)
    return current.revision


async def fault_of(store: SqlStore) -> Fault | None:
    walk = store.chain.follow(await store.audit_head())
    for link in await store.audit_after(0, limit=100_000):
        walk.take(link)
    return walk.finish()


@pytest.fixture
def restored(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> AnotherDatabase:
    """Takes a backup of the database as it is now, restores it elsewhere, and answers that URL."""
    is_sqlite = database_url.startswith("sqlite")
    another: AnotherDatabase | None = None if is_sqlite else request.getfixturevalue("postgres_databases")

    async def made() -> str:
        if another is None:
            return await asyncio.to_thread(copy_sqlite, database_url, tmp_path / "copy.db")
        dump = tmp_path / "tocsin.dump"
        await dump_postgres(database_url, dump)
        url = await another()
        await restore_postgres(url, dump)
        return url

    return made


async def test_a_backup_taken_in_the_middle_of_work_verifies_and_sends_nothing_twice(
    database_url: str, restored: AnotherDatabase
) -> None:
    stop = asyncio.Event()
    async with opened(database_url) as store:
        async with store.begin() as unit:
            await unit.advance(PLACE, None, 41)
            assert await unit.first_sight("d1", START)
            await unit.save(incident(9), [entry(incident(9))], expected_revision=None)
            for number, name in enumerate(("sent", "waiting", "in-flight"), start=1):
                await unit.save(incident(number), [entry(incident(number))], expected_revision=None)
                await unit.enqueue([delivery(name, incident(number))])
        for lease in await store.lease(START, seconds=LEASE_SECONDS, limit=1):
            await store.settle(lease, sent(lease.delivery))
        [under_way] = await store.lease(START, seconds=LEASE_SECONDS, limit=1)
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(write(store, stop), name="write")
            url = await restored()
            stop.set()
        written = writing.result()

    async with opened(url) as copy:
        now = START + timedelta(seconds=LEASE_SECONDS)
        assert await fault_of(copy) is None
        due = await copy.lease(now, seconds=LEASE_SECONDS, limit=9)
        async with copy.begin() as unit:
            position = await unit.position(PLACE)
            seen_before = not await unit.first_sight("d1", START)
            await unit.save(incident(8), [entry(incident(8))], expected_revision=None)
        assert await fault_of(copy) is None  # also with what was written since
        arrived = [one for number in (1, 2, 3) for one in await copy.deliveries(incident(number).id)]
        copied = (await copy.get(incident(9).id)).revision

    assert position == 41
    assert seen_before
    assert {lease.delivery.id for lease in due} == {"sent", "waiting", "in-flight"} - sent_of(arrived)
    assert len(sent_of(arrived)) == 1
    assert under_way.delivery.id in {lease.delivery.id for lease in due}
    assert 1 <= copied <= written


def sent_of(deliveries: list[Delivery]) -> set[str]:
    return {one.id for one in deliveries if one.state is DeliveryState.SENT}
