"""The audit trail in every store: written with the change it tells, appended to and nothing else."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from alerting.directives.directive import DirectiveEntry
from alerting.directives.silence import Silence
from alerting.errors import DatabaseUnavailable
from alerting.incidents.audit import AuditRecord, Fault, FaultKind
from alerting.incidents.model import Transition
from alerting.incidents.sql.engine import open_database
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.settings import AuditSettings, DatabaseSettings
from streams.errors import InvalidConfig
from tests.fakes.clock import START, FakeClock
from tests.fakes.stored import entry, incident, save, together

Opener = Callable[[], Awaitable[SqlStore]]
SILENCE = Silence(
    id="sil_1",
    matchers=('topic="refunds"',),
    author="Jo",
    reason="the flood is known",
    starts_at=START,
    ends_at=START + timedelta(hours=1),
    created_at=START,
    updated_at=START,
)
decode = msgspec.json.Decoder(AuditRecord).decode


async def fault_of(store: SqlStore) -> Fault | None:
    head = await store.audit_head()
    walk = store.chain.follow(head)
    for link in await store.audit_after(0, limit=10_000):
        walk.take(link)
    return walk.finish()


async def meddle(url: str, *statements: str) -> None:
    """What somebody with the right to change the tables could do, the triggers gone."""

    def work(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        else:
            for act in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_only_appended_{act}"))
        for statement in statements:
            connection.execute(text(statement))

    database = await open_database(DatabaseSettings(url=url))
    async with database.transaction() as transaction:
        await transaction.run(work)
    await database.close()


async def test_every_line_of_the_timeline_has_a_record_with_the_same_position(store: SqlStore) -> None:
    fresh = incident(1)
    acted = msgspec.structs.replace(fresh, revision=2)
    said = msgspec.structs.replace(entry(acted, Transition.ACKNOWLEDGED), actor="Maya", paged=("comms",))
    async with store.begin() as unit:
        await unit.save(fresh, [entry(fresh)], expected_revision=None)
        await unit.save(acted, [said], expected_revision=1)

    records = [decode(link.value) for link in await store.audit_after(0, limit=10)]
    lines = await store.timeline_after(0, limit=10)

    assert [record.position for record in records] == [line.position for line in lines] == [1, 2]
    assert [(record.act, record.revision, record.incident) for record in records] == [
        ("opened", 1, fresh.id),
        ("acknowledged", 2, fresh.id),
    ]
    assert [record.author for record in records] == ["tocsin", store.chain.authors("Maya")[-1]]
    assert records[1].paged == ("comms",)
    assert await fault_of(store) is None


async def test_a_unit_that_fails_leaves_no_record_and_no_gap(store: SqlStore) -> None:
    async def fail() -> None:
        async with store.begin() as unit:
            await unit.save(incident(2), [entry(incident(2))], expected_revision=None)
            raise LookupError

    await save(store, 1)
    with pytest.raises(LookupError):
        await fail()
    await save(store, 3)

    assert [link.position for link in await store.audit_after(0, limit=10)] == [1, 2]
    assert await fault_of(store) is None


async def test_many_writers_in_two_processes_make_one_chain(store: SqlStore, another: Opener) -> None:
    other = await another()

    await together(save(other if number % 2 else store, number) for number in range(30))

    assert [link.position for link in await store.audit_after(0, limit=100)] == list(range(1, 31))
    assert await fault_of(store) is None


@pytest.mark.parametrize("statement", ["UPDATE audit SET value = 'x'", "DELETE FROM audit WHERE position = 1"])
async def test_the_database_refuses_to_change_a_record(store: SqlStore, database_url: str, statement: str) -> None:
    await save(store, 1)
    database = await open_database(DatabaseSettings(url=database_url))

    with pytest.raises((DBAPIError, DatabaseUnavailable), match="only ever appended"):
        async with database.transaction() as transaction:
            await transaction.run(lambda connection: connection.execute(text(statement)))

    await database.close()
    assert await fault_of(store) is None


@pytest.mark.parametrize(
    ("statement", "position", "kind"),
    [
        ("UPDATE audit SET value = replace(value, 'opened', 'grew') WHERE position = 3", 3, FaultKind.CHANGED),
        ("UPDATE audit SET mac = (SELECT mac FROM audit WHERE position = 1) WHERE position = 2", 2, FaultKind.CHANGED),
        ("DELETE FROM audit WHERE position = 2", 2, FaultKind.MISSING),
        ("DELETE FROM audit WHERE position >= 4", 4, FaultKind.CUT_OFF),
        ("DELETE FROM audit", 1, FaultKind.CUT_OFF),
        ("UPDATE audit SET position = 9 WHERE position = 3", 3, FaultKind.MISSING),
        ("UPDATE timeline SET value = replace(value, 'began', 'ended') WHERE position = 5", 5, FaultKind.LINE_CHANGED),
        ("DELETE FROM timeline WHERE position = 4", 4, FaultKind.LINE_MISSING),
        ("UPDATE timeline SET incident = 'inc_another' WHERE position = 2", 2, FaultKind.LINE_MOVED),
        ("UPDATE audit_head SET position = 4", 5, FaultKind.HEAD_CHANGED),
        ("UPDATE audit_head SET first = 2", 2, FaultKind.CHANGED),
        ("DELETE FROM audit_head", 1, FaultKind.HEAD_CHANGED),
    ],
)
async def test_verification_names_the_first_position_that_was_meddled_with(
    store: SqlStore, database_url: str, statement: str, position: int, kind: FaultKind
) -> None:
    await save(store, *range(5))

    await meddle(database_url, statement)

    fault = await fault_of(store)
    assert fault is not None
    assert (fault.position, fault.kind) == (position, kind)


async def test_a_line_about_a_silence_that_nobody_wrote_is_found_beside_a_line_of_the_timeline(
    store: SqlStore, database_url: str
) -> None:
    await save(store, 1, 2)
    async with store.begin() as unit:
        said = DirectiveEntry(SILENCE.id, START, "silence.created", "Jo", "the flood is known")
        await unit.keep(SILENCE, (said,), expected_revision=None)

    await meddle(database_url, "INSERT INTO directive_lines SELECT 2, directive, value FROM directive_lines")

    fault = await fault_of(store)
    assert fault is not None
    assert (fault.position, fault.kind) == (2, FaultKind.LINE_ADDED)


async def test_a_configured_key_goes_on_after_the_databases_own(database_url: str, tmp_path: Path) -> None:
    secret = tmp_path / "audit_key"
    secret.write_text("a key that stands in a file\n")
    database = DatabaseSettings(url=database_url)
    before = await open_store(database, FakeClock())
    await save(before, 1)
    await before.close()

    after = await open_store(database, FakeClock(), AuditSettings(key_file=secret))
    await save(after, 2)

    assert await fault_of(after) is None
    keys = {decode(link.value).key for link in await after.audit_after(0, limit=10)}
    assert len(keys) == 2
    await after.close()


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "cannot be read"), ("short", "5 characters; it needs at least 16")]
)
async def test_a_key_that_cannot_be_used_is_refused(
    database_url: str, tmp_path: Path, content: str | None, problem: str
) -> None:
    secret = tmp_path / "audit_key"
    if content is not None:
        secret.write_text(content)

    with pytest.raises(InvalidConfig, match=problem):
        await open_store(DatabaseSettings(url=database_url), FakeClock(), AuditSettings(key_file=secret))
