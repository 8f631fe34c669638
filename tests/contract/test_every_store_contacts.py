"""What every store keeps of the contact centre."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from alerting.incidents.contact_store import ContactDetail, ContactHour, ContactMinute, ContactsTaken
from alerting.incidents.retention import cutoffs
from alerting.incidents.sql import contact_queries
from alerting.incidents.sql.store import SqlStore
from alerting.settings import RetentionSettings
from streams.contact import Contact
from tests.fakes.clock import START, FakeClock

Opener = Callable[[], Awaitable[SqlStore]]
MINUTE = int(START.timestamp()) // 60
HOUR = timedelta(hours=1)


def contact(minutes: float = 0.0, reason: str = "refund", **told: object) -> Contact:
    return Contact(START + timedelta(minutes=minutes), reason, **told)  # type: ignore[arg-type]  # as a test names them


async def take(store: SqlStore, *contacts: Contact) -> ContactsTaken:
    async with store.begin() as unit:
        return await unit.record_contacts(contacts)


async def test_contacts_add_up_by_reason_and_minute(store: SqlStore) -> None:
    taken = await take(store, contact(0.2), contact(0.9, count=3), contact(1), contact(0, "late parcel", brand="Acme"))

    await take(store, contact(0.5))
    assert taken == ContactsTaken(counted=4)
    assert await store.contacts.minutes(START - HOUR, START + HOUR) == (
        ContactMinute("", "refund", MINUTE, 1 + 3 + 1),
        ContactMinute("Acme", "late parcel", MINUTE, 1),
        ContactMinute("", "refund", MINUTE + 1, 1),
    )
    assert await store.contacts.newest_minute() == MINUTE + 1


async def test_the_same_id_again_changes_nothing_or_replaces_what_it_said(store: SqlStore) -> None:
    await take(store, contact(id="a", count=5), contact(id="b", thread="x:7"))

    repeated = await take(store, contact(id="a", count=5))
    replaced = await take(store, contact(2, "late parcel", id="a", count=2), contact(2, "other", id="a", count=3))

    assert repeated == ContactsTaken(repeated=1)
    assert replaced == ContactsTaken(replaced=2)
    assert await store.contacts.minutes(START, START + HOUR) == (
        ContactMinute("", "refund", MINUTE, 1, linked=1),
        ContactMinute("", "other", MINUTE + 2, 3),
    )


async def test_hours_and_what_they_were_about(store: SqlStore) -> None:
    await take(
        store,
        contact(0, product="shoes", area="DE", channel="chat", count=2),
        contact(59, product="shoes", area="DE", channel="chat"),
        contact(60, product="hats"),
    )

    hours = await store.contacts.hours(START, START + 2 * HOUR)
    details = await store.contacts.details("", "refund", START, START + 2 * HOUR)

    assert hours == (ContactHour("", "refund", MINUTE // 60, 3), ContactHour("", "refund", MINUTE // 60 + 1, 1))
    assert details == (ContactDetail("shoes", "DE", "chat", 3), ContactDetail("hats", "", "phone", 1))


async def test_an_interval_begins_with_its_start_and_ends_before_its_end(store: SqlStore) -> None:
    await take(store, contact(0), contact(1), contact(2))

    found = await store.contacts.minutes(START + timedelta(minutes=1), START + timedelta(minutes=2))

    assert [one.minute for one in found] == [MINUTE + 1]


async def test_what_comes_long_after_its_minute_counts_and_is_told(store: SqlStore) -> None:
    await take(store, contact(0))

    taken = await take(store, contact(-contact_queries.LATE_MINUTES), contact(-contact_queries.LATE_MINUTES - 1))

    assert taken == ContactsTaken(counted=2, late=1)
    assert len(await store.contacts.minutes(START - HOUR, START + HOUR)) == 3


async def test_too_many_reasons_are_counted_under_other(store: SqlStore) -> None:
    most = contact_queries.MOST_LINES
    await take(store, *(contact(0, f"reason {number}") for number in range(most - 1)))

    taken = await take(store, contact(0, "the last one"), contact(0, "one too many"), contact(0, "and another"))
    known = await take(store, contact(1, "reason 7"))

    found = {(one.reason, one.minute): one.count for one in await store.contacts.minutes(START, START + HOUR)}
    assert taken.folded == 2
    assert known.folded == 0
    assert sum(found.values()) == most - 1 + 3 + 1
    assert found[contact_queries.OTHER, MINUTE] == 2


async def test_two_processes_add_to_the_same_minute(store: SqlStore, another: Opener) -> None:
    other = await another()

    async with asyncio.TaskGroup() as group:
        for number in range(10):
            one = store if number % 2 else other
            group.create_task(take(one, contact(0), contact(1), contact(0, "late parcel")), name=f"taking {number}")

    assert sum(one.count for one in await store.contacts.minutes(START, START + HOUR)) == 10 * 3


async def test_old_counts_and_ids_are_forgotten_and_younger_ones_stay(store: SqlStore, store_clock: FakeClock) -> None:
    settings = RetentionSettings(contacts_days=15)
    old = -60.0 * 24 * 16
    await take(store, contact(old, "gone", id="old"), contact(0, id="young"), contact(-60.0 * 24 * 8, id="a week"))

    while await store.retain(cutoffs(settings, store_clock.now())):
        pass

    assert [one.reason for one in await store.contacts.hours(START - 30 * 24 * HOUR, START + HOUR)] == ["refund"] * 2
    assert (await take(store, contact(0, id="young"))).repeated == 1
    assert (await take(store, contact(old, "gone", id="old"))).counted == 1
