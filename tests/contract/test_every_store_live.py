"""The live stream from every store, over real connections that are cut anywhere: nothing missed, nothing twice."""

import asyncio
import json
import random
from typing import Final
from urllib.parse import urlsplit

import msgspec
import pytest

from alerting.incidents.model import Incident
from alerting.settings import DatabaseSettings
from streams.clock import SystemClock
from tests.fakes.api_house import KEY, served
from tests.fakes.stored import entry, incident
from tests.fakes.whole_api import WholeApi, whole_api

pytestmark = pytest.mark.timeout(300)

CUTS: Final = 100
LINES_EACH: Final = 4  # while a connection lasts, about
CLOCK: Final = SystemClock()


class Listener:
    """Follows the stream as the standard asks: after a cut it comes back with the id of the last whole event.

    Attributes:
        heard: The text of every whole event, in the order in which they came.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        assert parts.hostname is not None
        assert parts.port is not None
        self._place = (parts.hostname, parts.port)
        self._last = 0
        self.heard: list[tuple[int, str]] = []

    async def listen(self, *, most_bytes: int | None = None, until: int = 0) -> None:
        """Connect, and cut the connection after so many bytes of the stream, or once that many events were heard."""
        reader, writer = await asyncio.open_connection(*self._place)
        host = f"{self._place[0]}:{self._place[1]}"
        request = f"GET /api/v1/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {KEY}\r\n"
        writer.write(f"{request}Last-Event-ID: {self._last}\r\n\r\n".encode())
        left, pending = most_bytes, b""
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 OK" in head
        while len(self.heard) < until or left is not None:
            size = int(await reader.readuntil(b"\r\n"), 16)  # chunked
            chunk = (await reader.readexactly(size + 2))[:-2]
            if left is not None and len(chunk) >= left:
                self._take(pending + chunk[:left])
                break
            left = None if left is None else left - len(chunk)
            pending = self._take(pending + chunk)
        writer.transport.abort()

    def _take(self, arrived: bytes) -> bytes:
        *whole, rest = arrived.split(b"\n\n")
        for event in whole:
            fields = dict(line.split(": ", 1) for line in event.decode().split("\n") if line[0] != ":")
            self._last = int(fields.get("id", self._last))
            if fields.get("event") == "incident":
                self.heard.append((self._last, json.loads(fields["data"])["text"]))
        return rest


async def write(house: WholeApi, first: Incident, done: asyncio.Event) -> list[str]:
    """Lines, one to three at a time, until told; the texts in their order."""
    rng = random.Random(20260105)  # noqa: S311  # repeatable
    texts: list[str] = []
    current = first
    while not done.is_set():
        fresh = [f"line {len(texts) + number}: \u201cquoted\u201d" for number in range(rng.randint(1, 3))]
        later = msgspec.structs.replace(current, revision=current.revision + 1)
        async with house.store.begin() as unit:
            await unit.save(later, [entry(later, text=text) for text in fresh], expected_revision=current.revision)
        texts += fresh
        current = later
        await CLOCK.sleep(0)
    return texts


async def test_across_a_hundred_cuts_nothing_is_missed_and_nothing_comes_twice(database_url: str) -> None:
    rng = random.Random(20260106)  # noqa: S311  # repeatable
    first, done = incident(1, topic="refunds"), asyncio.Event()
    async with whole_api(DatabaseSettings(url=database_url), CLOCK) as house, served(house.app) as address:
        async with house.store.begin() as unit:
            await unit.save(first, [], expected_revision=None)
        listener = Listener(address)
        async with asyncio.TaskGroup() as group, asyncio.timeout(240):
            writing = group.create_task(write(house, first, done), name="write")
            for _ in range(CUTS):
                await listener.listen(most_bytes=rng.randint(1, LINES_EACH * 300))
            done.set()
        texts = writing.result()
        await listener.listen(until=len(texts))

    assert [text for _, text in listener.heard] == texts
    positions = [position for position, _ in listener.heard]
    assert positions == sorted(set(positions))
    assert len(texts) > CUTS
