from pathlib import Path

import pytest

from alerting.errors import DatabaseUnavailable
from alerting.incidents.sql.store import open_store
from alerting.settings import DatabaseSettings
from streams.errors import InvalidConfig
from tests.fakes.clock import FakeClock


async def test_a_url_in_a_file_goes_before_the_url(tmp_path: Path) -> None:
    secret = tmp_path / "database-url"
    secret.write_text(f"sqlite:///{tmp_path}/from-file.db\n", encoding="utf-8")

    store = await open_store(DatabaseSettings(url_file=secret), FakeClock())
    await store.close()

    assert (tmp_path / "from-file.db").exists()


async def test_a_missing_url_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"database\.url_file: .*nowhere"):
        await open_store(DatabaseSettings(url_file=tmp_path / "nowhere"), FakeClock())


@pytest.mark.parametrize(
    "url",
    ["", "mysql://root:hunter2@db/x", "postgresql+asyncpg://tocsin:hunter2@db:notaport/x", "hunter2"],
)
async def test_a_url_that_cannot_be_used_is_refused_without_showing_it(tmp_path: Path, url: str) -> None:
    secret = tmp_path / "database-url"
    secret.write_text(url, encoding="utf-8")

    with pytest.raises(InvalidConfig, match="database-url") as refused:
        await open_store(DatabaseSettings(url_file=secret), FakeClock())

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///a.db?mode=ro"])
async def test_what_is_no_database_file_is_refused(url: str) -> None:
    with pytest.raises(InvalidConfig, match="not a path to a file"):
        await open_store(DatabaseSettings(url=url), FakeClock())


async def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/no/such/folder/tocsin.db"

    with pytest.raises(DatabaseUnavailable, match=r"no/such/folder/tocsin\.db"):
        await open_store(DatabaseSettings(url=url), FakeClock())


async def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "tocsin.db").write_text("minutes of the last meeting " * 1000, encoding="utf-8")

    with pytest.raises(DatabaseUnavailable, match=r"tocsin\.db.*not a database"):
        await open_store(DatabaseSettings(url=f"sqlite:///{tmp_path}/tocsin.db"), FakeClock())
