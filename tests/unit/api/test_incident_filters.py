"""Incidents over HTTP by matchers, in Alertmanager's words."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from alerting.api.incident_search import LOOKED_AT, search
from alerting.incidents.model import Severity
from alerting.incidents.store import IncidentFilter
from alerting.routing.matchers import Matcher
from tests.fakes.api_house import ApiHouse, api_house
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stored import incident

PATH = "/api/v1/incidents"
RANKS = (Severity.SEV1, Severity.SEV2, Severity.SEV3)
NUMBERS = range(9)


@pytest.fixture
async def house() -> AsyncIterator[ApiHouse]:
    """Nine open incidents of three severities and of owners by turns, payments and nobody."""
    store = MemoryStore()
    for number in NUMBERS:
        fresh = incident(number, topic=f"topic-{number}", severity=RANKS[number % 3])
        store.add(replace(fresh, owner="payments" if number % 2 else None))
    async with api_house(store=store) as made:
        yield made


async def listed(house: ApiHouse, *matchers: str, more: str = "") -> list[int]:
    """The numbers of what every page together holds, in the order in which they came."""
    query = "&".join(f"filter={quote(matcher)}" for matcher in matchers)
    target: str | None = f"{PATH}?{query}{more}"
    found: list[int] = []
    while target is not None:
        answer = await house.api.get(target)
        assert answer.status == 200, answer.text
        found += [int(one["id"].removeprefix("inc_")) for one in answer.json()["incidents"]]
        link = answer.headers.get("link")
        target = link[1 : link.index(">")] if link else None
    return found


@pytest.mark.parametrize(
    ("matchers", "numbers"),
    [
        (['severity="SEV1"'], [6, 3, 0]),
        (["severity=~SEV1|SEV2", "owner=payments"], [7, 3, 1]),
        (["owner="], [8, 6, 4, 2, 0]),
        (["topic!~topic-[0-6]"], [8, 7]),
        (["brand=Nobody"], []),
    ],
)
async def test_all_matchers_have_to_hold(house: ApiHouse, matchers: list[str], numbers: list[int]) -> None:
    assert await listed(house, *matchers) == numbers


async def test_pages_lead_through_all_that_match_and_repeat_none(house: ApiHouse) -> None:
    assert await listed(house, "owner=", more="&limit=2") == [8, 6, 4, 2, 0]


async def test_a_page_that_would_take_too_long_leads_on() -> None:
    store = MemoryStore()
    for number in range(LOOKED_AT + 1):
        store.add(incident(number))
    oldest = [Matcher.parse("topic=topic-0")]

    first = await search(store, IncidentFilter(), oldest, cursor=None, limit=5, readings=1)
    second = await search(store, IncidentFilter(), oldest, cursor=first.next_cursor, limit=5, readings=1)

    assert (first.incidents, second.next_cursor) == ((), None)
    assert [one.topic for one in second.incidents] == ["topic-0"]


@pytest.mark.parametrize("wrong", ["severity", "colour=red", "topic=~("])
async def test_what_is_no_matcher_is_refused_with_its_reason(house: ApiHouse, wrong: str) -> None:
    answer = await house.api.get(f"{PATH}?filter={quote(wrong)}")

    assert answer.status == 422
    assert answer.json()["type"] == "urn:tocsin:problem:invalid-filter"
