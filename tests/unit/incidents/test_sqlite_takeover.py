from pathlib import Path

import pytest
from structlog.testing import capture_logs

from alerting.errors import DatabaseUnavailable
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.settings import DatabaseSettings
from tests.fakes.clock import START, FakeClock
from tests.fakes.stored import delivery, enqueue, incident


async def opened(folder: Path) -> SqlStore:
    return await open_store(DatabaseSettings(url=f"sqlite:///{folder}/tocsin.db"), FakeClock())


async def test_what_an_earlier_process_held_is_due_at_once(tmp_path: Path) -> None:
    first = await opened(tmp_path)
    await enqueue(first, delivery("page", incident(1)))
    (held,) = await first.lease(START, seconds=300, limit=9)
    await first.close()
    second = await opened(tmp_path)

    (again,) = await second.lease(START, seconds=300, limit=9)
    twice = await second.lease(START, seconds=300, limit=9)

    assert again.delivery == held.delivery
    assert twice == ()
    await second.close()


async def test_a_second_process_delivers_nothing_until_the_first_has_ended_and_says_so_once(tmp_path: Path) -> None:
    first, second = await opened(tmp_path), await opened(tmp_path)
    await enqueue(first, delivery("d1", incident(1)), delivery("d2", incident(2)))
    (held,) = await first.lease(START, seconds=300, limit=1)

    with capture_logs() as logs:
        meanwhile = [await second.lease(START, seconds=300, limit=9) for _ in range(3)]
        await first.close()
        afterwards = await second.lease(START, seconds=300, limit=9)

    assert meanwhile == [(), (), ()]
    assert held.delivery.id == "d1"
    assert [lease.delivery.id for lease in afterwards] == ["d1", "d2"]
    assert [line["event"] for line in logs] == ["outbox.waiting", "outbox.taken_over"]
    assert logs[1]["released"] == 1
    await second.close()


async def test_a_file_that_was_taken_away_is_no_database_until_it_is_back(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.healthy()
    file, elsewhere = tmp_path / "tocsin.db", tmp_path / "elsewhere.db"
    file.rename(elsewhere)

    with pytest.raises(DatabaseUnavailable, match="removed or replaced"):
        await store.healthy()
    with pytest.raises(DatabaseUnavailable, match="removed or replaced"):
        await enqueue(store, delivery("page", incident(1)))
    elsewhere.rename(file)

    await enqueue(store, delivery("page", incident(1)))
    await store.close()
