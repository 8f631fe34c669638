"""Every change of what is tracked that somebody made over the API stands in the audit trail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from alerting.catalogue import Catalogue
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.settings import DatabaseSettings
from alerting.topic_ledger import TopicLedger
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.errors import TopicRefused
from streams.kafka_topics import specs
from streams.settings import StreamSettings, TopicSettings
from tests.fakes.clock import FakeClock

REFUNDS = TopicSettings(id="refunds", name="Refunds", query="refund*")
SETTINGS = StreamSettings(topics=(REFUNDS,))
LATE = TopicSettings(id="late", name="Late", query="late OR delayed")


@asynccontextmanager
async def ledger(folder: Path) -> AsyncIterator[tuple[TopicLedger, SqlStore, FakeClock]]:
    clock, stop = FakeClock(), asyncio.Event()
    cluster = MemoryCluster(clock=clock)
    for spec in specs(SETTINGS):
        cluster.create(spec)
    store = await open_store(DatabaseSettings(url=f"sqlite:///{folder}/t.db"), clock)
    catalogue = Catalogue(SETTINGS, broker=MemoryBroker(cluster), clock=clock, know=lambda _: None)
    async with asyncio.TaskGroup() as group:
        group.create_task(catalogue.run(stop), name="catalogue")
        await clock.advance(1)
        yield TopicLedger(catalogue, store, clock), store, clock
        stop.set()
        await clock.advance(1)
    await store.close()


async def recorded(store: SqlStore) -> list[tuple[str, str]]:
    """Act and text of every record, oldest first; the chain verifies."""
    walk = store.chain.follow(await store.audit_head())
    links = await store.audit_after(0, limit=100)
    for link in links:
        walk.take(link)
    assert walk.finish() is None
    changes = await store.directives("topic_change", limit=100)
    lines = [line for change in changes for line in await store.directive_lines(change.id)]
    assert len(lines) == len(links)
    return [(line.act, line.text) for line in sorted(lines, key=lambda line: line.position)]


async def test_declaring_changing_and_removing_are_recorded_under_the_name_of_who_did(tmp_path: Path) -> None:
    async with ledger(tmp_path) as (topics, store, clock):
        await topics.put(LATE, by="jo", expected=None)
        await clock.advance(1)
        await topics.put(LATE.model_copy(update={"query": "late"}), by="ada", expected=None)
        await clock.advance(1)
        await topics.remove("late", by="jo", expected=None)

        assert await recorded(store) == [
            ("topic.declared", "Topic late declared by jo: late OR delayed"),
            ("topic.declared", "Topic late declared by ada: late"),
            ("topic.removed", "Topic late removed by jo"),
        ]


async def test_the_same_again_is_recorded_once(tmp_path: Path) -> None:
    async with ledger(tmp_path) as (topics, store, clock):
        for _ in range(3):
            await topics.put(LATE, by="jo", expected=None)
            await clock.advance(1)

        assert len(await recorded(store)) == 1


async def test_what_was_refused_is_not_recorded(tmp_path: Path) -> None:
    async with ledger(tmp_path) as (topics, store, _):
        with pytest.raises(TopicRefused):
            await topics.remove("refunds", by="jo", expected=None)

        assert await recorded(store) == []
