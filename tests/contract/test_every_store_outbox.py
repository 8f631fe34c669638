"""What every store's outbox has to keep, on SQLite and on Postgres."""

import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
import pytest

from alerting.errors import PositionLost
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import Severity, Transition
from alerting.incidents.sql.store import SqlStore
from alerting.incidents.store import Hold
from tests.fakes.clock import START
from tests.fakes.stored import delivery, enqueue, incident, sent, together

Opener = Callable[[], Awaitable[SqlStore]]


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
        self, store: SqlStore
    ) -> None:
        await enqueue(store, delivery("page", incident(1)))
        (late,) = await store.lease(START, seconds=30, limit=9)
        (taken_over,) = await store.lease(START + timedelta(seconds=30), seconds=30, limit=9)

        with pytest.raises(PositionLost):
            await store.settle(late, sent(late.delivery, reference="late"))
        await store.settle(taken_over, sent(taken_over.delivery, reference="in time"))

        (told,) = await store.deliveries(incident(1).id)
        assert (told.state, told.reference) == (DeliveryState.SENT, "in time")

    async def test_what_a_process_held_at_its_end_is_due_again_by_the_end_of_its_lease(
        self, store: SqlStore, another: Opener
    ) -> None:
        other = await another()
        await enqueue(store, delivery("page", incident(1)))
        (held,) = await store.lease(START, seconds=12, limit=9)
        while_it_lives = await other.lease(START, seconds=12, limit=9)
        await store.close()

        at_once = await other.lease(START, seconds=12, limit=9)
        in_the_end = await other.lease(START + timedelta(seconds=12), seconds=12, limit=9)

        assert while_it_lives == ()
        first_of_the_next = (at_once or in_the_end)[0]
        assert first_of_the_next.delivery == held.delivery
        assert first_of_the_next.token > held.token
        with pytest.raises(PositionLost):
            await other.settle(held, sent(held.delivery))

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
            (Transition.COUNTED, Transition.COUNTED),
            (Transition.COUNTED, Transition.GREW),
            (Transition.COUNTED, Transition.OPENED),
            (Transition.COUNTED, Transition.RESOLVED),
        ]
        needed = [
            (Transition.GREW, Transition.COUNTED),
            (Transition.PEAKED, Transition.COUNTED),
            (Transition.OPENED, Transition.COUNTED),
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

        assert lease.delivery.change is Transition.OPENED
        assert lease.incident == incident(1, revision=2)
        assert await store.lease(START, seconds=30, limit=9) == ()
        told = {one.id: one.state for one in await store.deliveries(incident(1).id)}
        assert told == {"page": DeliveryState.SENT, "growth": DeliveryState.SUPERSEDED}

    async def test_the_outboxs_age_is_that_of_the_oldest_message_that_is_due(self, store: SqlStore) -> None:
        await enqueue(store, delivery("d1", incident(1)), delivery("d2", incident(2), at=START + timedelta(hours=1)))

        assert await store.outbox_age(START - timedelta(seconds=1)) == (2, 0.0)
        assert await store.outbox_age(START + timedelta(seconds=90)) == (2, 90.0)


class TestHolds:
    async def test_nothing_goes_to_a_destination_that_is_held_whichever_process_asks(
        self, store: SqlStore, another: Opener
    ) -> None:
        await enqueue(store, delivery("d1", incident(1)), delivery("d2", incident(2)))
        await enqueue(store, delivery("d3", incident(3), notifier="pagerduty"))
        first, *others = await store.lease(START, seconds=30, limit=9)
        again_at = START + timedelta(seconds=40)
        failed = msgspec.structs.replace(first.delivery, attempts=1, next_attempt_at=again_at)
        await store.settle(first, failed, hold=Hold("comms", "slack", again_at, 1))
        for lease in others:
            await store.settle(lease, lease.delivery)  # back, without an attempt

        while_held = await store.lease(START + timedelta(seconds=39), seconds=30, limit=9)
        last_chance = await store.lease(START + timedelta(seconds=39), seconds=30, limit=9, last_chance=START)
        afterwards = await store.lease(again_at, seconds=30, limit=9)

        assert [lease.delivery.id for lease in while_held] == ["d3"]
        assert [lease.delivery.id for lease in last_chance] == ["d2"]
        assert [lease.delivery.id for lease in afterwards] == ["d1"]
        assert await (await another()).holds() == (Hold("comms", "slack", again_at, 1),)

    async def test_a_hold_is_replaced_by_the_next_and_ends_with_what_was_sent(self, store: SqlStore) -> None:
        await enqueue(store, delivery("d1", incident(1)))
        until = START + timedelta(seconds=9)
        for failures in (1, 2):
            (lease,) = await store.lease(START + timedelta(minutes=failures), seconds=30, limit=9)
            await store.settle(lease, lease.delivery, hold=Hold("comms", "slack", until, failures))
        held = await store.holds()

        (lease,) = await store.lease(START + timedelta(minutes=3), seconds=30, limit=9)
        await store.settle(lease, sent(lease.delivery))

        assert held == (Hold("comms", "slack", until, 2),)
        assert await store.holds() == ()


class TestOverdue:
    async def test_pages_that_did_not_arrive_are_named_until_somebody_looked_after_them(self, store: SqlStore) -> None:
        late, waiting = incident(1), incident(4)
        in_an_hour = START + timedelta(hours=1)
        await enqueue(
            store,
            delivery("late", late),
            delivery("update", late, Transition.PEAKED, notifier="webhook"),
            delivery("refused", incident(2)),
            delivery("sent", incident(3)),
            msgspec.structs.replace(delivery("in group wait", waiting), next_attempt_at=in_an_hour),
        )
        for lease in await store.lease(START, seconds=30, limit=9):
            name = lease.delivery.id
            state = {"refused": DeliveryState.REJECTED, "sent": DeliveryState.SENT}.get(name, DeliveryState.PENDING)
            await store.settle(lease, msgspec.structs.replace(lease.delivery, state=state))

        early = await store.overdue_pages(START - timedelta(seconds=1), limit=9)
        overdue = await store.overdue_pages(START + timedelta(minutes=1), limit=9)
        async with store.begin() as unit:
            await unit.look_after("late")
        rest = await store.overdue_pages(START + timedelta(minutes=1), limit=9)

        assert [page.id for page in early] == ["refused"]
        assert [(page.id, page.state) for page in overdue] == [
            ("late", DeliveryState.PENDING),
            ("refused", DeliveryState.REJECTED),
        ]
        assert [page.id for page in rest] == ["refused"]

    async def test_incidents_are_counted_once_for_all_the_receivers_that_were_paged(self, store: SqlStore) -> None:
        await enqueue(
            store,
            delivery("d1", incident(1)),
            delivery("d2", incident(1), receiver="care"),
            delivery("d3", incident(2), receiver="care"),
            delivery("d4", incident(3), Transition.PEAKED),
            delivery("d5", incident(4), receiver="ops"),
            delivery("d6", incident(5), at=START - timedelta(hours=2)),
        )
        for lease in await store.lease(START, seconds=30, limit=9):
            await store.settle(lease, sent(lease.delivery))

        assert await store.pages_told(("comms", "care"), since=START - timedelta(hours=1)) == 2
        assert await store.pages_told(("comms",), since=START - timedelta(hours=3)) == 2
