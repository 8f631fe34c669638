"""Who may do what: every route, every role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from alerting.access import Holder, Role
from alerting.api.keys import KeyRing
from alerting.fakes.inbox import Inbox
from tests.fakes.api_house import ApiHouse, api_house, field
from tests.fakes.asgi_client import AsgiClient
from tests.fakes.clock import START, FakeClock
from tests.fakes.storyboard import REFUNDS, storyboard
from tests.unit.api.test_gate import OPEN, routes_below

KEYS = {role: f"a-key-for-the-{role}-of-the-tests" for role in Role}
# Everything but reading and working on incidents: whoever adds a route that changes Tocsin itself adds it here.
FOR_ADMINS = ("/api/v1/topics/refunds", "/api/v1/topics/preview", "/declare", "/api/v1/keys", "/-/reload")
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
