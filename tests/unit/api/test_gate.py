import asyncio
import re
from collections.abc import Iterator

from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from alerting.api.gate import Gate
from alerting.api.issued_keys import IssuedKeys
from alerting.api.keys import KeyRing
from alerting.api.sessions import Sessions
from alerting.fakes.inbox import Inbox
from tests.fakes.api_house import BEARER, KEY, NAME, api_house, field, sign_in
from tests.fakes.asgi_client import AsgiClient
from tests.fakes.clock import START, FakeClock
from tests.fakes.memory_store import MemoryStore
from tests.fakes.storyboard import REFUNDS, storyboard

OPEN = {
    ("GET", "/-/healthy"),
    ("GET", "/-/ready"),
    ("GET", "/metrics"),
    ("GET", "/login"),
    ("GET", "/s/refunds"),  # a link proves itself by its signature; this one is none, and shows nothing
    ("POST", "/login"),
}


def routes_below(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Every method and path that the app answers, with its parameters filled in."""
    for route in routes:
        inner = getattr(getattr(route, "original_router", None), "routes", None)
        if inner is not None:
            yield from routes_below(inner)
        if isinstance(route, Route):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, re.sub(r"\{\w+\}", "refunds", route.path)


async def test_every_route_but_the_allowed_ones_refuses_a_stranger() -> None:
    async with api_house(store=storyboard(START), inbox=Inbox()) as house:
        found = set(routes_below(house.app.routes))
        assert len(found) > 20
        stranger = AsgiClient(house.app)

        answered = {(method, path) for method, path in found if (await stranger.request(method, path)).status != 401}

    assert answered == OPEN


async def test_a_stranger_does_not_even_learn_what_is_missing() -> None:
    async with api_house() as house:
        stranger = AsgiClient(house.app)
        for path in ("/nope", "/api/v1/nope", "/api", "/-/", "/-/healthy/", "/metrics/x", "/STATIC/x"):
            answer = await stranger.get(path)

            assert answer.status == 401, path
            assert answer.headers["www-authenticate"].startswith("Bearer"), path


async def test_a_key_opens_in_either_header() -> None:
    async with api_house() as house:
        for header in ({"Authorization": f"Bearer {KEY}"}, {"X-API-Key": KEY}, {"Authorization": f"bearer  {KEY}"}):
            answer = await AsgiClient(house.app, header).get("/api/v1/incidents")

            assert answer.status == 200, header


async def test_anything_else_does_not() -> None:
    async with api_house() as house:
        for header in (
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Basic {KEY}"},
            {"Authorization": KEY},
            {"X-API-Key": KEY[:-1]},
            {"X-API-Key": KEY + "\xff"},
            {"Cookie": "tocsin_session=x"},
            {"Cookie": 'a="\x01; tocsin_session='},
        ):
            answer = await AsgiClient(house.app, header).get("/api/v1/incidents")

            assert answer.status == 401, header


async def test_a_key_that_nobody_has_is_told_from_none() -> None:
    async with api_house() as house:
        wrong = await AsgiClient(house.app, {"Authorization": "Bearer wrong"}).get("/api/v1/incidents")
        none = await AsgiClient(house.app).get("/api/v1/incidents")

    assert wrong.json()["detail"] == "Nobody has the key that was sent: it is mistyped, expired or revoked."
    assert wrong.headers["www-authenticate"] == 'Bearer realm="tocsin", error="invalid_token"'
    assert none.json()["detail"].startswith("This needs a key: send it as")
    assert none.headers["www-authenticate"] == 'Bearer realm="tocsin"'


async def test_guessing_keys_is_slowed_down_while_the_right_one_opens() -> None:
    clock = FakeClock()
    async with api_house(clock=clock) as house:
        guesser = AsgiClient(house.app, {"X-API-Key": "wrong"})

        guesses = [(await guesser.get("/api/v1/topics")).status for _ in range(20)]
        braked = await guesser.get("/api/v1/topics")
        right = await house.api.get("/api/v1/topics")
        keyless = await AsgiClient(house.app).get("/api/v1/topics")
        healthy = await guesser.get("/-/healthy")
        await clock.advance(61)
        later = await guesser.get("/api/v1/topics")

    assert set(guesses) == {401}
    assert (braked.status, braked.json()["type"]) == (429, "urn:tocsin:problem:too-many-tries")
    assert 0 < int(braked.headers["retry-after"]) <= 61
    assert (right.status, keyless.status, healthy.status, later.status) == (200, 401, 200, 401)


class Lingering:
    """An app whose answers to `/login` and below `/api/` are finished when it is let go; all others at once."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(("/api/", "/login")):
            self.waiting += 1
            await self.go.wait()
        await Response()(scope, receive, send)


async def test_so_many_are_answered_at_once_and_strangers_take_no_place_of_those_with_a_key() -> None:
    app = Lingering()
    clock = FakeClock()
    ring = KeyRing({NAME: KEY})
    issued = IssuedKeys(MemoryStore(), ring, clock)
    sessions = Sessions(ring, clock)
    gate = Gate(
        app,
        ring=ring,
        sessions=sessions,
        clock=clock,
        issued=issued,
        per_minute=60,
        most_callers=2,
        most_strangers=1,
    )
    caller, stranger = AsgiClient(gate, BEARER), AsgiClient(gate)

    async with asyncio.TaskGroup() as group:
        first = group.create_task(stranger.get("/login"), name="stranger")
        while app.waiting < 1:
            await asyncio.to_thread(lambda: None)
        refused_stranger = await stranger.get("/login")
        held = [group.create_task(caller.get("/api/v1/topics"), name=f"caller {n}") for n in range(2)]
        listening = group.create_task(caller.get("/api/v1/events"), name="listener")
        while app.waiting < 4:
            await asyncio.to_thread(lambda: None)
        refused_caller = await caller.get("/")
        health = [(await stranger.get(path)).status for path in ("/-/healthy", "/-/ready", "/metrics")]
        app.go.set()
    afterwards = [(await client.get("/login")).status for client in (caller, stranger)]

    for refused in (refused_stranger, refused_caller):
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert refused.json()["type"] == "urn:tocsin:problem:busy"
    assert [task.result().status for task in (first, *held, listening)] == [200] * 4
    assert health == [200] * 3
    assert afterwards == [200, 200]


async def test_a_key_in_the_address_does_not_open() -> None:
    async with api_house() as house:
        answer = await AsgiClient(house.app).get(f"/api/v1/incidents?key={KEY}&api_key={KEY}&access_token={KEY}")

    assert answer.status == 401


async def test_a_person_without_a_session_is_led_to_the_form_and_back() -> None:
    async with api_house(store=storyboard(START)) as house:
        led = await house.browser.get(f"/incidents/{REFUNDS}")
        form = await house.browser.get(led.headers["location"])

    assert led.status == 303
    assert field(form, "following") == f"/incidents/{REFUNDS}"


async def test_the_api_takes_no_change_on_the_strength_of_a_cookie_alone() -> None:
    async with api_house(store=storyboard(START)) as house:
        await sign_in(house.browser)
        token = field(await house.browser.get("/"), "csrf")

        without = await house.browser.post_json(f"/api/v1/incidents/{REFUNDS}/acknowledge")
        wrong = await house.browser.post_json(f"/api/v1/incidents/{REFUNDS}/acknowledge", X_CSRF_Token="x")
        right = await house.browser.post_json(f"/api/v1/incidents/{REFUNDS}/acknowledge", X_CSRF_Token=token)

    assert (without.status, wrong.status, right.status) == (403, 403, 200)


async def test_the_api_can_be_read_with_a_cookie() -> None:
    async with api_house() as house:
        await sign_in(house.browser)

        answer = await house.browser.get("/api/v1/topics")

    assert answer.status == 200


async def test_every_answer_carries_strict_headers() -> None:
    async with api_house() as house:
        answers = [
            await house.api.get(path) for path in ("/", "/login", "/api/v1/incidents", "/nope", "/static/console.css")
        ]

    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-request-id"]
    assert answers[0].headers["cache-control"] == "no-store"
