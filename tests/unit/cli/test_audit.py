"""`tocsin audit`, on a database in a file."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alerting.cli.exits import Exit
from alerting.cli.main import app
from alerting.incidents.sql.store import open_store
from alerting.settings import DatabaseSettings
from tests.fakes.clock import FakeClock
from tests.fakes.stored import save


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with three incidents, named by the environment."""
    path = tmp_path / "tocsin.db"
    monkeypatch.setenv("TOCSIN__DATABASE__URL", f"sqlite:///{path}")
    monkeypatch.chdir(tmp_path)

    async def fill() -> None:
        store = await open_store(DatabaseSettings(url=f"sqlite:///{path}"), FakeClock())
        await save(store, 1, 2, 3)
        await store.close()

    asyncio.run(fill())
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words])


def meddle(database: Path, *statements: str) -> None:
    with sqlite3.connect(database) as connection:
        for act in ("update", "delete"):
            connection.execute(f"DROP TRIGGER audit_only_appended_{act}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.mark.usefixtures("database")
def test_an_untouched_trail_verifies() -> None:
    result = run("verify")

    assert result.exit_code == Exit.DONE
    assert "3 records verified, from 1 to 3" in result.stdout


def test_a_changed_record_is_named_and_fails(database: Path) -> None:
    meddle(database, "UPDATE audit SET value = replace(value, 'opened', 'resolved') WHERE position = 2")

    result = run("verify")

    assert result.exit_code == Exit.FAILED
    assert "position 2: record 2 is not what was written" in result.stderr


def test_a_trail_without_its_head_fails(database: Path) -> None:
    meddle(database, "DELETE FROM audit_head", "DELETE FROM audit")

    result = run("verify")

    assert result.exit_code == Exit.FAILED
    assert "the chain ends at 0, and yet something stands at 3" in result.stderr


@pytest.mark.usefixtures("database")
def test_a_database_that_is_not_there_is_no_empty_trail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tmp_path / "elsewhere.db"
    monkeypatch.setenv("TOCSIN__DATABASE__URL", f"sqlite:///{missing}")

    result = run("verify")

    assert result.exit_code == Exit.UNREACHABLE
    assert f"there is no database {missing}" in result.stderr
    assert not missing.exists()


def test_a_checkpoint_finds_that_the_whole_was_put_back(database: Path) -> None:
    earlier = database.read_bytes()

    async def go_on() -> None:
        store = await open_store(DatabaseSettings(url=f"sqlite:///{database}"), FakeClock())
        await save(store, 4)
        await store.close()

    asyncio.run(go_on())
    noted = run("checkpoint").stdout.strip()
    database.write_bytes(earlier)

    assert run("verify").exit_code == Exit.DONE
    result = run("verify", "--checkpoint", noted)
    assert result.exit_code == Exit.FAILED
    assert "position 4: the chain does not have record 4, which the checkpoint knows" in result.stderr


@pytest.mark.usefixtures("database")
def test_what_is_no_checkpoint_is_refused() -> None:
    result = run("verify", "--checkpoint", "abc")

    assert result.exit_code == Exit.FAILED
    assert "a checkpoint looks like" in result.stderr


@pytest.mark.usefixtures("database")
def test_records_are_shown_by_incident() -> None:
    result = run("show", "--json", "--incident", f"inc_{2:026d}")

    (record,) = json.loads(result.stdout)
    assert (record["position"], record["act"], record["author"]) == (2, "opened", "tocsin")


@pytest.mark.usefixtures("database")
def test_nobody_by_that_name_did_anything() -> None:
    assert "No such records." in run("show", "--author", "Maya").stdout
