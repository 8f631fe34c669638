"""What is thinned, what is forgotten, and what stays, on SQLite and on Postgres."""

import asyncio
import random
from collections import Counter
from datetime import timedelta

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from alerting.errors import UnknownIncident
from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.retention import Cutoffs, Removed, cutoffs
from alerting.incidents.sql.store import SqlStore
from alerting.metrics import AlertingMetrics
from alerting.retention import Retention
from alerting.settings import RetentionSettings
from streams.events import Sample
from tests.contract.conftest import Opener
from tests.fakes.clock import START, FakeClock
from tests.fakes.hurrying_clock import HurryingClock, rounds_of_the_loop
from tests.fakes.stored import MIDNIGHT, curve, delivery, entry, incident, save, sent, window

DAY = 86_400
HOUR = 3600
SETTINGS = RetentionSettings(
    minutes_days=7, quarters_days=20, windows_days=40, samples_days=7, deliveries_days=20, incidents_days=30
)
AGES = (50, 25, 10, 2)  # days: forgotten, by the hour, by the quarter, by the minute


async def record_a_past(store: SqlStore, clock: FakeClock, *, hours: int = 3) -> None:
    """Some hours of some days, a mention in every second minute; then a day goes by, and nothing more comes."""
    for age in AGES:
        first = MIDNIGHT - age * DAY
        async with store.begin() as unit:
            await unit.record_windows([window(first + 60 * minute, 3) for minute in range(0, hours * 60, 2)])
            await unit.record_windows([window(first + 14 * HOUR, 1)])  # ten hours on, so that the topic is folded
    await clock.advance(DAY + 1)


async def go_through(store: SqlStore, clock: FakeClock) -> AlertingMetrics:
    """One whole pass; time goes on between the batches."""
    metrics = AlertingMetrics(CollectorRegistry())
    retention = Retention(store, SETTINGS, HurryingClock(1000), metrics)
    before = cutoffs(SETTINGS, clock.now())
    while await store.retain(before):
        pass
    await retention.go_through(asyncio.Event())
    return metrics


async def widths(store: SqlStore, age: int) -> Counter[int]:
    """How many windows of which width there are of that day."""
    return Counter(point.seconds for point in await curve(store, start=MIDNIGHT - age * DAY, seconds=1))


async def by_hour(store: SqlStore) -> dict[int, int]:
    """Mentions of every hour of the past that is not forgotten."""
    points = await curve(store, start=MIDNIGHT - 40 * DAY, days=41, seconds=HOUR)
    return {point.start: point.mentions for point in points}


async def test_windows_become_wider_with_age_and_keep_their_sums(store: SqlStore, store_clock: FakeClock) -> None:
    await record_a_past(store, store_clock)
    before = await by_hour(store)

    await go_through(store, store_clock)

    assert await by_hour(store) == before
    assert len(before) == 3 * (3 + 1)
    assert await widths(store, 2) == {60: 3 * 30 + 1}
    assert await widths(store, 10) == {900: 3 * 4 + 1}
    assert await widths(store, 25) == {3600: 3 + 1}
    assert await widths(store, 50) == {}


async def test_what_was_expected_and_the_mood_survive_as_the_curve_adds_them_up(
    store: SqlStore, store_clock: FakeClock
) -> None:
    await record_a_past(store, store_clock)
    start = MIDNIGHT - 25 * DAY
    before = (await curve(store, start=start, seconds=HOUR))[0]

    await go_through(store, store_clock)

    after = (await curve(store, start=start, seconds=HOUR))[0]
    assert (after.mentions, after.negative, after.polarity, after.score) == (90, 90, -0.5, 0.5)
    assert before.expected == pytest.approx(60 * 4.0)
    assert after.expected == pytest.approx(60 * 4.0)
    assert after.low == pytest.approx(before.low)
    assert after.high == pytest.approx(before.high)


async def test_a_past_that_is_just_being_loaded_is_left_alone_until_it_is_settled(
    store: SqlStore, store_clock: FakeClock
) -> None:
    await record_a_past(store, store_clock)
    async with store.begin() as unit:
        await unit.record_windows([window(MIDNIGHT - 10 * DAY + 60, 5), window(MIDNIGHT, 1)])

    await go_through(store, store_clock)
    loading = await widths(store, 10)
    await store_clock.advance(DAY + 1)
    await go_through(store, store_clock)

    assert loading[60] > 0
    assert await widths(store, 10) == {900: 3 * 4 + 1}


async def test_a_correction_of_what_was_added_up_counts_nothing_twice(store: SqlStore, store_clock: FakeClock) -> None:
    await record_a_past(store, store_clock)
    await go_through(store, store_clock)
    before = await by_hour(store)

    async with store.begin() as unit:
        await unit.record_windows([window(MIDNIGHT - 10 * DAY, 9, revision=1)])
    at_once = await by_hour(store)
    await store_clock.advance(2 * DAY)
    await go_through(store, store_clock)

    assert at_once == before
    assert await by_hour(store) == before


@pytest.mark.parametrize("seed", range(3))
async def test_killed_anywhere_it_loses_nothing_and_goes_on_where_it_was(
    another: Opener, store_clock: FakeClock, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311  # repeatable
    store = await another()
    await record_a_past(store, store_clock, hours=2)
    expected = await by_hour(store)

    for _ in range(12):
        living = await another()
        async with asyncio.TaskGroup() as group:
            working = group.create_task(
                Retention(living, SETTINGS, store_clock, AlertingMetrics(CollectorRegistry())).run(asyncio.Event()),
                name="retention",
            )
            await rounds_of_the_loop(rng.choice((0, 1, 3, 10, 40, 200, 1000)))
            working.cancel()
        await living.close()
        assert await by_hour(store) == expected
    await go_through(store, store_clock)

    assert await by_hour(store) == expected
    assert await widths(store, 25) == {3600: 2 + 1}


def aged(number: int, days: float, state: IncidentState = IncidentState.RESOLVED) -> Incident:
    at = START - timedelta(days=days)
    sample = Sample("x:1", "where is my money", at)
    made = incident(number, state=state, joined=(f"topic-{number}",))
    return msgspec.structs.replace(
        made,
        opened_at=at,
        evidence=msgspec.structs.replace(made.evidence, samples=(sample,)),
        parts=tuple(msgspec.structs.replace(part, mentions=("x:1",), terms={"money": 3.0}) for part in made.parts),
    )


async def test_resolved_incidents_lose_their_samples_then_their_deliveries_then_are_forgotten(
    store: SqlStore, store_clock: FakeClock
) -> None:
    young, without_samples, untold, gone = (aged(number, days) for number, days in enumerate((1, 10, 25, 35), start=1))
    still_open = aged(5, 35, IncidentState.ACKNOWLEDGED)
    everything = (young, without_samples, untold, gone, still_open)
    async with store.begin() as unit:
        for one in everything:
            await unit.save(one, [entry(one)], expected_revision=None)
            await unit.enqueue([delivery(f"d-{one.id}", one, at=one.opened_at)])
    for lease in await store.lease(START, seconds=30, limit=9):
        await store.settle(lease, sent(lease.delivery))

    metrics = await go_through(store, store_clock)

    kept = {one.id: await store.get(one.id) for one in everything if one is not gone}
    assert kept[young.id] == young
    assert kept[still_open.id] == still_open
    assert kept[without_samples.id].evidence.samples == ()
    assert [(part.mentions, part.terms) for part in kept[without_samples.id].parts] == [((), {"money": 3.0})]
    assert kept[untold.id].evidence.observed == untold.evidence.observed
    with pytest.raises(UnknownIncident):
        await store.get(gone.id)
    told = {one.id: len(await store.deliveries(one.id)) for one in everything}
    assert told == {young.id: 1, without_samples.id: 1, untold.id: 0, gone.id: 0, still_open.id: 1}
    assert metrics.registry.get_sample_value("tocsin_retention_finished_timestamp_seconds")


async def test_a_message_that_is_still_on_its_way_keeps_its_incident(store: SqlStore, store_clock: FakeClock) -> None:
    old = aged(1, 35)
    async with store.begin() as unit:
        await unit.save(old, [entry(old)], expected_revision=None)
        await unit.enqueue([delivery("d1", old, at=old.opened_at)])

    await go_through(store, store_clock)

    assert (await store.get(old.id)).id == old.id
    assert len(await store.deliveries(old.id)) == 1


async def test_the_audit_trail_verifies_after_its_incidents_are_forgotten(
    store: SqlStore, store_clock: FakeClock
) -> None:
    old = aged(1, 35)
    async with store.begin() as unit:
        await unit.save(old, [entry(old, text="It began long ago.")], expected_revision=None)
    await go_through(store, store_clock)
    await save(store, 2)

    head = await store.audit_head()
    walk = store.chain.follow(head)
    for link in await store.audit_after(0, limit=100):
        walk.take(link)

    assert walk.finish() is None
    assert walk.verified == 2
    assert [line.text for line in await store.timeline(old.id)] == ["It began long ago."]


async def test_an_episode_of_a_forgotten_incident_can_open_a_new_one(store: SqlStore, store_clock: FakeClock) -> None:
    old = aged(1, 35)
    async with store.begin() as unit:
        await unit.save(old, [], expected_revision=None)
    await go_through(store, store_clock)

    async with store.begin() as unit:
        assert await unit.by_episode(old.episode) is None
        await unit.save(msgspec.structs.replace(incident(2), episode=old.episode), [], expected_revision=None)


async def test_a_batch_that_fails_is_told_and_does_not_end_the_process_that_pages() -> None:
    class Broken:
        """A store with a fault that nobody foresaw."""

        tried = 0

        async def retain(self, before: Cutoffs) -> Removed:
            self.tried += 1
            raise RuntimeError(f"nobody foresaw this: {before.settled}")

    clock, stop, broken = FakeClock(), asyncio.Event(), Broken()
    retention = Retention(broken, SETTINGS, clock, AlertingMetrics(CollectorRegistry()))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(retention.run(stop), name="retention")
        await clock.advance(2 * 3600 + 1)
        stop.set()
        await clock.advance(1)
        await running

    assert broken.tried == 3


def spoken(number: int, *, author: int) -> Incident:
    """An incident that shows one mention, by this author."""
    made = aged(number, 1)
    (sample,) = made.evidence.samples
    theirs = (msgspec.structs.replace(sample, author="Jane", author_number=author),)
    return msgspec.structs.replace(made, evidence=msgspec.structs.replace(made.evidence, samples=theirs))


async def test_an_author_is_taken_out_of_every_incident_and_nobody_else_is(store: SqlStore) -> None:
    many = [spoken(number, author=2**63 + 5 if number % 2 else 7) for number in range(1, 46)]
    async with store.begin() as unit:
        for one in many:
            await unit.save(one, [entry(one)], expected_revision=None)

    changed = await store.erase_author(2**63 + 5)
    again = await store.erase_author(2**63 + 5)

    assert (changed, again) == (23, 0)
    for one in many:
        (author,) = {sample.author_number for sample in one.evidence.samples}
        left = await store.get(one.id)
        assert left.evidence.samples == (() if author == 2**63 + 5 else one.evidence.samples)
        assert left.evidence.observed == one.evidence.observed
        assert left.parts[0].mentions == (() if author == 2**63 + 5 else ("x:1",))


async def test_a_number_that_only_begins_like_the_authors_changes_nothing(store: SqlStore) -> None:
    async with store.begin() as unit:
        one = spoken(1, author=712)
        await unit.save(one, [entry(one)], expected_revision=None)

    changed = await store.erase_author(71)

    assert changed == 0
    assert await store.get(one.id) == one
