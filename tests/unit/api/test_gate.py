import re
from collections.abc import Iterator

from starlette.routing import BaseRoute, Route

from alerting.fakes.inbox import Inbox
from tests.fakes.api_house import KEY, api_house, field, sign_in
from tests.fakes.asgi_client import AsgiClient
from tests.fakes.clock import START
from tests.fakes.storyboard import REFUNDS, storyboard

OPEN = {
    ("GET", "/-/healthy"),
    ("GET", "/-/ready"),
    ("GET", "/metrics"),
    ("GET", "/login"),
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
