"""A page of one incident for people without an account."""

from datetime import timedelta

import msgspec
import pytest

from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.situation_link import MOST_LINKS
from alerting.incidents.statement import Statement
from tests.fakes.api_house import NAME, ApiHouse, api_house, field, sign_in
from tests.fakes.asgi_client import Answer
from tests.fakes.clock import START, FakeClock
from tests.fakes.storyboard import REFUNDS, storyboard

LINKS = f"/api/v1/incidents/{REFUNDS}/links"


def current(house: ApiHouse) -> Incident:
    return house.store.incidents[REFUNDS]


async def made(house: ApiHouse, hours: float = 4) -> dict[str, str]:
    answer = await house.api.post_json(LINKS, {"hours": hours})
    assert answer.status == 201
    found: dict[str, str] = answer.json()
    return found


async def opened(house: ApiHouse, path: str) -> Answer:
    """By somebody who has no key and no session."""
    return await house.browser.get(path)


async def test_whoever_has_the_link_reads_what_is_going_on_and_no_names() -> None:
    store = storyboard(START)
    told = msgspec.structs.replace(
        store.incidents[REFUNDS],
        statement=Statement("Card provider is down", "Ravi Rao", START, cause="DNS"),
        assignee="Ada Lovelace",
        acknowledged_by="Ada Lovelace",
        state=IncidentState.ACKNOWLEDGED,
    )
    store.incidents[REFUNDS] = told
    async with api_house(store=store) as house:
        link = await made(house)

        page = await opened(house, link["path"])

    assert page.status == 200
    assert "Card provider is down" in page.text
    assert "DNS" in page.text
    assert "being worked on" in page.text
    for internal in (
        "Ravi Rao",
        "Ada Lovelace",
        "jo",
        "Payments",
        "/incidents/",
        "#comms",
        "PagerDuty",
        "csrf",
        REFUNDS,
    ):
        assert f">{internal}" not in page.text
        assert internal == "jo" or internal not in page.text
    for sample in told.evidence.samples:
        assert sample.text not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in page.headers["x-robots-tag"]


async def test_the_link_opens_no_other_page() -> None:
    async with api_house(store=storyboard(START)) as house:
        link = await made(house)
        await opened(house, link["path"])

        for path in (
            "/",
            f"/incidents/{REFUNDS}",
            f"/incidents/{REFUNDS}/work",
            "/topics/refunds",
            LINKS,
            link["path"] + "/",
        ):
            answer = await opened(house, path)
            assert answer.status in {303, 401, 404}, path
        page = await opened(house, link["path"])
        assert 'href="/' not in page.text.replace('href="/static/', "").replace('href="#', "")


async def test_it_is_over_when_its_time_is_over() -> None:
    clock = FakeClock()
    async with api_house(store=storyboard(START), clock=clock) as house:
        link = await made(house, hours=4)

        await clock.advance(4 * 3600 - 1)
        before = await opened(house, link["path"])
        await clock.advance(2)
        after = await opened(house, link["path"])

    assert (before.status, after.status) == (200, 404)


async def test_taken_back_it_opens_nothing_at_once_and_both_stand_in_the_timeline() -> None:
    async with api_house(store=storyboard(START)) as house:
        link = await made(house)

        gone = await house.api.request("DELETE", f"{LINKS}/{link['id']}", {}, b"")
        again = await house.api.request("DELETE", f"{LINKS}/{link['id']}", {}, b"")
        page = await opened(house, link["path"])
        listed = (await house.api.get(LINKS)).json()

        shared = [entry for entry in house.store.entries if entry.transition is Transition.SHARED]
        assert (gone.status, again.status, page.status) == (204, 204, 404)
        assert [(entry.actor, link["id"] in entry.text) for entry in shared] == [(NAME, True), (NAME, True)]
        assert [one["path"] for one in listed if one["id"] == link["id"]] == [None]


@pytest.mark.parametrize("trick", ["cut", "flipped", "empty", "long", "other"])
async def test_an_address_that_we_did_not_make_opens_nothing_and_says_the_same(trick: str) -> None:
    async with api_house(store=storyboard(START)) as house:
        path = (await made(house))["path"]
        wrong = {
            "cut": path[:-1],
            "flipped": path[:5] + ("A" if path[5] != "A" else "B") + path[6:],
            "empty": "/s/x",
            "long": "/s/" + "A" * 5000,
            "other": "/s/" + "%00.%ff",
        }[trick]

        answer = await opened(house, wrong)

    assert answer.status == 404
    assert "This link shows nothing" in answer.text


async def test_one_address_may_look_sixty_times_a_minute() -> None:
    async with api_house(store=storyboard(START)) as house:
        path = (await made(house))["path"]

        statuses = [(await opened(house, path)).status for _ in range(61)]

    assert statuses == [200] * 60 + [429]


@pytest.mark.parametrize("hours", [0, -1, 721, "soon"])
async def test_a_link_opens_for_thirty_days_at_most(hours: object) -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.post_json(LINKS, {"hours": hours})

    assert answer.status == 422


async def test_there_are_twenty_links_at_most_and_those_that_are_over_do_not_count() -> None:
    clock = FakeClock()
    async with api_house(store=storyboard(START), clock=clock) as house:
        for _ in range(MOST_LINKS - 1):  # the storyboard has one
            await made(house, hours=1)
        too_many = await house.api.post_json(LINKS, {"hours": 1})
        await clock.advance(3601)
        fits = await house.api.post_json(LINKS, {"hours": 1})

        assert (too_many.status, fits.status) == (409, 201)
        assert len(current(house).links) == 2


async def test_an_incident_that_is_over_can_still_be_shown() -> None:
    async with api_house(store=storyboard(START)) as house:
        await house.api.post_json(f"/api/v1/incidents/{REFUNDS}/resolve", {})
        link = await made(house)

        page = await opened(house, link["path"])

    assert page.status == 200
    assert "over" in page.text


async def test_the_console_makes_links_and_takes_them_back() -> None:
    async with api_house(store=storyboard(START)) as house:
        await sign_in(house.browser)
        work = f"/incidents/{REFUNDS}/work"
        csrf = field(await house.browser.get(work), "csrf")
        await house.browser.post_form(f"/incidents/{REFUNDS}/share", {"csrf": csrf, "hours": "24", "following": work})
        made_links = [
            link for link in current(house).links if link.by == NAME and link.until == START + timedelta(days=1)
        ]
        page = await house.browser.get(work)
        newest = made_links[-1]

        await house.browser.post_form(f"/incidents/{REFUNDS}/unshare", {"csrf": csrf, "link": newest.id})

        assert f'id="link-{newest.id}"' in page.text
        assert [link.revoked_at for link in current(house).links if link.id == newest.id] == [START]
