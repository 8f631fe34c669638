"""The console's first page is drawn once for many, and shows what happened to the next who looks."""

import asyncio

import pytest

from alerting.api.glances import FRESH_SECONDS, Glances
from alerting.brand_scope import BrandScope, seeing
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stored import entry, incident


class Artist:
    """Draws what it is asked for, and counts; waits where it is told to."""

    def __init__(self) -> None:
        self.drawn = 0
        self.go = asyncio.Event()
        self.go.set()

    async def draw(self, csrf: str) -> str:
        self.drawn += 1
        number = self.drawn
        await self.go.wait()
        return f"page {number} <input value={csrf!r}>" if csrf else f"page {number}"


def glances() -> tuple[Glances, MemoryStore, FakeClock]:
    store, clock = MemoryStore(), FakeClock()
    return Glances(store, clock), store, clock


async def test_who_looks_at_the_same_moment_sees_the_same_page_with_a_token_of_their_own() -> None:
    kept, _, _ = glances()
    artist = Artist()

    pages = [await kept.page("whole", csrf, artist.draw) for csrf in ("one", "two", "")]

    assert pages == ["page 1 <input value='one'>", "page 1 <input value='two'>", "page 2"]


async def test_what_happened_is_seen_with_the_next_look() -> None:
    kept, store, _ = glances()
    artist = Artist()
    await kept.page("whole", "", artist.draw)
    store.add(incident(1), entry(incident(1)))

    assert await kept.page("whole", "", artist.draw) == "page 2"


async def test_a_page_is_drawn_anew_after_two_seconds() -> None:
    kept, _, clock = glances()
    artist = Artist()
    await kept.page("whole", "", artist.draw)

    await clock.advance(FRESH_SECONDS - 0.1)
    before = await kept.page("whole", "", artist.draw)
    await clock.advance(0.1)

    assert before == "page 1"
    assert await kept.page("whole", "", artist.draw) == "page 2"


async def test_while_one_has_it_drawn_the_others_see_the_last_one_and_nobody_draws_twice() -> None:
    kept, _, clock = glances()
    artist = Artist()
    await kept.page("whole", "", artist.draw)
    await clock.advance(FRESH_SECONDS)
    artist.go.clear()

    async with asyncio.TaskGroup() as group:
        first = group.create_task(kept.page("whole", "", artist.draw))
        await clock.settle()
        meanwhile = await kept.page("whole", "", artist.draw)
        artist.go.set()

    assert meanwhile == "page 1"
    assert first.result() == "page 2"
    assert artist.drawn == 2


async def test_who_sees_other_brands_sees_another_page_and_so_do_parts() -> None:
    kept, _, _ = glances()
    artist = Artist()

    whole = await kept.page("whole", "", artist.draw)
    with seeing(BrandScope.of(["Acme"])):
        limited = await kept.page("whole", "", artist.draw)
        again = await kept.page("whole", "", artist.draw)
    part = await kept.page("part", "", artist.draw)

    assert (whole, limited, again, part) == ("page 1", "page 2", "page 2", "page 3")


async def test_a_drawing_that_fails_is_tried_again_by_the_next() -> None:
    kept, _, _ = glances()
    artist = Artist()

    async def broken(_: str) -> str:
        raise RuntimeError("no database")

    with pytest.raises(RuntimeError, match="no database"):
        await kept.page("whole", "", broken)

    assert await kept.page("whole", "", artist.draw) == "page 1"
