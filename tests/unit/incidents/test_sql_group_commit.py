import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from alerting.errors import DatabaseUnavailable
from alerting.incidents.sql.engine import sqlite_engine
from alerting.incidents.sql.sqlite import SqliteDatabase


class Commits:
    """A database with one table, and how often it was committed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0
        engine = sqlite_engine(str(path), pool_size=3)
        event.listen(engine, "commit", self._count)
        self.database = SqliteDatabase(engine, "notes.db", readers=1)

    def _count(self, _: Connection) -> None:
        self.number += 1

    async def notes(self) -> list[int]:
        return await self.database.read(_notes)

    async def note(self, number: int) -> None:
        async with self.database.transaction() as transaction:
            await transaction.run(_note, number)


@pytest.fixture
async def commits(tmp_path: Path) -> AsyncIterator[Commits]:
    commits = Commits(tmp_path / "notes.db")
    async with commits.database.transaction() as transaction:
        await transaction.run(_create)
    commits.number = 0
    yield commits
    await commits.database.close()


def _create(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE notes (number INTEGER PRIMARY KEY, after INTEGER REFERENCES notes (number))"))


def _note(connection: Connection, number: int) -> None:
    connection.execute(text("INSERT INTO notes (number) VALUES (:number)"), {"number": number})


def _break_the_commit(connection: Connection) -> None:
    connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    connection.execute(text("INSERT INTO notes VALUES (1000, 9999)"))


def _notes(connection: Connection) -> list[int]:
    return list(connection.execute(text("SELECT number FROM notes ORDER BY number")).scalars())


async def test_a_commit_is_on_the_disk_and_references_hold(commits: Commits) -> None:
    def pragmas(connection: Connection) -> list[object]:
        return [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]

    full = 2

    assert await commits.database.read(pragmas) == ["wal", full, 1, 5_000]
    async with commits.database.transaction() as transaction:
        assert await transaction.run(pragmas) == ["wal", full, 1, 5_000]


async def test_units_that_wait_together_are_committed_together(commits: Commits) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(commits.note(number), name=f"note {number}")

    assert await commits.notes() == list(range(50))
    assert commits.number <= 3


async def test_a_unit_returns_only_after_its_commit(commits: Commits) -> None:
    read_back: list[bool] = []

    async def write_and_read(number: int) -> None:
        await commits.note(number)
        read_back.append(number in await commits.notes())

    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(write_and_read(number), name=f"note {number}")

    assert read_back == [True] * 20


async def test_a_commit_that_fails_fails_everybody_in_it_and_nobody_after_it(commits: Commits) -> None:
    outcomes: list[str] = []

    async def write(number: int) -> None:
        try:
            async with commits.database.transaction() as transaction:
                await transaction.run(_note, number)
                if number == 1:
                    await transaction.run(_break_the_commit)
        except DatabaseUnavailable as exc:
            outcomes.append(str(exc))

    async with asyncio.TaskGroup() as group:
        for number in (1, 2, 3):
            group.create_task(write(number), name=f"note {number}")
    await commits.note(4)

    assert len(outcomes) == 3
    assert all("notes.db" in outcome and "FOREIGN KEY" in outcome for outcome in outcomes)
    assert await commits.notes() == [4]


async def test_a_unit_that_is_done_is_committed_although_its_caller_is_cancelled(commits: Commits) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def hold_the_turn() -> None:
        async with commits.database.transaction() as transaction:
            inside.set()
            await go_on.wait()
            await transaction.run(_note, 1)

    async with asyncio.TaskGroup() as group:
        first = group.create_task(commits.note(0), name="first")
        group.create_task(hold_the_turn(), name="hold the turn")
        await inside.wait()
        first.cancel()
        await asyncio.wait({first}, timeout=0.05)
        assert not first.done()
        go_on.set()

    assert first.cancelled()
    assert await commits.notes() == [0, 1]


async def test_a_cancelled_unit_leaves_no_transaction_open(commits: Commits) -> None:
    inside = asyncio.Event()

    async def stuck() -> None:
        async with commits.database.transaction() as transaction:
            await transaction.run(_note, 1)
            inside.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(stuck(), name="stuck")
        await inside.wait()
        task.cancel()
    other = Commits(commits.path)
    await other.note(2)
    await other.database.close()

    assert await commits.notes() == [2]


async def test_a_full_disk_is_said_and_survived(commits: Commits) -> None:
    def fill(connection: Connection) -> None:
        connection.execute(text("PRAGMA max_page_count = 3"))
        connection.execute(text("CREATE TABLE more (x)"))
        connection.execute(text("INSERT INTO more VALUES (zeroblob(1000000))"))

    def free(connection: Connection) -> None:
        connection.execute(text("PRAGMA max_page_count = 1000000"))

    async def fill_the_disk() -> None:
        async with commits.database.transaction() as transaction:
            await transaction.run(_note, 1)
            await transaction.run(fill)

    with pytest.raises(DatabaseUnavailable, match="full"):
        await fill_the_disk()
    async with commits.database.transaction() as transaction:
        await transaction.run(free)
    await commits.note(2)

    assert await commits.notes() == [2]


async def test_a_closed_database_says_so(commits: Commits) -> None:
    await commits.database.close()

    with pytest.raises(DatabaseUnavailable, match="closed"):
        await commits.note(1)
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await commits.notes()
