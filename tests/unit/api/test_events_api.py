import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from alerting.api import live as live_module
from alerting.incidents.model import TimelineEntry, Transition
from tests.fakes.api_house import api_house
from tests.fakes.clock import START, FakeClock
from tests.fakes.memory_store import MemoryStore
from tests.fakes.storyboard import incident_at

PATH = "/api/v1/events"
INCIDENT = incident_at(START)


def happen(store: MemoryStore, *texts: str) -> None:
    store.add(INCIDENT, *(TimelineEntry(INCIDENT.id, START, Transition.GREW, "tocsin", text) for text in texts))


def store_with(*texts: str) -> MemoryStore:
    store = MemoryStore()
    happen(store, *texts)
    return store


async def events(chunks: AsyncIterator[str], count: int) -> list[tuple[int, str]]:
    """The next `count` events: id and text."""
    found: list[tuple[int, str]] = []
    async for chunk in chunks:
        lines = dict(line.split(": ", 1) for line in chunk.strip().split("\n") if not line.startswith(":"))
        if lines.get("event") == "incident":
            found.append((int(lines["id"]), json.loads(lines["data"])["text"]))
        if len(found) == count:
            break
    return found


async def test_tells_what_happens_from_now_on() -> None:
    store = store_with("before")
    async with api_house(store=store) as house, house.api.stream(PATH) as (answer, chunks):
        first = await anext(chunks)
        happen(store, "after", "later")
        found = await events(chunks, 2)

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert first == "retry: 2000\nid: 1\n\n"
    assert found == [(2, "after"), (3, "later")]


async def test_goes_on_behind_the_last_event_that_the_client_saw() -> None:
    store = store_with("one", "two", "three")
    async with api_house(store=store) as house, house.api.stream(PATH, Last_Event_ID="1") as (_, chunks):
        found = await events(chunks, 2)
        happen(store, "four")
        found += await events(chunks, 1)

    assert found == [(2, "two"), (3, "three"), (4, "four")]


async def test_a_client_that_comes_back_after_very_long_misses_nothing() -> None:
    count = live_module.KEPT + 700  # more than is kept in memory, and more than one pack
    store = store_with("first")
    async with api_house(store=store) as house:
        happen(store, *(f"entry {number}" for number in range(count)))
        async with house.api.stream(PATH, Last_Event_ID="1") as (_, chunks):
            found = await events(chunks, count)

    assert [position for position, _ in found] == list(range(2, count + 2))


async def test_an_id_from_the_future_is_now() -> None:
    store = store_with("one")
    async with api_house(store=store) as house, house.api.stream(PATH, Last_Event_ID="99") as (_, chunks):
        await anext(chunks)
        happen(store, "two")
        found = await events(chunks, 1)

    assert found == [(2, "two")]


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 30, "\u0663".encode().decode("latin-1")])
async def test_an_id_that_is_none_of_ours_is_refused(last: str) -> None:
    async with api_house(store=store_with("one")) as house:
        answer = await house.api.get(PATH, Last_Event_ID=last)

    assert answer.status == 400


async def test_a_silent_line_is_kept_open_every_fifteen_seconds() -> None:
    clock = FakeClock()
    async with api_house(store=store_with("one"), clock=clock) as house, house.api.stream(PATH) as (_, chunks):
        await anext(chunks)
        await clock.advance(15)
        beat = await anext(chunks)

    assert beat == ": still here\n\n"


async def test_changes_of_other_processes_are_seen_within_two_seconds() -> None:
    clock = FakeClock()
    store = store_with("one")
    async with api_house(store=store, clock=clock) as house, house.api.stream(PATH) as (_, chunks):
        await anext(chunks)
        # Another process writes to the same database: nobody tells this one.
        store.entries.append(TimelineEntry(INCIDENT.id, START, Transition.GREW, "tocsin", "elsewhere", position=2))
        await clock.advance(2)
        found = await events(chunks, 1)

    assert found == [(2, "elsewhere")]


async def test_an_outage_of_the_database_only_delays_the_stream() -> None:
    clock = FakeClock()
    store = store_with("one")
    async with api_house(store=store, clock=clock) as house, house.api.stream(PATH) as (_, chunks):
        await anext(chunks)
        store.down = True
        happen(store, "during")
        await clock.advance(10)
        store.down = False
        await clock.advance(2)
        found = await events(chunks, 1)

    assert found == [(2, "during")]


async def test_text_with_line_breaks_stays_one_event() -> None:
    store = store_with("one")
    async with api_house(store=store) as house, house.api.stream(PATH) as (_, chunks):
        await anext(chunks)
        happen(store, "two\n\nevent: incident\ndata: forged\u2028")
        found = await events(chunks, 1)

    assert found == [(2, "two\n\nevent: incident\ndata: forged\u2028")]


async def test_only_so_many_clients_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "MOST_LISTENERS", 1)
    async with api_house(store=store_with("one")) as house:
        async with house.api.stream(PATH) as (_, chunks):
            await anext(chunks)
            refused = await house.api.get(PATH)
        async with house.api.stream(PATH) as (answer, _):
            allowed = answer.status

    assert refused.status == 503
    assert refused.headers["retry-after"] == "30"
    assert allowed == 200


async def test_closing_ends_every_stream() -> None:
    async with api_house(store=store_with("one")) as house, house.api.stream(PATH) as (_, chunks):
        await anext(chunks)
        house.app.state.live.close()
        async with asyncio.timeout(5):
            rest = [chunk async for chunk in chunks]

    assert [chunk for chunk in rest if "event:" in chunk] == []


async def test_a_stream_ends_after_an_hour_so_that_its_key_is_asked_for_again() -> None:
    clock = FakeClock()
    async with api_house(store=store_with("one"), clock=clock) as house, house.api.stream(PATH) as (_, chunks):
        await anext(chunks)
        await clock.advance(3600)
        rest = [chunk async for chunk in chunks]

    assert rest == [": still here\n\n"] * (3600 // 15)
