"""Decisions in every store: kept whole but for the samples, found by id and episode, forgotten after a month."""

from datetime import timedelta

import msgspec

from alerting.incidents.sql.store import SqlStore
from streams.events import Phase
from tests.fakes.clock import START
from tests.fakes.detections import explained

OPENED = explained(episode="e1", detection_id="d1")
GREW = msgspec.structs.replace(
    explained(Phase.GREW, episode="e1", detection_id="d2"), at=OPENED.at + timedelta(minutes=9), sequence=1
)
OTHER = explained(episode="e2", detection_id="d3")


async def test_a_decision_is_kept_without_the_mentions_it_quotes(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.keep_decision(OPENED)
        await unit.keep_decision(OPENED)

    found = await store.decision("d1")

    assert OPENED.evidence.samples
    assert found == msgspec.structs.replace(OPENED, evidence=msgspec.structs.replace(OPENED.evidence, samples=()))


async def test_the_decisions_of_an_incident_are_those_of_its_episodes_in_order(store: SqlStore) -> None:
    async with store.begin() as unit:
        for one in (GREW, OTHER, OPENED):
            await unit.keep_decision(one)

    assert [one.id for one in await store.decisions(("e1",))] == ["d1", "d2"]
    assert {one.id for one in await store.decisions(("e1", "e2"))} == {"d1", "d2", "d3"}
    assert await store.decisions(()) == ()


async def test_what_was_never_taken_in_is_unknown(store: SqlStore) -> None:
    assert await store.decision("d1") is None


async def test_what_is_old_is_forgotten_with_its_id(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.keep_decision(OPENED)
    async with store.begin() as unit:
        await unit.forget_detections(START + timedelta(days=1))

    assert await store.decision("d1") is None
