"""What only Postgres can show: other processes at the same time, and connections that break."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from sqlalchemy import Connection, text

from alerting.errors import DatabaseRefused, DatabaseUnavailable
from alerting.incidents.sql import audit_queries
from alerting.incidents.sql.engine import IDLE_SECONDS, open_database
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.incidents.store import IncidentFilter
from alerting.settings import DatabaseSettings
from tests.fakes.clock import START, FakeClock
from tests.fakes.stored import entry, incident

pytestmark = pytest.mark.integration


@pytest.fixture
async def store(postgres_database: str) -> AsyncIterator[SqlStore]:
    store = await open_store(DatabaseSettings(url=postgres_database), FakeClock())
    yield store
    await store.close()


async def save(store: SqlStore, number: int) -> None:
    async with store.begin() as unit:
        await unit.save(incident(number), [entry(incident(number))], expected_revision=None)


async def test_a_later_position_is_never_seen_before_an_earlier_one(store: SqlStore, postgres_database: str) -> None:
    def waiting(connection: Connection) -> int:
        held_up = text("SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted")
        number: int = connection.execute(held_up).scalar_one()
        return number

    await save(store, 1)
    (seen,) = await store.timeline_after(0, limit=9)
    database = await open_database(DatabaseSettings(url=postgres_database))

    async with asyncio.timeout(30), asyncio.TaskGroup() as group, database.transaction() as slow:
        said_early = entry(incident(1), text="drawn first, committed last")
        await slow.run(audit_queries.append, store.chain, [(incident(1), said_early)])
        fast = group.create_task(save(store, 2), name="fast")
        while not fast.done() and not await database.read(waiting):
            await asyncio.wait({fast}, timeout=0.01)
        meanwhile = await store.timeline_after(seen.position, limit=9)

    assert meanwhile == ()
    later = await store.timeline_after(seen.position, limit=9)
    assert [said.text for said in later] == ["drawn first, committed last", "It began."]
    await database.close()


async def test_what_another_process_commits_is_noticed(store: SqlStore, postgres_database: str) -> None:
    other = await open_store(DatabaseSettings(url=postgres_database), FakeClock())
    async with asyncio.timeout(30), aclosing(store.changes()) as changes:
        await anext(changes)  # the first look, which cannot know what was there before
        await save(other, 1)
        await anext(changes)

    assert len(await store.timeline_after(0, limit=9)) == 1
    await other.close()


async def test_a_connection_that_breaks_undoes_its_unit_and_the_next_one_works(store: SqlStore) -> None:
    def break_it(connection: Connection) -> None:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    async def broken() -> None:
        async with store.begin() as unit:
            await unit.save(incident(1), [], expected_revision=None)
            await unit._run(break_it)

    with pytest.raises(DatabaseUnavailable):
        await broken()
    await save(store, 2)

    found = await store.find(IncidentFilter(), cursor=None, limit=9)
    assert [one.id for one in found.incidents] == [incident(2).id]


async def test_connections_that_broke_while_nobody_used_them_are_replaced_unnoticed(postgres_database: str) -> None:
    def break_the_others(connection: Connection) -> None:
        others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        for (pid,) in connection.execute(text(others)).all():
            connection.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})

    clock = FakeClock()
    store = await open_store(DatabaseSettings(url=postgres_database), clock)
    await save(store, 1)
    other = await open_database(DatabaseSettings(url=postgres_database))
    await other.read(break_the_others)
    await other.close()
    await clock.advance(IDLE_SECONDS)

    await save(store, 2)

    assert len((await store.find(IncidentFilter(), cursor=None, limit=9)).incidents) == 2
    await store.close()


async def test_reading_is_one_statement_and_no_transaction(postgres_database: str) -> None:
    def began(connection: Connection) -> list[object]:
        return [connection.execute(text("SELECT now()")).scalar_one() for _ in range(2)]

    database = await open_database(DatabaseSettings(url=postgres_database))
    async with database.transaction() as transaction:
        inside = await transaction.run(began)
    outside = await database.read(began)
    await database.close()

    assert inside[0] == inside[1]
    assert outside[0] != outside[1]


async def test_a_text_that_postgres_takes_in_no_case_is_refused_and_not_taken_for_an_outage(store: SqlStore) -> None:
    async def with_a_nul() -> None:
        async with store.begin() as unit:
            await unit.first_sight("detection\0", START)

    with pytest.raises(DatabaseRefused, match="takes no such value"):
        await with_a_nul()


async def test_a_server_that_does_not_answer_is_named_without_the_password() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]

        with pytest.raises(DatabaseUnavailable, match=rf"127\.0\.0\.1:{port}/incidents") as refused:
            await open_store(
                DatabaseSettings(url=f"postgresql+asyncpg://tocsin:hunter2@127.0.0.1:{port}/incidents"), FakeClock()
            )

    assert "hunter2" not in str(refused.value)


async def test_a_database_that_is_not_there_is_named(postgres_database: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="nowhere"):
        await open_store(DatabaseSettings(url=f"{postgres_database.rsplit('/', 1)[0]}/nowhere"), FakeClock())
