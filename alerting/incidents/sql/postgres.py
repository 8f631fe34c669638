"""Postgres: several processes, several transactions at a time."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from alerting.incidents.sql.database import Standing, translated

P = ParamSpec("P")
T = TypeVar("T")


class PostgresDatabase:
    """A pool of connections; every transaction has one of its own.

    Args:
        engine: On asyncpg; closed by `close`.
        place: Where it is, for messages; never with a password.
    """

    shared: Final = True

    def __init__(self, engine: AsyncEngine, place: str) -> None:
        self._engine = engine
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._place = place

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The query's answer from what is committed.

        Without a transaction: each statement sees what is committed when it begins, as in one at READ COMMITTED, and
        beginning and ending one are two more answers to wait for.
        """
        with translated(self._place):
            async with self._reading.connect() as connection:
                return await connection.run_sync(query, *args, **kwargs)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["PostgresTransaction"]:
        """A transaction of its own connection, READ COMMITTED."""
        async with AsyncExitStack() as stack:
            with translated(self._place):
                connection = await stack.enter_async_context(self._engine.connect())
                transaction = await connection.begin()
            # Leaving the block without a commit gives the connection back, which rolls back.
            yield PostgresTransaction(connection, self._place)
            with translated(self._place):
                await transaction.commit()

    async def take_over(self) -> Standing:
        """Among others: whether one of them still lives cannot be known, so its leases have to run out."""
        return Standing.AMONG_OTHERS

    async def close(self) -> None:
        """Give the connections back."""
        await self._engine.dispose()


class PostgresTransaction:
    """Runs queries on the transaction's connection."""

    def __init__(self, connection: AsyncConnection, place: str) -> None:
        self._connection = connection
        self._place = place

    async def run(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The query's answer, inside the transaction."""
        with translated(self._place):
            return await self._connection.run_sync(query, *args, **kwargs)
