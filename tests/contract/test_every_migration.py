"""What opening a store does to the tables, on SQLite and on Postgres."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from alerting.incidents.sql.migrating import migration_config
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.incidents.sql.tables import metadata
from alerting.settings import DatabaseSettings
from streams.errors import InvalidConfig
from tests.fakes.clock import FakeClock
from tests.fakes.stored import entry, incident

T = TypeVar("T")


async def opened(url: str) -> SqlStore:
    return await open_store(DatabaseSettings(url=url), FakeClock())


async def inside(url: str, work: Callable[[Connection], T]) -> T:
    """What `work` answers on a connection of its own."""
    if url.startswith("sqlite"):
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                return work(connection)
        finally:
            engine.dispose()
    shared = create_async_engine(url)
    try:
        async with shared.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await shared.dispose()


async def test_opening_an_existing_database_keeps_what_is_in_it(database_url: str) -> None:
    first = await opened(database_url)
    async with first.begin() as unit:
        await unit.save(incident(1), [entry(incident(1))], expected_revision=None)
    await first.close()

    second = await opened(database_url)

    assert await second.get(incident(1).id) == incident(1)
    await second.close()


async def test_migrations_make_the_tables_that_the_code_uses(database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    store = await opened(database_url)
    await store.close()

    assert await inside(database_url, differences) == []


async def test_a_database_of_the_first_version_moves_forward_with_what_is_in_it(database_url: str) -> None:
    def first_version(connection: Connection) -> None:
        config = migration_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        old = incident(1)
        row = {"id": old.id, "topic": old.topic, "state": "triggered", "severity": "SEV2", "revision": 1}
        at = old.opened_at if connection.dialect.name == "postgresql" else 0
        value = msgspec.json.encode(old).decode()
        connection.execute(
            text("INSERT INTO incidents VALUES (:id, :topic, :state, :severity, :at, false, :revision, :value)"),
            row | {"at": at, "value": value},
        )
        connection.execute(text("INSERT INTO episodes VALUES (:episode, :id)"), {"episode": old.episode, "id": old.id})
        line = msgspec.json.encode(entry(old)).decode()
        connection.execute(
            text("INSERT INTO timeline (incident, value) VALUES (:id, :line)"), {"id": old.id, "line": line}
        )

    await inside(database_url, first_version)

    store = await opened(database_url)
    async with store.begin() as unit:
        await unit.save(incident(2), [entry(incident(2))], expected_revision=None)

    assert (await store.get(incident(1).id)).topic == incident(1).topic
    assert [line.position for line in await store.timeline_after(0, limit=9)] == [1, 2]
    head = await store.audit_head()
    assert (head.first, head.position) == (2, 2)  # the line that was there before has no record
    await store.close()


async def test_a_database_that_a_newer_tocsin_made_is_refused_and_left_alone(database_url: str) -> None:
    store = await opened(database_url)
    await store.close()
    newer = text("UPDATE alembic_version SET version_num = '9999'")
    await inside(database_url, lambda connection: connection.execute(newer))

    for _ in range(2):
        with pytest.raises(InvalidConfig, match=r"version 9999.*up to \d{4}.*newer Tocsin"):
            await opened(database_url)


async def test_processes_that_start_together_make_the_tables_once(database_url: str) -> None:
    stores: list[SqlStore] = []

    async def start() -> None:
        stores.append(await opened(database_url))

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(start(), name=f"start {number}")

    for store in stores:
        await store.healthy()
        await store.close()
    assert len(stores) == 4
