from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from alerting.incidents.sql.store import SqlStore, open_store
from alerting.settings import DatabaseSettings
from tests.fakes.clock import FakeClock

Opener = Callable[[], Awaitable[SqlStore]]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of this test's own, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('tmp_path')}/tocsin.db"
    url: str = request.getfixturevalue("postgres_database")
    return url


@pytest.fixture
def store_clock() -> FakeClock:
    """The clock of every store of this test."""
    return FakeClock()


@pytest.fixture
async def another(database_url: str, store_clock: FakeClock) -> AsyncIterator[Opener]:
    """Opens one more store on the same database, as another process would."""
    async with AsyncExitStack() as stack:

        async def opened() -> SqlStore:
            store = await open_store(DatabaseSettings(url=database_url), store_clock)
            stack.push_async_callback(store.close)
            return store

        yield opened


@pytest.fixture
async def store(another: Opener) -> SqlStore:
    """A store of each kind, empty."""
    return await another()
