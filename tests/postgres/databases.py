"""Empty databases on a Postgres server, for as long as they are needed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


@asynccontextmanager
async def databases_on(postgres_url: str) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Makes an empty database with every call and answers its URL; all of them are dropped at the end."""
    names: list[str] = []
    engine = create_async_engine(postgres_url, isolation_level="AUTOCOMMIT")

    async def made() -> str:
        names.append(f"test_{uuid4().hex}")
        async with engine.connect() as connection:
            await connection.execute(text(f'CREATE DATABASE "{names[-1]}"'))
        return f"{postgres_url.rsplit('/', 1)[0]}/{names[-1]}"

    try:
        yield made
        async with engine.connect() as connection:
            for name in names:
                await connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    finally:
        await engine.dispose()
