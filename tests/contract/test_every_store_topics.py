"""Incidents about several topics in every store, and the lock of a brand."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from alerting.errors import Stale
from alerting.incidents.model import IncidentState
from alerting.incidents.sql.store import SqlStore
from alerting.incidents.store import IncidentFilter
from tests.fakes.clock import START
from tests.fakes.stored import incident, topic

Opener = Callable[[], Awaitable[SqlStore]]
WIDE = incident(1, topic="refunds", joined=("app", "cards"), family="Acme")


async def test_an_incident_is_found_by_each_of_its_topics(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.save_topics([topic(name) for name in ("refunds", "app", "stores")])
        await unit.save(WIDE, [], expected_revision=None)

    async with store.begin() as unit:
        for name in ("refunds", "app", "cards"):
            assert await unit.open_for_topic(name) == WIDE
            assert await unit.latest_for_topic(name) == WIDE
        assert await unit.open_for_topic("stores") is None
    assert (await store.find(IncidentFilter(topics=("cards",)), cursor=None, limit=9)).incidents == (WIDE,)
    board = {status.topic: status.open_incidents for status in await store.topics(START)}
    assert board == {"refunds": 1, "app": 1, "stores": 0}


async def test_a_topic_is_in_one_open_incident_at_most(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.save(WIDE, [], expected_revision=None)

    with pytest.raises(Stale, match="another open incident"):
        async with store.begin() as unit:
            await unit.save(incident(2, topic="stores", joined=("app",)), [], expected_revision=None)


async def test_what_a_merge_moves_belongs_to_the_older_one(store: SqlStore) -> None:
    younger = incident(2, topic="stores", episodes=("episode-2", "late"), family="Acme")
    over = msgspec.structs.replace(younger, state=IncidentState.RESOLVED, merged_into=WIDE.id, revision=2)
    parts = (*WIDE.parts, *incident(3, joined=("stores",)).parts)
    lives = msgspec.structs.replace(WIDE, parts=parts, episodes=("episode-1", "episode-2", "late"), revision=2)
    async with store.begin() as unit:
        await unit.save(WIDE, [], expected_revision=None)
        await unit.save(younger, [], expected_revision=None)

    async with store.begin() as unit:
        await unit.save(over, [], expected_revision=1)
        await unit.save(lives, [], expected_revision=1)

    async with store.begin() as unit:
        assert await unit.by_episode("late") == lives
        assert await unit.open_for_topic("stores") == lives
        assert await unit.latest_for_topic("stores") == lives
        assert (await unit.open_for_brand("Acme")).changed == (lives,)


async def test_what_a_split_takes_along_belongs_to_the_new_one(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.save(msgspec.structs.replace(WIDE, episodes=("episode-1", "apps")), [], expected_revision=None)
    rest = msgspec.structs.replace(WIDE, parts=WIDE.parts[1:], revision=2, episodes=("episode-1",))
    fresh = incident(2, topic="app", episodes=("apps",), family="Acme")

    async with store.begin() as unit:
        await unit.save(rest, [], expected_revision=1)
        await unit.save(fresh, [], expected_revision=None)

    async with store.begin() as unit:
        assert await unit.open_for_topic("app") == fresh
        assert await unit.by_episode("apps") == fresh
        assert (await unit.open_for_brand("Acme")).changed == (rest, fresh)


async def test_open_incidents_of_a_brand_are_its_own_and_open(store: SqlStore) -> None:
    mine = [incident(number, family="Acme") for number in (2, 1)]
    async with store.begin() as unit:
        for one in (*mine, incident(3, family="Bolt"), incident(4)):
            await unit.save(one, [], expected_revision=None)
        await unit.save(incident(5, family="Acme", state=IncidentState.RESOLVED), [], expected_revision=None)

    async with store.begin() as unit:
        assert [one.id for one in (await unit.open_for_brand("Acme")).changed] == [mine[1].id, mine[0].id]
        assert [one.id for one in (await unit.open_for_brand("")).changed] == [incident(4).id]


async def test_units_of_one_brand_follow_one_another_in_two_processes(store: SqlStore, another: Opener) -> None:
    other = await another()
    seen: list[int] = []

    async def take(through: SqlStore, number: int) -> None:
        async with through.begin() as unit:
            await unit.lock_brands(["Acme", "Bolt"])
            before = (await unit.open_for_brand("Acme")).ids
            await unit.save(incident(number, family="Acme"), [], expected_revision=None)
            seen.append(len(before))

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(take(other if number % 2 else store, number), name=f"take {number}")

    assert sorted(seen) == list(range(8))


async def test_of_a_brand_only_what_changed_is_read_again(store: SqlStore) -> None:
    one, two = incident(1, family="Acme"), incident(2, family="Acme", topic="stores")
    async with store.begin() as unit:
        await unit.save(one, [], expected_revision=None)
        await unit.save(two, [], expected_revision=None)
    grown = msgspec.structs.replace(two, revision=2, why="It grew.")

    async with store.begin() as unit:
        await unit.save(grown, [], expected_revision=1)
        found = await unit.open_for_brand("Acme", {one.id: 1, two.id: 1})

    assert found.ids == (one.id, two.id)
    assert found.changed == (grown,)
