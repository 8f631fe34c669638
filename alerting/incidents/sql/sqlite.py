"""SQLite: one process, one writer, and one commit for all units that wait for it.

A durable commit waits for the disk (a few hundred a second), a unit's statements take a fraction of a millisecond. So
units run one after another inside one transaction, each in a savepoint of its own, and all of them return once that
transaction is committed.

SQLite's own driver runs in threads of ours rather than behind an event-loop adapter: a unit's several statements cost
one hop to the thread, and a cancelled caller cannot tear the connection away from the others in its group.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, NestedTransaction, RootTransaction
from sqlalchemy.exc import DBAPIError

from alerting.errors import DatabaseUnavailable
from alerting.incidents.sql.database import Standing, translated
from alerting.incidents.sql.file_lock import FileLock, Hold

P = ParamSpec("P")
T = TypeVar("T")

# A commit with more units saves hardly anything, and the first of them waits for the last.
_MAX_GROUP: Final = 64

_STANDINGS: Final = {
    Hold.OURS: Standing.ALONE,
    Hold.ANOTHERS: Standing.WAITING,
    Hold.UNKNOWN: Standing.AMONG_OTHERS,
}


def _identity(place: str) -> tuple[int, int] | None:
    """Which file stands at the path; None for none."""
    try:
        found = Path(place).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Group:
    """Units that are committed together."""

    def __init__(self, root: RootTransaction | None) -> None:
        self.root = root
        self.members = 0
        self.settled = False
        self.failure: Exception | None = None


class SqliteDatabase:
    """A database file.

    Args:
        engine: On the standard library's driver, set up by `engine.sqlite_engine`; closed by `close`.
        place: Its path, for messages.
        readers: How many reads run at the same time, >= 1.
    """

    shared: Final = False

    def __init__(self, engine: Engine, place: str, *, readers: int) -> None:
        self._engine = engine
        self._place = place
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="sqlite-reader")
        self._turn = asyncio.Lock()
        self._connection: Connection | None = None
        self._group: _Group | None = None
        self._closed = False
        self._lock = FileLock(Path(f"{place}.lock"))
        self._file: tuple[int, int] | None = None

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The query's answer from what is committed."""

        def answer() -> T:
            with self._engine.connect() as connection:
                return query(connection, *args, **kwargs)

        with self._answering():
            return await _seen_through(self._readers, answer)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["SqliteTransaction"]:
        """A savepoint in the open transaction, begun by the first query and committed before this returns."""
        member = SqliteTransaction(self)
        try:
            async with self._turn:
                try:
                    yield member
                except BaseException:
                    await self._write(partial(self._undo, member))
                    raise
                await self._write(partial(self._leave, member))
        finally:
            # Also when cancelled: what was left to the group belongs to it, and somebody has to commit it.
            if member.left:
                await self._await_commit(member.group)

    async def run(self, member: "SqliteTransaction", query: Callable[[Connection], T]) -> T:
        """The query's answer in the member's savepoint; the member has the turn."""
        return await self._write(partial(self._query, member, query))

    async def take_over(self) -> Standing:
        """Alone as the holder of the lock beside the file; on a file system without locks nobody knows."""
        with self._answering():
            return _STANDINGS[await _seen_through(self._readers, self._lock.acquire)]

    async def close(self) -> None:
        """Give the connections back; what no caller was told to be committed is undone. Once more does nothing."""
        if self._closed:
            return
        self._closed = True
        async with self._turn:
            await _seen_through(self._writer, self._disconnect)
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._engine.dispose()
        self._lock.release()

    async def _await_commit(self, group: _Group) -> None:
        """Queue up behind all units that wait already, and commit for all of them unless one of them did."""
        interrupted: asyncio.CancelledError | None = None
        while not group.settled:
            try:
                async with self._turn:
                    if not group.settled:
                        await self._write(partial(self._commit, group))
            except asyncio.CancelledError as exc:
                interrupted = exc
        if interrupted is not None:
            raise interrupted
        if group.failure is not None:
            raise DatabaseUnavailable(f"the database {self._place} failed: {group.failure}") from group.failure

    async def _write(self, work: Callable[[], T]) -> T:
        with self._answering():
            return await _seen_through(self._writer, work)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        if self._closed:
            raise DatabaseUnavailable(f"the database {self._place} was closed")
        self._file = self._file or _identity(self._place)
        if self._file != _identity(self._place):
            # SQLite would go on writing into a file that nobody will ever find again.
            raise DatabaseUnavailable(f"the file {self._place} was removed or replaced while in use")
        with translated(self._place):
            yield

    # Everything below runs in the writer's thread, while the caller has the turn.

    def _join(self, member: "SqliteTransaction") -> None:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(writes=True)
        if self._group is None:
            self._group = _Group(self._connection.begin())
        member.group = self._group
        member.savepoint = self._connection.begin_nested()

    def _query(self, member: "SqliteTransaction", query: Callable[[Connection], T]) -> T:
        if member.savepoint is None:
            self._join(member)
        connection = self._connection
        if connection is None or member.group.settled:
            raise DatabaseUnavailable(f"the database {self._place} gave up this transaction")
        try:
            return query(connection)
        except DBAPIError:
            raw = connection.connection.dbapi_connection
            if raw is not None and not raw.in_transaction:
                # SQLite gave up the whole transaction (a full disk): so must everybody in it.
                self._fail(member.group, DatabaseUnavailable("SQLite gave up the transaction"))
            raise

    def _leave(self, member: "SqliteTransaction") -> None:
        if member.savepoint is None:
            return
        if member.group.settled:
            raise DatabaseUnavailable(f"the database {self._place} gave up this transaction")
        try:
            member.savepoint.commit()
        except DBAPIError as exc:
            self._fail(member.group, exc)
            raise
        member.left = True
        member.group.members += 1
        if member.group.members >= _MAX_GROUP:
            self._commit(member.group)

    def _undo(self, member: "SqliteTransaction") -> None:
        group = self._group
        if group is None or group.settled:
            return
        if member.savepoint is not None:
            try:
                member.savepoint.rollback()
            except DBAPIError as exc:
                self._fail(group, exc)
                return
        if group.members == 0:
            self._fail(group, None)

    def _commit(self, group: _Group) -> None:
        try:
            if group.root is not None:
                group.root.commit()
        except DBAPIError as exc:
            self._fail(group, exc)
        else:
            self._settle(group)

    def _fail(self, group: _Group, failure: Exception | None) -> None:
        group.failure = failure
        self._settle(group)
        connection = self._connection
        if connection is None or group.root is None:
            return
        try:
            group.root.rollback()
            raw = connection.connection.dbapi_connection
            # After a failed COMMIT the transaction is still open, and only the driver knows.
            if raw is not None and raw.in_transaction:
                raw.rollback()
        except DBAPIError:
            self._disconnect()

    def _settle(self, group: _Group) -> None:
        group.settled = True
        self._group = None

    def _disconnect(self) -> None:
        group, connection = self._group, self._connection
        self._group = self._connection = None
        if group is not None and not group.settled:
            group.settled = True
            group.failure = DatabaseUnavailable("the store was closed")
        if connection is not None:
            connection.invalidate()
            connection.close()


class SqliteTransaction:
    """Runs queries in its savepoint, in the writer's thread."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self.group = _Group(None)
        self.savepoint: NestedTransaction | None = None
        self.left = False

    async def run(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The query's answer, inside the transaction."""
        return await self._database.run(self, lambda connection: query(connection, *args, **kwargs))


async def _seen_through(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """The answer of `work`; a cancelled caller still waits until its thread is done with it."""
    future = asyncio.get_running_loop().run_in_executor(threads, work)
    interrupted: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait((future,))
        except asyncio.CancelledError as exc:
            interrupted = exc
    if interrupted is not None:
        future.exception()
        raise interrupted
    return future.result()
