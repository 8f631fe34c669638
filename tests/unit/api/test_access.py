"""Who may do what: every route, every role."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from html import unescape

import pytest

from alerting.access import Holder, Role
from alerting.api.keys import KeyRing
from alerting.fakes.inbox import Inbox
from tests.fakes.api_house import ApiHouse, api_house, field, sign_in
from tests.fakes.asgi_client import AsgiClient
from tests.fakes.clock import START, FakeClock
from tests.fakes.storyboard import REFUNDS, storyboard
from tests.unit.api.test_gate import OPEN, routes_below

KEYS = {role: f"a-key-for-the-{role}-of-the-tests" for role in Role}
# Everything but reading and working on incidents: whoever adds a route that changes Tocsin itself adds it here.
FOR_ADMINS = ("/api/v1/topics/refunds", "/api/v1/topics/preview", "/declare", "/api/v1/keys", "/-/reload")
OFFERING = (
    *("/", "/topics", "/topics/refunds", "/on-call", "/silences", "/feeds", "/reports/weekly"),
    *(f"/incidents/{REFUNDS}", f"/incidents/{REFUNDS}/work", f"/incidents/{REFUNDS}/review"),
)
FOR_ANYBODY = {("POST", "/logout"), ("POST", "/api/v1/silences/preview")}


@asynccontextmanager
async def house_of_roles(clock: FakeClock | None = None) -> AsyncIterator[ApiHouse]:
    ring = KeyRing({role.value: KEYS[role] for role in Role}, {role.value: Holder(role.value, role) for role in Role})
    async with api_house(store=storyboard(START), inbox=Inbox(), ring=ring, clock=clock) as house:
        yield house


def client(house: ApiHouse, key: str) -> AsgiClient:
    return AsgiClient(house.app, {"Authorization": f"Bearer {key}"})


def least(method: str, path: str) -> Role:
    """The least role for it, as this test sees it."""
    if path.startswith(("/api/v1/keys", "/api/v1/erasures", "/api/v1/dead-letters", "/feeds/dead-letters")):
        return Role.ADMIN
    if method == "GET" or (method, path) in FOR_ANYBODY:
        return Role.VIEWER
    is_feedback = path.startswith("/api/v1/topics/refunds/feedback")  # what somebody who was paged says of the page
    return Role.ADMIN if path.startswith(FOR_ADMINS) and not is_feedback else Role.RESPONDER


@pytest.mark.parametrize("role", list(Role))
async def test_every_route_is_closed_to_roles_below_its_own_and_to_nobody_else(role: Role) -> None:
    async with house_of_roles() as house:
        asker = client(house, KEYS[role])
        routes = {
            found for found in routes_below(house.app.routes) if found not in OPEN and found[1] != "/api/v1/events"
        }
        refused = set()
        for method, path in routes:
            answer = await asker.request(method, path, {"Content-Type": "application/json"}, b"{}")
            if answer.status == 403 and answer.json()["type"] == "urn:tocsin:problem:role":
                refused.add((method, path))

    order = list(Role)
    assert len(routes) > 30
    assert refused == {found for found in routes if order.index(least(*found)) > order.index(role)}


async def test_a_refusal_says_what_the_key_is_and_what_is_needed() -> None:
    async with house_of_roles() as house:
        viewer = client(house, KEYS[Role.VIEWER])
        acting = await viewer.post_json(f"/api/v1/incidents/{REFUNDS}/ack")
        reloading = await viewer.post_json("/-/reload")

    assert (acting.status, reloading.status) == (403, 403)
    assert acting.json()["detail"] == "The key 'viewer' is a viewer's; this needs a responder's."
    assert reloading.json()["detail"] == "The key 'viewer' is a viewer's; this needs an admin's."


async def test_a_viewer_in_the_console_looks_and_does_nothing() -> None:
    async with house_of_roles() as house:
        page = await house.browser.get("/login")
        fields = {"ticket": field(page, "ticket"), "following": "/", "key": KEYS[Role.VIEWER]}
        await house.browser.post_form("/login", fields)
        seen = await house.browser.get("/")
        done = await house.browser.post_form(f"/incidents/{REFUNDS}/ack", {"csrf": field(seen, "csrf")})

    assert seen.status == 200
    assert done.status == 403
    assert "this needs a responder" in done.text
    assert done.headers["content-type"].startswith("text/html")  # a person reads it


async def offered(house: ApiHouse, role: Role) -> tuple[set[str], dict[str, int]]:
    """Where the forms of every page lead for whoever has this role, and what answers behind every link."""
    browser = AsgiClient(house.app)
    await sign_in(browser, KEYS[role])
    forms: set[str] = set()
    links: dict[str, int] = {}
    for path in OFFERING:
        page = await browser.get(path)
        forms |= set(re.findall(r'<form[^>]* action="([^"]+)"', page.text))
        for link in re.findall(r'href="(/[^"#]*)"', page.text):
            links.setdefault(unescape(link), 0)
    for link in links:
        links[link] = (await browser.get(link)).status
    return forms, links


async def test_a_page_offers_what_the_role_may_do_and_nothing_else() -> None:
    async with house_of_roles() as house:
        everything, _ = await offered(house, Role.ADMIN)
        found = {role: await offered(house, role) for role in Role}

    order = list(Role)
    assert {"/logout", "/silences", f"/incidents/{REFUNDS}/acknowledge", f"/incidents/{REFUNDS}/comment"} < everything
    assert found[Role.VIEWER][0] == {"/logout"}
    for role, (forms, links) in found.items():
        assert forms == {one for one in everything if order.index(least("POST", one)) <= order.index(role)}
        assert 403 not in links.values(), links
        assert any(link.startswith("/declare") for link in links) is (role is Role.ADMIN)


async def test_whoever_may_only_look_reads_so_where_there_would_be_forms() -> None:
    async with house_of_roles() as house:
        browser = AsgiClient(house.app)
        await sign_in(browser, KEYS[Role.VIEWER])
        work = await browser.get(f"/incidents/{REFUNDS}/work")

    assert "Incidents are worked on by responders; your key may look." in work.text


async def test_the_first_page_of_one_role_is_not_shown_to_another() -> None:
    async with house_of_roles() as house:
        pages = []
        for role in (Role.ADMIN, Role.VIEWER, Role.ADMIN):
            browser = AsgiClient(house.app)
            await sign_in(browser, KEYS[role])
            pages.append((await browser.get("/")).text)

    assert ["/acknowledge" in page for page in pages] == [True, False, True]


async def test_a_key_opens_nothing_once_it_has_expired_nor_do_its_sessions() -> None:
    clock = FakeClock()
    ring = KeyRing({"jo": KEYS[Role.ADMIN]}, {"jo": Holder("jo", Role.ADMIN, START + timedelta(hours=1))})
    async with api_house(ring=ring, clock=clock) as house:
        page = await house.browser.get("/login")
        await house.browser.post_form(
            "/login", {"ticket": field(page, "ticket"), "following": "/", "key": KEYS[Role.ADMIN]}
        )
        before = (
            (await client(house, KEYS[Role.ADMIN]).get("/api/v1/incidents")).status,
            (await house.browser.get("/")).status,
        )
        await clock.advance(3600)
        after = (
            (await client(house, KEYS[Role.ADMIN]).get("/api/v1/incidents")).status,
            (await house.browser.get("/")).status,
        )

    assert before == (200, 200)
    assert after == (401, 303)
