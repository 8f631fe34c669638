"""What every store has to keep, on SQLite and on Postgres."""

import asyncio
import itertools
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from alerting.errors import PositionLost, Stale, UnknownIncident
from alerting.incidents.model import (
    Delivery,
    DeliveryState,
    Incident,
    IncidentState,
    Severity,
    TimelineEntry,
    Transition,
    WindowPoint,
)
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.incidents.store import IncidentFilter, Store
from alerting.settings import DatabaseSettings
from streams.broker.base import Partition
from streams.topic import Topic
from tests.fakes.clock import START, FakeClock
from tests.fakes.stored import MIDNIGHT, delivery, entry, incident, window

PARTITION = Partition("tocsin.detections", 3)
ALL = IncidentFilter(history=True)
Opener = Callable[[], Awaitable[SqlStore]]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def another(database_url: str, clock: FakeClock) -> AsyncIterator[Opener]:
    """Opens one more store on the same database, as another process would."""
    async with AsyncExitStack() as stack:

        async def opened() -> SqlStore:
            store = await open_store(DatabaseSettings(url=database_url), clock)
            stack.push_async_callback(store.close)
            return store

        yield opened


@pytest.fixture
async def store(another: Opener) -> SqlStore:
    return await another()


async def save(store: Store, *numbers: int) -> None:
    async with store.begin() as unit:
        for number in numbers:
            fresh = incident(number)
            await unit.save(fresh, [entry(fresh)], expected_revision=None)


async def enqueue(store: Store, *fresh: Delivery) -> None:
    """Put messages into the outbox, after the incidents they are about."""
    async with store.begin() as unit:
        for number in sorted({int(message.incident.removeprefix("inc_")) for message in fresh}):
            await unit.save(incident(number), [], expected_revision=None)
        await unit.enqueue(fresh)


def sent(message: Delivery, reference: str = "C1:17") -> Delivery:
    return msgspec.structs.replace(message, state=DeliveryState.SENT, attempts=1, reference=reference)


async def curve(store: Store, *, start: int = MIDNIGHT, days: int = 1, seconds: int = 60) -> tuple[WindowPoint, ...]:
    first = datetime.fromtimestamp(start, UTC)
    return await store.windows("refunds", start=first, end=first + timedelta(days=days), seconds=seconds)


def topic(name: str) -> Topic:
    return Topic(id=name, name=name.title(), query=name)


async def together(work: Iterable[Coroutine[None, None, None]]) -> None:
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for number, one in enumerate(work):
            group.create_task(one, name=f"work {number}")


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
        self, store: SqlStore, clock: FakeClock
    ) -> None:
        long_ago = datetime(2015, 2, 17, tzinfo=UTC)
        async with store.begin() as unit:
            await unit.first_sight("replayed", long_ago)
        await clock.advance(29 * 86_400)
        await save(store, 1)
        async with store.begin() as unit:
            assert not await unit.first_sight("replayed", long_ago)

        await clock.advance(2 * 86_400)
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


class TestOutbox:
    async def test_a_lease_goes_to_the_worst_first_then_to_the_oldest(self, store: SqlStore) -> None:
        ranks = (Severity.SEV3, Severity.SEV1, Severity.SEV2, Severity.SEV1)
        async with store.begin() as unit:
            for number, severity in enumerate(ranks):
                fresh = incident(number, severity=severity)
                await unit.save(fresh, [], expected_revision=None)
                await unit.enqueue([delivery(f"d{number}", fresh)])

        leased = await store.lease(START, seconds=30, limit=3)

        assert [lease.delivery.id for lease in leased] == ["d1", "d3", "d2"]
        assert leased[0].until == START + timedelta(seconds=30)
        assert leased[0].incident == incident(1, severity=Severity.SEV1)

    async def test_nothing_is_leased_before_its_time(self, store: SqlStore) -> None:
        await enqueue(store, delivery("d1", incident(1), at=START + timedelta(seconds=5)))

        early = await store.lease(START + timedelta(seconds=4.9), seconds=30, limit=9)
        in_time = await store.lease(START + timedelta(seconds=5), seconds=30, limit=9)

        assert early == ()
        assert [lease.delivery.id for lease in in_time] == ["d1"]

    async def test_a_conversation_goes_on_only_after_what_came_before_is_settled(self, store: SqlStore) -> None:
        await enqueue(
            store,
            delivery("page", incident(1)),
            delivery("clear", incident(1), Transition.RESOLVED),
            delivery("elsewhere", incident(1), Transition.RESOLVED, notifier="pagerduty"),
        )

        first = await store.lease(START, seconds=30, limit=9)
        meanwhile = await store.lease(START, seconds=30, limit=9)
        for lease in first:
            await store.settle(lease, sent(lease.delivery))
        second = await store.lease(START, seconds=30, limit=9)

        assert [lease.delivery.id for lease in first] == ["page", "elsewhere"]
        assert meanwhile == ()
        assert [lease.delivery.id for lease in second] == ["clear"]

    async def test_a_message_that_waits_to_be_tried_again_holds_back_the_next(self, store: SqlStore) -> None:
        await enqueue(store, delivery("page", incident(1)), delivery("clear", incident(1), Transition.RESOLVED))
        (lease,) = await store.lease(START, seconds=30, limit=9)
        again_at = START + timedelta(seconds=60)
        failed = msgspec.structs.replace(lease.delivery, attempts=1, next_attempt_at=again_at, reason="503")
        await store.settle(lease, failed)

        waiting = await store.lease(START + timedelta(seconds=59), seconds=30, limit=9)
        again = await store.lease(again_at, seconds=30, limit=9)

        assert waiting == ()
        assert [(lease.delivery.id, lease.delivery.attempts) for lease in again] == [("page", 1)]

    async def test_a_lease_that_ran_out_goes_to_somebody_else_and_only_their_outcome_counts(
        self, store: SqlStore, another: Opener
    ) -> None:
        other = await another()
        await enqueue(store, delivery("page", incident(1)))
        (late,) = await store.lease(START, seconds=30, limit=9)
        (taken_over,) = await other.lease(START + timedelta(seconds=30), seconds=30, limit=9)

        with pytest.raises(PositionLost):
            await store.settle(late, sent(late.delivery, reference="late"))
        await other.settle(taken_over, sent(taken_over.delivery, reference="in time"))

        (told,) = await store.deliveries(incident(1).id)
        assert (told.state, told.reference) == (DeliveryState.SENT, "in time")

    async def test_an_outcome_counts_while_nobody_else_took_over_even_after_the_leases_end(
        self, store: SqlStore
    ) -> None:
        await enqueue(store, delivery("page", incident(1)))
        (lease,) = await store.lease(START, seconds=30, limit=9)

        await store.settle(lease, sent(lease.delivery))

        with pytest.raises(PositionLost):
            await store.settle(lease, sent(lease.delivery))

    async def test_two_processes_never_hold_the_same_message(self, store: SqlStore, another: Opener) -> None:
        other = await another()
        await enqueue(store, *(delivery(f"d{number}", incident(number)) for number in range(40)))
        held: list[str] = []

        async def work(through: SqlStore) -> None:
            while leases := await through.lease(START, seconds=30, limit=3):
                held.extend(lease.delivery.id for lease in leases)

        await together(work(through) for through in (store, other, store, other))

        assert sorted(held) == sorted(f"d{number}" for number in range(40))

    async def test_a_delivery_is_enqueued_once(self, store: SqlStore) -> None:
        await enqueue(store, delivery("page", incident(1)))

        async with store.begin() as unit:
            await unit.enqueue([delivery("page", incident(1), Transition.RESOLVED)])

        assert [told.change for told in await store.deliveries(incident(1).id)] == [Transition.OPENED]

    async def test_only_updates_that_a_newer_message_tells_as_well_are_superseded(self, store: SqlStore) -> None:
        async def older_after(older: Transition, newer: Transition) -> DeliveryState:
            number = next(numbers)
            await enqueue(store, delivery(f"older-{number}", incident(number), older))
            async with store.begin() as unit:
                await unit.enqueue([delivery(f"newer-{number}", incident(number), newer)])
            first, second = await store.deliveries(incident(number).id)
            assert second.state is DeliveryState.PENDING
            return first.state

        numbers = itertools.count()

        superfluous = [
            (Transition.GREW, Transition.GREW),
            (Transition.PEAKED, Transition.GREW),
            (Transition.GREW, Transition.RESOLVED),
            (Transition.SEVERITY_CHANGED, Transition.SEVERITY_CHANGED),
            (Transition.SEVERITY_CHANGED, Transition.RESOLVED),
        ]
        needed = [
            (Transition.SEVERITY_CHANGED, Transition.GREW),
            (Transition.OPENED, Transition.GREW),
            (Transition.OPENED, Transition.RESOLVED),
            (Transition.ACKNOWLEDGED, Transition.RESOLVED),
            (Transition.RESOLVED, Transition.REOPENED),
            (Transition.REOPENED, Transition.GREW),
        ]
        assert {pair: await older_after(*pair) for pair in superfluous} == dict.fromkeys(
            superfluous, DeliveryState.SUPERSEDED
        )
        assert {pair: await older_after(*pair) for pair in needed} == dict.fromkeys(needed, DeliveryState.PENDING)

    async def test_nothing_is_superseded_for_another_receiver_notifier_or_incident(self, store: SqlStore) -> None:
        grew = Transition.GREW
        await enqueue(store, delivery("d1", incident(1), grew), delivery("d2", incident(2), grew))

        async with store.begin() as unit:
            await unit.enqueue([delivery("d3", incident(1), grew, receiver="care")])
            await unit.enqueue([delivery("d4", incident(1), grew, notifier="webhook")])

        told = (*await store.deliveries(incident(1).id), *await store.deliveries(incident(2).id))
        assert {one.state for one in told} == {DeliveryState.PENDING}

    async def test_a_message_that_somebody_began_to_send_is_never_superseded(self, store: SqlStore) -> None:
        await enqueue(store, delivery("older", incident(1), Transition.GREW))
        (lease,) = await store.lease(START, seconds=30, limit=9)

        async with store.begin() as unit:
            await unit.save(incident(1, revision=2), [], expected_revision=1)
            await unit.enqueue([delivery("newer", incident(1, revision=2), Transition.GREW)])
        await store.settle(lease, sent(lease.delivery))

        assert [one.state for one in await store.deliveries(incident(1).id)] == [
            DeliveryState.SENT,
            DeliveryState.PENDING,
        ]

    async def test_an_unsent_page_carries_the_growth_that_came_after_it(self, store: SqlStore) -> None:
        grown = incident(1, revision=2)
        await enqueue(store, delivery("page", incident(1)))
        async with store.begin() as unit:
            await unit.save(grown, [], expected_revision=1)
            await unit.enqueue([delivery("growth", grown, Transition.GREW)])

        (lease,) = await store.lease(START, seconds=30, limit=9)
        await store.settle(lease, sent(lease.delivery))

        assert (lease.delivery.change, lease.incident.revision) == (Transition.OPENED, 2)
        assert await store.lease(START, seconds=30, limit=9) == ()
        told = {one.id: one.state for one in await store.deliveries(incident(1).id)}
        assert told == {"page": DeliveryState.SENT, "growth": DeliveryState.SUPERSEDED}

    async def test_the_outboxs_age_is_that_of_the_oldest_message_that_is_due(self, store: SqlStore) -> None:
        await enqueue(store, delivery("d1", incident(1)), delivery("d2", incident(2), at=START + timedelta(hours=1)))

        assert await store.outbox_age(START - timedelta(seconds=1)) == (2, 0.0)
        assert await store.outbox_age(START + timedelta(seconds=90)) == (2, 90.0)


class TestHistory:
    async def test_a_higher_revision_replaces_a_lower_one_in_any_order(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.record_windows([window(MIDNIGHT, 5), window(MIDNIGHT + 60, 9, revision=2)])
            await unit.record_windows([window(MIDNIGHT, 6, revision=1), window(MIDNIGHT + 60, 8, revision=1)])

        assert [point.mentions for point in await curve(store)] == [6, 9]

    async def test_a_curve_is_added_up_to_the_wanted_width(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.record_windows([window(MIDNIGHT + 60 * minute, minute + 1) for minute in range(10)])

        first, second = await curve(store, seconds=300)

        assert (first.start, first.seconds, first.mentions) == (MIDNIGHT, 300, 1 + 2 + 3 + 4 + 5)
        assert (second.start, second.mentions) == (MIDNIGHT + 300, 6 + 7 + 8 + 9 + 10)
        assert first.polarity == -0.5
        assert first.expected == 5 * 4.0

    async def test_a_silent_window_is_left_out_and_one_that_became_silent_disappears(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.record_windows([window(MIDNIGHT, 0), window(MIDNIGHT + 60, 3)])
            await unit.record_windows([window(MIDNIGHT + 60, 0, revision=1)])

        assert await curve(store) == ()

    async def test_days_of_windows_read_the_same_when_they_became_blocks(self, store: SqlStore) -> None:
        minutes = range(0, 2 * 1440, 3)
        for first in range(0, len(minutes), 60):
            async with store.begin() as unit:
                await unit.record_windows(
                    [window(MIDNIGHT + 60 * minute, minute + 1) for minute in minutes[first : first + 60]]
                )
        async with store.begin() as unit:
            await unit.record_windows([window(MIDNIGHT, 777, revision=1)])

        points = await curve(store, days=2)
        second_day = await curve(store, start=MIDNIGHT + 86_400, days=1)

        assert [point.mentions for point in points] == [777, *(minute + 1 for minute in minutes[1:])]
        assert [point.mentions for point in second_day] == [minute + 1 for minute in minutes if minute >= 1440]

    async def test_topics_have_histories_of_their_own(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.record_windows([window(MIDNIGHT, 5), window(MIDNIGHT, 7, topic="flights")])

        assert [point.mentions for point in await curve(store)] == [5]


class TestBoard:
    async def test_topics_are_exactly_those_saved_last_in_their_order(self, store: SqlStore) -> None:
        async with store.begin() as unit:
            await unit.save_topics([topic("b"), topic("a"), topic("gone")])
        async with store.begin() as unit:
            await unit.save_topics([topic("c"), topic("b"), msgspec.structs.replace(topic("a"), owner="Payments")])

        board = await store.topics(START)

        assert [(status.topic, status.owner) for status in board] == [("c", None), ("b", None), ("a", "Payments")]
        assert board[0].per_minute is None
        assert board[0].score is None

    async def test_a_rate_is_that_of_the_last_five_minutes_and_falls_in_silence(
        self, store: SqlStore, clock: FakeClock
    ) -> None:
        noon = int(START.timestamp())
        async with store.begin() as unit:
            await unit.save_topics([topic("refunds")])
            await unit.record_windows([window(noon - 60 * back, 10 * back) for back in range(1, 8)])

        (now,) = await store.topics(clock.now())
        (later,) = await store.topics(clock.now() + timedelta(minutes=2))
        (silent,) = await store.topics(clock.now() + timedelta(minutes=6))

        assert now.per_minute == (10 + 20 + 30 + 40 + 50) / 5
        assert later.per_minute == (10 + 20 + 30) / 5
        assert silent.per_minute == 0.0
        assert (now.expected_per_minute, now.polarity, now.score) == (4.0, -0.5, 0.5)
        assert now.last_window_at == START - timedelta(minutes=1)

    async def test_a_replay_of_long_ago_has_a_rate_too(self, store: SqlStore, clock: FakeClock) -> None:
        async with store.begin() as unit:
            await unit.save_topics([topic("refunds")])
            await unit.record_windows([window(MIDNIGHT - 365 * 86_400, 25)])

        (status,) = await store.topics(clock.now())

        assert status.per_minute == 25 / 5

    async def test_pages_and_open_incidents_are_counted_for_each_topic(self, store: SqlStore) -> None:
        def of(number: int, *, state: IncidentState = IncidentState.RESOLVED, history: bool = False) -> None:
            everything.append(incident(number, topic="refunds", state=state, history=history))

        everything: list[Incident] = []
        of(1)
        of(2, state=IncidentState.ACKNOWLEDGED)
        of(3)
        of(4, history=True)
        async with store.begin() as unit:
            await unit.save_topics([topic("refunds"), topic("flights")])
            for one in everything:
                await unit.save(one, [], expected_revision=None)
            for one in everything[:2]:
                await unit.enqueue([delivery(f"{one.id}-{way}", one, notifier=way) for way in ("slack", "pagerduty")])
        for lease in await store.lease(START, seconds=30, limit=9):
            await store.settle(lease, sent(lease.delivery))

        refunds, flights = await store.topics(START + timedelta(days=1))
        a_week_on, _ = await store.topics(START + timedelta(days=8))

        assert (refunds.pages_this_week, refunds.open_incidents) == (2, 1)
        assert (flights.pages_this_week, flights.open_incidents) == (0, 0)
        assert (a_week_on.pages_this_week, a_week_on.open_incidents) == (0, 1)


async def test_a_store_that_answers_is_healthy(store: SqlStore) -> None:
    await store.healthy()
