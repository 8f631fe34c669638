"""What every store has to keep of calls that are due, and of schedules, on SQLite and on Postgres."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
from prometheus_client import CollectorRegistry

from alerting.dispatch import Dispatch
from alerting.escalation import Escalator
from alerting.incidents.call_store import ScheduleCopy
from alerting.incidents.escalation import Chain, ChainStep, Escalation, Target, TargetKind
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.sql.store import SqlStore
from alerting.metrics import AlertingMetrics
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from tests.fakes.clock import START, FakeClock
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.on_call import call_out
from tests.fakes.stored import delivery, enqueue, incident

Opener = Callable[[], Awaitable[SqlStore]]

CHAIN = Chain("payments", (ChainStep((Target(TargetKind.PERSON, "Ben"),), 300.0),))


def called_at(number: int, minutes: float) -> Incident:
    began = START + timedelta(minutes=minutes)
    return msgspec.structs.replace(incident(number), escalation=Escalation(CHAIN, began))


async def saved(store: SqlStore, *incidents: Incident) -> None:
    async with store.begin() as unit:
        for one in incidents:
            await unit.save(one, [], expected_revision=None)


def escalator(store: SqlStore, clock: FakeClock) -> Escalator:
    receivers = Receivers({"ben": [ScriptedNotifier()]})
    dispatch = Dispatch(Routes(RouteSettings()), receivers, calls=call_out())
    return Escalator(store, dispatch, clock, AlertingMetrics(CollectorRegistry()))


class TestCalls:
    async def test_what_is_due_is_found_the_longest_overdue_first(self, store: SqlStore) -> None:
        await saved(store, called_at(1, 2), called_at(2, 1), called_at(3, 9), incident(4))

        due = await store.calls_due(START + timedelta(minutes=2), limit=9)
        one = await store.calls_due(START + timedelta(minutes=2), limit=1)

        assert due == (incident(2).id, incident(1).id)
        assert one == due[:1]
        assert await store.next_call_at() == START + timedelta(minutes=1)

    async def test_nothing_is_due_of_what_somebody_has_taken_on(self, store: SqlStore) -> None:
        taken = msgspec.structs.replace(called_at(1, 0), state=IncidentState.ACKNOWLEDGED)
        await saved(store, taken, msgspec.structs.replace(called_at(2, 0), history=True))

        assert await store.calls_due(START + timedelta(days=1), limit=9) == ()
        assert await store.next_call_at() is None

    async def test_two_processes_make_a_call_once(
        self, store: SqlStore, another: Opener, store_clock: FakeClock
    ) -> None:
        await saved(store, *(called_at(number, 0) for number in range(8)))
        other = await another()

        async with asyncio.TaskGroup() as group:
            for each in (store, other, store, other):
                group.create_task(escalator(each, store_clock).look())
        deliveries = [await store.deliveries(incident(number).id) for number in range(8)]
        timeline = [await store.timeline(incident(number).id) for number in range(8)]

        assert [len(each) for each in deliveries] == [1] * 8
        assert [[entry.transition for entry in each] for each in timeline] == [[Transition.ESCALATED]] * 8
        assert await store.next_call_at() == START + timedelta(minutes=5)

    async def test_a_call_that_was_not_committed_is_still_due(self, store: SqlStore, store_clock: FakeClock) -> None:
        await saved(store, called_at(1, 0))
        looking = asyncio.ensure_future(escalator(store, store_clock).look())
        looking.cancel()
        await asyncio.wait([looking])

        await escalator(store, store_clock).look()

        assert len(await store.deliveries(incident(1).id)) == 1


class TestScheduleCopies:
    async def test_a_copy_outlives_the_process_and_the_newest_counts(self, store: SqlStore, another: Opener) -> None:
        old, new = ScheduleCopy("payments", START, b"old"), ScheduleCopy("payments", START, b"\x00new")
        async with store.begin() as unit:
            await unit.keep_schedule(old)
            await unit.keep_schedule(new)

        later = await another()

        assert await later.schedule_copy("payments") == new
        assert await later.schedule_copy("other") is None


class TestWhatGivesWay:
    async def test_a_page_takes_the_place_of_a_notification_and_of_a_page_that_is_due_later(
        self, store: SqlStore
    ) -> None:
        fresh = incident(1)
        calm = msgspec.structs.replace(delivery("calm", fresh, Transition.NOTIFIED), digest="slot")
        asleep = delivery("asleep", fresh, notifier="pagerduty", at=START + timedelta(hours=8))
        await enqueue(store, calm, asleep)

        async with store.begin() as unit:
            louder = delivery("awake", fresh, Transition.CALLED, notifier="pagerduty")
            await unit.enqueue([delivery("now", fresh), louder])
        leased = await store.lease(START, seconds=30, limit=9)

        assert {lease.delivery.id for lease in leased} == {"now", "awake"}

    async def test_a_digest_that_waits_is_taken_whole(self, store: SqlStore) -> None:
        slot = START + timedelta(hours=4)
        calm = [
            msgspec.structs.replace(delivery(f"d{number}", incident(number), Transition.NOTIFIED, at=slot), digest="x")
            for number in range(9)
        ]
        await enqueue(store, *calm)

        leased = await store.lease(slot, seconds=30, limit=99, most_each=2)

        assert len(leased) == 9

    async def test_incidents_of_a_topic_are_counted_from_a_time_on(self, store: SqlStore) -> None:
        await saved(store, incident(1), incident(2), msgspec.structs.replace(incident(3), history=True))

        async with store.begin() as unit:
            all_of_them = await unit.opened_since(incident(1).topic, START - timedelta(days=400))
            none = await unit.opened_since(incident(1).topic, START + timedelta(days=400))

        assert none == 0
        assert all_of_them == sum(incident(number).topic == incident(1).topic for number in (1, 2))
