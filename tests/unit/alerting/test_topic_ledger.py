"""Every change of what is tracked that somebody made over the API stands in the audit trail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path

import pytest

from alerting.catalogue import Catalogue
from alerting.errors import DatabaseUnavailable
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.settings import DatabaseSettings
from alerting.topic_ledger import TopicLedger
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.errors import TopicRefused
from streams.kafka_topics import specs
from streams.settings import StreamSettings
from streams.topic import Declared
from streams.topic_settings import TopicSettings
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryStore

REFUNDS = TopicSettings(id="refunds", name="Refunds", query="refund*")
SETTINGS = StreamSettings(topics=(REFUNDS,))
LATE = TopicSettings(id="late", name="Late", query="late OR delayed")


class Killed(BaseException):
    """The process died here."""


class Dying(Enum):
    """When a process dies over a change."""

    BEFORE_KAFKA = "before Kafka was told"
    AFTER_KAFKA = "after Kafka took it"


class DyingCatalogue(Catalogue):
    """The process dies over every change that it makes, before Kafka hears of it or right after."""

    dies: Dying | None = None

    async def put(self, topic: TopicSettings, *, by: str, expected: int | None, absent: bool = False) -> Declared:
        if self.dies is Dying.BEFORE_KAFKA:
            raise Killed
        declared = await super().put(topic, by=by, expected=expected, absent=absent)
        if self.dies is Dying.AFTER_KAFKA:
            raise Killed
        return declared

    async def remove(self, topic_id: str, *, by: str, expected: int | None) -> None:
        if self.dies is Dying.BEFORE_KAFKA:
            raise Killed
        await super().remove(topic_id, by=by, expected=expected)
        if self.dies is Dying.AFTER_KAFKA:
            raise Killed


class Ledger(TopicLedger):
    """With the catalogue in reach."""

    def __init__(self, catalogue: DyingCatalogue, store: SqlStore, clock: FakeClock) -> None:
        super().__init__(catalogue, store, clock)
        self.catalogue = catalogue


@asynccontextmanager
async def ledger(folder: Path, dies: Dying | None = None) -> AsyncIterator[tuple[Ledger, SqlStore, FakeClock]]:
    clock, stop = FakeClock(), asyncio.Event()
    cluster = MemoryCluster(clock=clock)
    for spec in specs(SETTINGS):
        cluster.create(spec)
    store = await open_store(DatabaseSettings(url=f"sqlite:///{folder}/t.db"), clock)
    catalogue = DyingCatalogue(SETTINGS, broker=MemoryBroker(cluster), clock=clock, know=lambda _: None)
    async with asyncio.TaskGroup() as group:
        group.create_task(catalogue.run(stop), name="catalogue")
        await clock.advance(1)
        catalogue.dies = dies
        yield Ledger(catalogue, store, clock), store, clock
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
            ("topic.asked", "jo wants topic late: late OR delayed"),
            ("topic.declared", "Topic late declared by jo: late OR delayed"),
            ("topic.asked", "ada wants topic late: late"),
            ("topic.declared", "Topic late declared by ada: late"),
            ("topic.asked", "jo wants topic late removed"),
            ("topic.removed", "Topic late removed by jo"),
        ]


async def test_the_same_again_is_recorded_as_no_change(tmp_path: Path) -> None:
    async with ledger(tmp_path) as (topics, store, clock):
        for _ in range(2):
            await topics.put(LATE, by="jo", expected=None)
            await clock.advance(1)

        acts = [act for act, _ in await recorded(store)]
        assert acts == ["topic.asked", "topic.declared", "topic.asked", "topic.unchanged"]


async def test_what_was_refused_is_recorded_as_refused(tmp_path: Path) -> None:
    async with ledger(tmp_path) as (topics, store, _):
        with pytest.raises(TopicRefused) as refusal:
            await topics.remove("refunds", by="jo", expected=None)

        assert await recorded(store) == [
            ("topic.asked", "jo wants topic refunds removed"),
            ("topic.refused", f"Refused: {refusal.value}"),
        ]


async def test_nothing_is_changed_where_it_cannot_be_recorded_who_wants_it(tmp_path: Path) -> None:
    async with ledger(tmp_path, Dying.BEFORE_KAFKA) as (topics, store, clock):
        away = MemoryStore()
        away.down = True
        unrecorded = TopicLedger(topics.catalogue, away, clock)

        with pytest.raises(DatabaseUnavailable):
            await unrecorded.put(LATE, by="jo", expected=None)

        assert "late" not in topics.declared
        assert await recorded(store) == []


@pytest.mark.parametrize(
    ("dies", "found"),
    [
        (Dying.AFTER_KAFKA, ("topic.declared", "Topic late declared by jo: late OR delayed; found later")),
        (Dying.BEFORE_KAFKA, ("topic.not_declared", "Topic late does not stand; found later")),
    ],
)
async def test_what_came_of_a_change_is_recorded_although_the_process_died_over_it(
    tmp_path: Path, dies: Dying, found: tuple[str, str]
) -> None:
    async with ledger(tmp_path, dies) as (topics, store, clock):
        with pytest.raises(Killed):
            await topics.put(LATE, by="jo", expected=None)
        await clock.advance(59)
        await topics.look()
        assert [act for act, _ in await recorded(store)] == ["topic.asked"]  # somebody may still be at work on it
        await clock.advance(1)
        for _ in range(2):
            await topics.look()

        assert await recorded(store) == [("topic.asked", "jo wants topic late: late OR delayed"), found]


async def test_a_removal_is_found_too_whether_it_came_about_or_not(tmp_path: Path) -> None:
    async with ledger(tmp_path) as (topics, store, clock):
        await topics.put(LATE, by="jo", expected=None)
        for dies, found in ((Dying.BEFORE_KAFKA, "topic.not_removed"), (Dying.AFTER_KAFKA, "topic.removed")):
            topics.catalogue.dies = dies
            with pytest.raises(Killed):
                await topics.remove("late", by="ada", expected=None)
            await clock.advance(60)
            await topics.look()

            assert (await recorded(store))[-1][0] == found


async def test_a_change_that_somebody_else_overtook_is_not_taken_for_made(tmp_path: Path) -> None:
    async with ledger(tmp_path, Dying.BEFORE_KAFKA) as (topics, store, clock):
        with pytest.raises(Killed):
            await topics.put(LATE, by="jo", expected=None)
        topics.catalogue.dies = None
        await topics.put(LATE.model_copy(update={"query": "tardy"}), by="ada", expected=None)
        await clock.advance(60)
        await topics.look()

        assert (await recorded(store))[-1] == ("topic.not_declared", "Topic late stands otherwise, by ada; found later")
