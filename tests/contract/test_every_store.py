"""What every store has to keep, on SQLite and on Postgres: units, guards, lists, the live stream."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec
import pytest

from alerting.errors import DatabaseRefused, PositionLost, Stale, UnknownIncident
from alerting.incidents.model import (
    IncidentState,
    Severity,
    TimelineEntry,
    Transition,
)
from alerting.incidents.sql.store import SqlStore
from alerting.incidents.store import IncidentFilter
from streams.broker.base import Partition
from tests.fakes.clock import START, FakeClock
from tests.fakes.stored import MIDNIGHT, curve, delivery, entry, incident, save, together, topic, window

PARTITION = Partition("tocsin.detections", 3)
ALL = IncidentFilter(history=True)
Opener = Callable[[], Awaitable[SqlStore]]


class TestUnit:
    async def test_a_committed_unit_is_seen_whole_by_another_process(self, store: SqlStore, another: Opener) -> None:
        fresh = incident(1, episodes=("episode-1", "joined"))
        async with store.begin() as unit:
            assert await unit.position(PARTITION) is None
            assert await unit.first_sight("detection-1", START)
            await unit.save(fresh, [entry(fresh)], expected_revision=None)
            await unit.enqueue([delivery("d1", fresh)])
            await unit.record_windows([window(MIDNIGHT)])
            await unit.advance(PARTITION, None, 7)

        other = await another()

        assert await other.get(fresh.id) == fresh
        assert [told.id for told in await other.deliveries(fresh.id)] == ["d1"]
        assert [happened.text for happened in await other.timeline(fresh.id)] == ["It began."]
        assert len(await curve(other)) == 1
        async with other.begin() as unit:
            assert await unit.position(PARTITION) == 7
            assert not await unit.first_sight("detection-1", START)
            assert await unit.by_episode("episode-1") == fresh
            assert await unit.by_episode("joined") == fresh

    async def test_a_number_that_no_column_holds_is_refused_and_not_taken_for_an_outage(self, store: SqlStore) -> None:
        async def beyond_64_bits() -> None:
            async with store.begin() as unit:
                await unit.advance(PARTITION, None, 2**70)

        with pytest.raises(DatabaseRefused):
            await beyond_64_bits()

        async with store.begin() as unit:
            assert await unit.position(PARTITION) is None

    async def test_a_unit_that_raises_leaves_nothing_behind(self, store: SqlStore) -> None:
        fresh = incident(1)

        async def half_a_unit() -> None:
            async with store.begin() as unit:
                await unit.first_sight("detection-1", START)
                await unit.save(fresh, [entry(fresh)], expected_revision=None)
                await unit.enqueue([delivery("d1", fresh)])
                await unit.record_windows([window(MIDNIGHT)])
                await unit.save_topics([topic("refunds")])
                await unit.advance(PARTITION, None, 7)
                raise LookupError

        with pytest.raises(LookupError):
            await half_a_unit()

        assert (await store.find(ALL, cursor=None, limit=10)).incidents == ()
        assert await store.timeline_after(0, limit=10) == ()
        assert await store.outbox_age(START) == (0, 0.0)
        assert await curve(store) == ()
        assert await store.topics(START) == ()
        async with store.begin() as unit:
            assert await unit.position(PARTITION) is None
            assert await unit.first_sight("detection-1", START)
            assert await unit.by_episode("episode-1") is None

    async def test_a_failing_unit_takes_none_of_its_neighbours_along(self, store: SqlStore) -> None:
        outcomes: dict[int, str] = {}

        async def write(number: int) -> None:
            async with store.begin() as unit:
                fresh = incident(number)
                await unit.save(fresh, [entry(fresh)], expected_revision=None)
                if number % 3 == 0:
                    raise LookupError

        async def work(number: int) -> None:
            try:
                await write(number)
            except LookupError:
                outcomes[number] = "failed"
            else:
                outcomes[number] = "committed"

        await together(work(number) for number in range(30))

        found = await store.find(ALL, cursor=None, limit=100)
        kept = [number for number in range(30) if number % 3]
        assert [number for number, outcome in sorted(outcomes.items()) if outcome == "committed"] == kept
        assert sorted(one.id for one in found.incidents) == [incident(number).id for number in kept]

    async def test_a_cancelled_unit_takes_none_of_its_neighbours_along(self, store: SqlStore) -> None:
        inside = asyncio.Event()

        async def stuck() -> None:
            async with store.begin() as unit:
                await unit.save(incident(1), [], expected_revision=None)
                inside.set()
                await asyncio.Event().wait()

        async with asyncio.TaskGroup() as group:
            task = group.create_task(stuck(), name="stuck")
            await inside.wait()
            for number in (2, 3):
                group.create_task(save(store, number), name=f"save {number}")
            task.cancel()

        found = await store.find(ALL, cursor=None, limit=10)
        assert [one.id for one in found.incidents] == [incident(3).id, incident(2).id]

    async def test_concurrent_changes_of_one_incident_follow_one_another(self, store: SqlStore) -> None:
        await save(store, 1)

        async def change(number: int) -> None:
            async with store.begin() as unit:
                current = await unit.incident(incident(1).id)
                assert current is not None
                following = msgspec.structs.replace(current, revision=current.revision + 1)
                said = entry(following, Transition.GREW, text=str(number))
                await unit.save(following, [said], expected_revision=current.revision)

        await together(change(number) for number in range(20))

        assert (await store.get(incident(1).id)).revision == 1 + 20
        assert {said.text for said in await store.timeline(incident(1).id)} == {"It began."} | set(map(str, range(20)))

    async def test_nothing_is_missing_and_nothing_half_done_after_a_kill(
        self, database_url: str, another: Opener
    ) -> None:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", CRASH, database_url)
        async with asyncio.timeout(60):
            assert await process.wait() == -signal.SIGKILL

        store = await another()

        found = await store.find(ALL, cursor=None, limit=10)
        assert [one.id for one in found.incidents] == [incident(1).id]
        async with store.begin() as unit:
            assert await unit.position(PARTITION) == 1


CRASH = """
import asyncio, os, signal, sys
from alerting.incidents.sql.store import open_store
from alerting.settings import DatabaseSettings
from streams.broker.base import Partition
from streams.clock import SystemClock
from tests.fakes.stored import incident

async def crash() -> None:
    store = await open_store(DatabaseSettings(url=sys.argv[1]), SystemClock())
    for number in (1, 2):
        async with store.begin() as unit:
            await unit.save(incident(number), [], expected_revision=None)
            await unit.advance(Partition("tocsin.detections", 3), number - 1 or None, number)
            if number == 2:
                os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(crash())
"""


class TestGuards:
    async def test_a_position_that_another_process_moved_rolls_the_unit_back(
        self, store: SqlStore, another: Opener
    ) -> None:
        other = await another()
        async with store.begin() as unit:
            await unit.advance(PARTITION, None, 10)
        async with other.begin() as unit:
            await unit.advance(PARTITION, 10, 20)

        async def late() -> None:
            async with store.begin() as unit:
                await unit.save(incident(1), [], expected_revision=None)
                await unit.advance(PARTITION, 10, 15)

        with pytest.raises(PositionLost, match=r"tocsin\.detections-3"):
            await late()

        with pytest.raises(UnknownIncident):
            await store.get(incident(1).id)

    async def test_a_position_begins_only_once(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.advance(PARTITION, None, 10)

        with pytest.raises(PositionLost):
            async with store.begin() as unit:
                await unit.advance(PARTITION, None, 10)

    async def test_a_change_of_an_older_revision_is_stale(self, store: SqlStore) -> None:
        await save(store, 1)

        with pytest.raises(Stale, match="at revision 1, not at 2"):
            async with store.begin() as unit:
                await unit.save(incident(1, revision=3), [], expected_revision=2)

    async def test_an_incident_is_inserted_only_once(self, store: SqlStore) -> None:
        await save(store, 1)

        with pytest.raises(Stale):
            await save(store, 1)

    async def test_a_topic_has_at_most_one_open_incident(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.save(incident(1, topic="refunds"), [], expected_revision=None)

        with pytest.raises(Stale, match="another open incident"):
            async with store.begin() as unit:
                await unit.save(incident(2, topic="refunds"), [], expected_revision=None)

    async def test_an_incident_does_not_reopen_beside_another(self, store: SqlStore) -> None:
        resolved = incident(1, topic="refunds", state=IncidentState.RESOLVED)
        async with store.begin() as unit:
            await unit.save(resolved, [], expected_revision=None)
            await unit.save(incident(2, topic="refunds"), [], expected_revision=None)

        with pytest.raises(Stale, match="another open incident"):
            async with store.begin() as unit:
                await unit.save(incident(1, topic="refunds", revision=2), [], expected_revision=1)

    async def test_a_detection_is_forgotten_a_month_after_it_was_taken_in_whenever_it_happened(
        self, store: SqlStore, store_clock: FakeClock
    ) -> None:
        long_ago = datetime(2015, 2, 17, tzinfo=UTC)
        async with store.begin() as unit:
            await unit.first_sight("replayed", long_ago)
        await store_clock.advance(29 * 86_400)
        await save(store, 1)
        async with store.begin() as unit:
            assert not await unit.first_sight("replayed", long_ago)

        await store_clock.advance(2 * 86_400)
        await save(store, 2)

        async with store.begin() as unit:
            assert await unit.first_sight("replayed", long_ago)


class TestFinding:
    async def test_the_topic_leads_to_its_open_and_to_its_newest_incident(self, store: SqlStore) -> None:
        still_open = incident(1, topic="refunds")
        closed = incident(2, topic="refunds", state=IncidentState.RESOLVED)
        rehearsed = incident(3, topic="refunds", state=IncidentState.RESOLVED, history=True)
        async with store.begin() as unit:
            for fresh in (still_open, closed, rehearsed):
                await unit.save(fresh, [], expected_revision=None)

        async with store.begin() as unit:
            assert await unit.open_for_topic("refunds") == still_open
            assert await unit.latest_for_topic("refunds") == closed
            assert await unit.open_for_topic("flights") is None
            assert await unit.latest_for_topic("flights") is None
            assert await unit.by_episode("nobody's") is None

    async def test_the_newest_that_somebody_took_on_are_told_newest_first(self, store: SqlStore) -> None:
        taken = [msgspec.structs.replace(incident(number), acknowledged_by="mira") for number in (1, 2, 4)]
        past = msgspec.structs.replace(incident(5, history=True), acknowledged_by="mira")
        others = [incident(3), past]
        async with store.begin() as unit:
            for fresh in (*taken, *others):
                await unit.save(fresh, [], expected_revision=None)

        async with store.begin() as unit:
            assert await unit.latest(10) == (taken[2], taken[1], taken[0])
            assert await unit.latest(2) == (taken[2],)  # the newest two are 4 and 3, which nobody took on

    async def test_filters_narrow_the_list(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.save(incident(1, severity=Severity.SEV1), [], expected_revision=None)
            await unit.save(incident(2, state=IncidentState.RESOLVED), [], expected_revision=None)
            await unit.save(incident(3, history=True), [], expected_revision=None)

        async def found(wanted: IncidentFilter) -> list[str]:
            return [one.topic for one in (await store.find(wanted, cursor=None, limit=10)).incidents]

        assert await found(IncidentFilter()) == ["topic-2", "topic-1"]
        assert await found(IncidentFilter(history=True)) == ["topic-3", "topic-2", "topic-1"]
        assert await found(IncidentFilter(states=(IncidentState.RESOLVED,))) == ["topic-2"]
        assert await found(IncidentFilter(severities=(Severity.SEV1,))) == ["topic-1"]
        assert await found(IncidentFilter(topics=("topic-2", "topic-3"))) == ["topic-2"]
        assert await found(IncidentFilter(topics=("topic-2",), severities=(Severity.SEV1,))) == []

    async def test_a_list_is_of_the_families_that_are_asked_for_and_of_none_where_none_is_named(
        self, store: SqlStore
    ) -> None:
        async with store.begin() as unit:
            for number, family in enumerate(("Acme", "Globex", "")):
                await unit.save(incident(number, family=family), [], expected_revision=None)

        async def found(families: frozenset[str] | None) -> list[str]:
            page = await store.find(IncidentFilter(families=families), cursor=None, limit=10)
            return [one.family for one in page.incidents]

        assert await found(None) == ["", "Globex", "Acme"]
        assert await found(frozenset({"Acme", "Initech"})) == ["Acme"]
        assert await found(frozenset()) == []

    async def test_pages_show_each_incident_once_while_new_ones_arrive(self, store: SqlStore) -> None:
        await save(store, *range(7))
        seen: list[str] = []
        cursor: str | None = None

        for newer in (100, 101, 102):
            page = await store.find(IncidentFilter(), cursor=cursor, limit=3)
            seen += [one.topic for one in page.incidents]
            cursor = page.next_cursor
            await save(store, newer)

        assert seen == [f"topic-{number}" for number in (6, 5, 4, 3, 2, 1, 0)]
        assert cursor is None

    async def test_a_full_last_page_has_no_cursor(self, store: SqlStore) -> None:
        await save(store, 1, 2)

        page = await store.find(IncidentFilter(), cursor=None, limit=2)

        assert len(page.incidents) == 2
        assert page.next_cursor is None

    async def test_a_cursor_that_is_not_ours_is_refused(self, store: SqlStore) -> None:
        with pytest.raises(ValueError, match="cursor"):
            await store.find(IncidentFilter(), cursor="inc_1", limit=2)

    async def test_an_unknown_incident_is_said_to_be_unknown(self, store: SqlStore) -> None:
        with pytest.raises(UnknownIncident, match="inc_none"):
            await store.get("inc_none")

        assert await store.timeline("inc_none") == ()
        assert await store.deliveries("inc_none") == ()

    async def test_a_name_that_no_database_can_hold_is_simply_not_there(self, store: SqlStore) -> None:
        with pytest.raises(UnknownIncident):
            await store.get("inc\0none")

        page = await store.find(IncidentFilter(topics=("re\0funds",)), cursor=None, limit=5)
        assert page.incidents == ()

    async def test_hostile_text_comes_back_as_it_was(self, store: SqlStore) -> None:
        hostile = ("\0", "'); DROP TABLE incidents; --", "\U0001f525" * 1000, "\u202e\ufffe", "")
        async with store.begin() as unit:
            for number, text in enumerate(hostile):
                fresh = incident(number, title=text)
                await unit.save(fresh, [entry(fresh, text=text)], expected_revision=None)

        read = [await store.get(incident(number).id) for number in range(len(hostile))]

        assert [one.title for one in read] == list(hostile)
        assert [said.text for said in await store.timeline_after(0, limit=9)] == list(hostile)


class TestLiveStream:
    async def test_a_reader_that_follows_misses_nothing_of_concurrent_writers(
        self, store: SqlStore, another: Opener
    ) -> None:
        other = await another()
        writers, each = 10, 6
        followed: list[TimelineEntry] = []

        async def write(through: SqlStore, number: int) -> None:
            await save(through, number)
            for revision in range(1, each):
                async with through.begin() as unit:
                    following = incident(number, revision=revision + 1)
                    await unit.save(following, [entry(following)], expected_revision=revision)

        async def follow() -> None:
            while len(followed) < writers * each:
                last = followed[-1].position if followed else 0
                followed.extend(await other.timeline_after(last, limit=7))

        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(follow(), name="follow")
            for number in range(writers):
                group.create_task(write(other if number % 2 else store, number), name=f"write {number}")

        assert followed == list(await store.timeline_after(0, limit=1000))
        positions = [said.position for said in followed]
        assert positions == sorted(set(positions))

    async def test_every_listener_hears_of_a_commit_and_many_commits_may_be_one_change(self, store: SqlStore) -> None:
        first, second = store.changes(), store.changes()

        await save(store, 1)
        await save(store, 2)

        async with asyncio.timeout(10):
            await anext(first)
            await anext(second)

    async def test_listening_ends_when_the_store_is_closed(self, another: Opener) -> None:
        store = await another()
        heard = store.changes()

        await store.close()

        assert [change async for change in heard] == []


async def test_a_store_that_answers_is_healthy(store: SqlStore) -> None:
    await store.healthy()
