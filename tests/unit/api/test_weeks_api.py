"""Reports of weeks over HTTP."""

import pytest

from tests.fakes.api_house import api_house
from tests.fakes.clock import START
from tests.fakes.storyboard import storyboard

WEEKLY = "/api/v1/reports/weekly"


async def test_a_week_is_counted_where_it_is_asked_for() -> None:
    async with api_house(store=storyboard(START)) as house:
        report = (await house.api.get(f"{WEEKLY}?week=2026-W02&zone=Europe/Berlin")).json()

    assert (report["week"], report["zone"], report["start"]) == ("2026-W02", "Europe/Berlin", "2026-01-04T23:00:00Z")
    assert (report["whole"]["incidents"], report["complete"]) == (3, False)


async def test_without_a_week_it_is_the_last_whole_one() -> None:
    async with api_house(store=storyboard(START)) as house:
        report = (await house.api.get(WEEKLY)).json()

    assert (report["week"], report["complete"], report["whole"]["incidents"]) == ("2026-W01", True, 0)


async def test_it_comes_as_markdown_too() -> None:
    async with api_house(store=storyboard(START)) as house:
        asked = await house.api.get(f"{WEEKLY}?week=2026-W02", Accept="text/markdown")
        named = await house.api.get(f"{WEEKLY}.md?week=2026-W02")

    assert asked.text == named.text
    assert asked.text.startswith("# Week 2026-W02\n")


@pytest.mark.parametrize(
    "query",
    # It is 2026-W02: of a later week nothing is known, which is not 0.
    [
        "week=2026-W03",
        "week=2026-W54",
        "week=2026-48",
        "zone=Mars/Olympus",
        "zone=../../etc/passwd",
        "zone=%00",
        "week=%00",
        "zone=",
    ],
)
async def test_what_is_no_week_or_no_zone_is_refused(query: str) -> None:
    async with api_house() as house:
        answers = [await house.api.get(f"{path}?{query}") for path in (WEEKLY, f"{WEEKLY}.md", "/reports/weekly")]

    assert [answer.status for answer in answers] == [422, 422, 422]
