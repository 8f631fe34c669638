import asyncio

import msgspec

from alerting.fakes.inbox import Inbox, InboxEntry
from tests.fakes.clock import START


def entry(name: str) -> InboxEntry:
    return InboxEntry(id=name, vendor="slack", to="#comms", state="posted", at=START, updated_at=START, title=name)


def test_shows_the_newest_arrival_first_and_edits_in_place() -> None:
    inbox = Inbox()
    inbox.put(entry("first"))
    inbox.put(entry("second"))

    inbox.put(msgspec.structs.replace(entry("first"), edits=1))

    assert [(found.id, found.edits) for found in inbox.entries()] == [("second", 0), ("first", 1)]


def test_the_oldest_goes_when_it_is_full() -> None:
    inbox = Inbox(limit=2)

    for name in ("one", "two", "three"):
        inbox.put(entry(name))

    assert [found.id for found in inbox.entries()] == ["three", "two"]
    assert inbox.get("one") is None


async def test_a_reader_waits_until_enough_arrived() -> None:
    inbox = Inbox()

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(inbox.until(lambda entries: len(entries) == 2), name="reader")
        inbox.put(entry("one"))
        await asyncio.wait([waiting], timeout=0)
        assert not waiting.done()
        inbox.put(entry("two"))

    assert [found.id for found in waiting.result()] == ["two", "one"]
