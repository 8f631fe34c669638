"""Engines, set up for each database, and the database behind a URL."""

import asyncio
import re
import sqlite3
import threading
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError

from alerting.errors import DatabaseUnavailable
from alerting.incidents.sql.database import Database
from alerting.incidents.sql.sqlite import SqliteDatabase
from alerting.incidents.sql.version import is_newest
from alerting.settings import DatabaseSettings
from streams.clock import Clock, SystemClock
from streams.errors import InvalidConfig

_KNOWN: Final = re.compile(r"(sqlite|postgresql\+asyncpg)://.*")
_CONNECT_SECONDS: Final = 10
_STATEMENT_SECONDS: Final = 30
_OPEN_SECONDS: Final = 120
IDLE_SECONDS: Final = 5.0
_GIVEN_BACK: Final = "tocsin_given_back"
_BUSY_MILLISECONDS: Final = 5_000
_WAL_ATTEMPTS: Final = 100
_WAL_WAIT_SECONDS: Final = 0.05
_POSTGRES_SETTINGS: Final = {
    "application_name": "tocsin",
    "lock_timeout": "10s",
    # A process that was stopped in the middle of a unit must not hold its locks until it wakes up.
    "idle_in_transaction_session_timeout": "60s",
}


async def open_database(settings: DatabaseSettings, clock: Clock | None = None) -> Database:
    """The database of the settings, with its tables brought up to this code's version.

    Args:
        clock: Says how long nobody used a connection; the system's by default.

    Raises:
        InvalidConfig: The URL cannot be used, or a newer Tocsin made the tables.
        DatabaseUnavailable: The database does not answer.
    """
    url = _url(settings)
    database = (
        _postgres(url, settings.pool_size, clock or SystemClock())
        if url.get_backend_name() == "postgresql"
        else _sqlite(url, settings)
    )
    try:
        async with asyncio.timeout(_OPEN_SECONDS), database.transaction() as transaction:
            await transaction.run(_bring_up)
    except TimeoutError as exc:
        await database.close()
        raise DatabaseUnavailable(f"the database {_place(url)} took over {_OPEN_SECONDS} s to migrate") from exc
    except BaseException:
        await database.close()
        raise
    return database


def _bring_up(connection: Connection) -> None:
    if not is_newest(connection):
        from alerting.incidents.sql.migrating import migrate  # noqa: PLC0415 - only the first start of a version needs it

        migrate(connection)


def expect_made(settings: DatabaseSettings) -> None:
    """A database in a file is there: whoever only reads one must not make another, empty, out of a slip of the pen.

    Raises:
        DatabaseUnavailable: There is no such file.
    """
    url = _url(settings)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise DatabaseUnavailable(f"there is no database {_place(url)}")


def sqlite_engine(path: str, *, pool_size: int) -> Engine:
    """An engine whose transactions are ours: readers see one snapshot, `writes=True` connections lock at once."""
    engine = create_engine(
        URL.create("sqlite", database=path), pool_size=pool_size, max_overflow=2, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _: Any) -> None:
        # The driver's own idea of when to begin is in the way of savepoints.
        raw.isolation_level = None
        for pragma in (f"busy_timeout={_BUSY_MILLISECONDS}", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}").close()
        _write_ahead(raw)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(raw: Any) -> None:
    """Switch the file to write-ahead logging. SQLite does not wait for others in this one statement, so we do."""
    for attempt in range(_WAL_ATTEMPTS):
        try:
            raw.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as exc:
            if "locked" not in str(exc) or attempt == _WAL_ATTEMPTS - 1:
                raise
            threading.Event().wait(_WAL_WAIT_SECONDS)
        else:
            return


def _sqlite(url: URL, settings: DatabaseSettings) -> Database:
    path = url.database
    if not path or path == ":memory:" or url.query:
        raise InvalidConfig((f"database.url: {url} is not a path to a file: sqlite:///tocsin.db",))
    # One connection writes, one may be on its way back.
    engine = sqlite_engine(path, pool_size=settings.pool_size + 1)
    return SqliteDatabase(engine, path, readers=settings.pool_size)


def _postgres(url: URL, pool_size: int, clock: Clock) -> Database:
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - brings all of the ORM along

    from alerting.incidents.sql.postgres import PostgresDatabase  # noqa: PLC0415 - likewise

    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_CONNECT_SECONDS,
        hide_parameters=True,
        connect_args={
            "timeout": _CONNECT_SECONDS,
            "command_timeout": _STATEMENT_SECONDS,
            "server_settings": _POSTGRES_SETTINGS,
        },
    )
    _try_the_idle(engine.sync_engine, clock)
    return PostgresDatabase(engine, _place(url))


def _try_the_idle(engine: Engine, clock: Clock) -> None:
    """Try a connection that nobody used for some seconds before it is given out, and open another if it is broken.

    The engine's own way tries each one each time, with three more answers to wait for. Where the way to the database is
    slow, that is most of what a connection does, and five of them carry a fifth of what they could.
    """

    @event.listens_for(engine, "checkin")
    def _given_back(_: Any, record: Any) -> None:
        record.info[_GIVEN_BACK] = clock.monotonic()

    @event.listens_for(engine, "checkout")
    def _given_out(raw: Any, record: Any, _: Any) -> None:
        given_back = record.info.pop(_GIVEN_BACK, None)  # a new one was tried by connecting
        if given_back is None or clock.monotonic() - given_back < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(raw)
        except engine.dialect.loaded_dbapi.Error as exc:
            raise InvalidatePoolError from exc  # the others broke with it, most likely


def _place(url: URL) -> str:
    """Where it is; never with a user or a password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"


def _url(settings: DatabaseSettings) -> URL:
    text = settings.url
    if settings.url_file is not None:
        try:
            text = settings.url_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise InvalidConfig((f"database.url_file: {settings.url_file} cannot be read: {exc}",)) from exc
    source = "database.url" if settings.url_file is None else f"database.url_file: {settings.url_file}"
    if not _KNOWN.fullmatch(text):
        raise InvalidConfig((f"{source} must begin with sqlite:// or postgresql+asyncpg://",))
    try:
        return make_url(text)
    except (ArgumentError, ValueError) as exc:
        raise InvalidConfig((f"{source} is not a URL",)) from exc
