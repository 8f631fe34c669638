"""What every store has to keep of groups, on SQLite and on Postgres."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec
import pytest

from alerting.errors import Stale
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.group import Grouping
from alerting.incidents.model import IncidentState, Transition
from alerting.incidents.sql.store import SqlStore
from tests.fakes.clock import START
from tests.fakes.stored import delivery, enqueue, incident, save, together

Opener = Callable[[], Awaitable[SqlStore]]

OWNER = Grouping(key='{}:{owner="Payments"}', labels=("owner=Payments",), wait_seconds=30, interval_seconds=300)
MINUTE = timedelta(minutes=1)
FLUSH = START + timedelta(seconds=30)


async def joins(store: SqlStore, number: int, now: datetime, *, receiver: str = "comms") -> datetime:
    async with store.begin() as unit:
        return await unit.join_group(receiver, OWNER, incident(number).id, now)


async def resolve(store: SqlStore, number: int) -> None:
    over = msgspec.structs.replace(incident(number), state=IncidentState.RESOLVED, revision=2)
    async with store.begin() as unit:
        await unit.save(over, [], expected_revision=1)


class TestGroups:
    async def test_a_group_goes_out_after_its_wait_and_then_at_every_interval(self, store: SqlStore) -> None:
        await save(store, 1, 2, 3, 4)

        flushes = [
            await joins(store, number, START + minutes * MINUTE)
            for number, minutes in ((1, 0), (2, 0.25), (3, 2), (4, 12))
        ]

        assert flushes == [FLUSH, FLUSH, FLUSH + 5 * MINUTE, FLUSH + 15 * MINUTE]
        assert await store.group_members("comms", OWNER.key) == tuple(incident(number).id for number in (1, 2, 3, 4))

    async def test_a_group_that_went_out_is_over_when_all_in_it_is(self, store: SqlStore) -> None:
        await save(store, 1, 2, 3)
        await joins(store, 1, START)
        await joins(store, 2, START)
        await resolve(store, 1)
        still = await joins(store, 3, START + 2 * MINUTE)
        await resolve(store, 2)
        await resolve(store, 3)
        await save(store, 4)

        anew = await joins(store, 4, START + 20 * MINUTE)

        assert still == FLUSH + 5 * MINUTE
        assert anew == FLUSH + 20 * MINUTE
        assert await store.group_members("comms", OWNER.key) == (incident(4).id,)

    async def test_a_group_is_of_one_receiver(self, store: SqlStore) -> None:
        await save(store, 1, 2)
        await joins(store, 1, START)

        other = await joins(store, 2, START + 2 * MINUTE, receiver="care")

        assert other == FLUSH + 2 * MINUTE

    async def test_two_processes_agree_on_when_a_group_goes_out(self, store: SqlStore, another: Opener) -> None:
        other = await another()
        await save(store, *range(12))
        flushes: list[datetime] = []

        async def join(process: SqlStore, number: int) -> None:
            flushes.append(await joins(process, number, START + number * timedelta(seconds=1)))

        await together(join(process, number) for number, process in enumerate([store, other] * 6))

        assert len(set(flushes)) == 1
        assert len(await store.group_members("comms", OWNER.key)) == 12

    async def test_a_unit_that_fails_joins_nothing(self, store: SqlStore) -> None:
        await save(store, 1)

        async def joins_and_fails() -> None:
            async with store.begin() as unit:
                await unit.join_group("comms", OWNER, incident(1).id, START)
                await unit.save(incident(1), [], expected_revision=7)

        with pytest.raises(Stale):
            await joins_and_fails()

        assert await store.group_members("comms", OWNER.key) == ()

    async def test_what_waits_is_hastened_but_for_who_is_asleep_and_what_was_begun(self, store: SqlStore) -> None:
        later = START + timedelta(hours=1)
        group = OWNER.at(later)
        waiting = [
            msgspec.structs.replace(
                delivery(name, incident(1), receiver=name, at=later), digest=group.digest, group=group
            )
            for name in ("comms", "asleep", "tried")
        ]
        tried = msgspec.structs.replace(waiting[2], attempts=1)
        update = delivery("update", incident(1), Transition.GREW, receiver="care", at=later)
        await enqueue(store, *waiting[:2], tried, update)

        async with store.begin() as unit:
            await unit.hasten(incident(1).id, ("asleep",), START)
        leased = await store.lease(START, seconds=30, limit=9)

        assert [lease.delivery.id for lease in leased] == ["comms"]
        assert leased[0].delivery.group is None
        assert leased[0].delivery.digest == ""
        assert {one.state for one in await store.deliveries(incident(1).id)} == {DeliveryState.PENDING}

    async def test_a_digest_is_leased_whole_however_many_stand_in_it(self, store: SqlStore) -> None:
        group = OWNER.at(START)
        await enqueue(
            store,
            *(
                msgspec.structs.replace(delivery(f"d{number}", incident(number)), digest=group.digest, group=group)
                for number in range(20)
            ),
            delivery("alone", incident(90)),
        )

        leased = await store.lease(START, seconds=30, limit=3)
        nothing_else = await store.lease(START, seconds=30, limit=3)

        assert {lease.delivery.id for lease in leased} == {f"d{number}" for number in range(20)}
        assert [lease.delivery.id for lease in nothing_else] == ["alone"]
