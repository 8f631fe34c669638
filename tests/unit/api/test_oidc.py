"""Signing in at an identity provider: a real server, real signatures, and forged ones."""

import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from joserfc import jwt

from alerting.api.issued_keys import IssuedKeys
from alerting.api.keys import KeyRing
from alerting.api.oidc import SignIn
from alerting.api.sessions import packed
from alerting.oidc.provider import Provider
from alerting.oidc_settings import OidcSettings
from alerting.team_settings import TeamSettings
from alerting.teams import Teams
from tests.fakes.api_house import KEY, NAME, ApiHouse, api_house, field
from tests.fakes.asgi_client import Answer, AsgiClient
from tests.fakes.clock import START, FakeClock
from tests.fakes.identity_provider import CLIENT, SECRET, IdentityProvider, identity_provider, key_of, rs256, unsigned
from tests.fakes.memory_store import MemoryStore
from tests.fakes.storyboard import REFUNDS
from tests.fakes.two_brands import INCIDENT, OWN, two_brands

PUBLIC = "https://tocsin.example"
NOW = int(START.timestamp())
TEAMS = Teams([TeamSettings(name="acme-care", brands=(OWN,), members=("grace@example.com",))])

Forgery = Callable[[dict[str, Any]], str]


@asynccontextmanager
async def house_with_provider(
    clock: FakeClock | None = None, store: MemoryStore | None = None, **settings: Any
) -> AsyncIterator[tuple[ApiHouse, IdentityProvider]]:
    clock = clock or FakeClock()
    async with identity_provider(clock) as provider:
        chosen = {
            "issuer": provider.url,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "roles": [{"value": "responders", "role": "responder"}, {"value": "admins", "role": "admin"}],
            "allow_networks": ["127.0.0.0/8"],
        }
        oidc = OidcSettings.model_validate(chosen | settings)
        sign_in = SignIn(oidc, Provider(oidc, clock), TEAMS, PUBLIC)
        async with api_house(clock=clock, store=store, sign_in=sign_in) as house:
            yield house, provider


async def gone(browser: AsgiClient, following: str = "/") -> Answer:
    """The browser is sent to the provider."""
    return await browser.get(f"/login/oidc?next={following}")


async def came_back(browser: AsgiClient, provider: IdentityProvider, **claims: Any) -> Answer:
    """The browser goes to the provider, somebody agrees there, and it comes back."""
    went = await gone(browser, "/silences")
    return await browser.get(f"/login/oidc/callback?{provider.authorize(went.headers['location'], **claims)}")


async def test_somebody_signs_in_works_and_signs_out() -> None:
    async with house_with_provider(store=two_brands(START)) as (house, provider):
        page = await house.browser.get("/login")
        back = await came_back(house.browser, provider)
        seen = await house.browser.get("/")
        done = await house.browser.post_form(f"/incidents/{REFUNDS}/acknowledge", {"csrf": field(seen, "csrf")})
        admins = await house.browser.get("/api/v1/keys")
        out = await house.browser.post_form("/logout", {"csrf": field(seen, "csrf")})
        after = await house.browser.get("/")
        there = await house.browser.get("/login/oidc/out")

    assert 'href="/login/oidc?next=/"' in page.text
    assert (back.status, back.headers["location"]) == (303, "/silences")
    assert (seen.status, done.status, admins.status) == (200, 303, 403)
    assert house.store.incidents[REFUNDS].acknowledged_by == "ada@example.com"
    assert (out.status, after.status) == (303, 303)
    assert there.headers["location"].startswith(f"{provider.url}/end?client_id={CLIENT}&post_logout_redirect_uri=")


async def test_the_cookie_of_the_way_is_for_the_way_alone_and_that_of_the_session_is_safe() -> None:
    async with house_with_provider() as (house, provider):
        went = await gone(house.browser)
        way = went.cookies["tocsin_oidc"]
        back = await house.browser.get(f"/login/oidc/callback?{provider.authorize(went.headers['location'])}")
        session = back.cookies["tocsin_session"]

    for morsel in (way, session):
        assert morsel["httponly"]
        assert morsel["secure"]
        assert morsel["samesite"] == "lax"
    assert way["path"] == "/login/oidc"
    assert "tocsin_oidc" not in house.browser.cookies


def otherwise(**claims: Any) -> Forgery:
    return lambda said: rs256({name: value for name, value in (said | claims).items() if value is not None})


def with_public_key_as_secret(claims: dict[str, Any]) -> str:
    header = packed(json.dumps({"alg": "HS256", "kid": "first"}).encode())
    body = f"{header}.{packed(json.dumps(claims).encode())}"
    return f"{body}.{packed(hmac.digest(key_of('first').as_pem(private=False), body.encode(), 'sha256'))}"


FORGED: dict[str, Forgery] = {
    "another audience": otherwise(aud="somebody-else"),
    "audiences of others beside ours": otherwise(aud=[CLIENT, "somebody-else"]),
    "made for somebody else": otherwise(azp="somebody-else"),
    "another issuer": otherwise(iss="https://evil.example"),
    "no issuer": otherwise(iss=None),
    "another nonce": otherwise(nonce="stolen"),
    "no nonce": otherwise(nonce=None),
    "a nonce that is no text": otherwise(nonce=["x"]),
    "over": lambda claims: rs256(claims | {"exp": claims["iat"] - 61}),
    "never over": otherwise(exp=None),
    "over at a time that is none": otherwise(exp="tomorrow"),
    "from the future": lambda claims: rs256(claims | {"iat": claims["iat"] + 3600}),
    "nobody": otherwise(sub=None),
    "somebody who is no text": otherwise(sub={"a": 1}),
    "no signature": unsigned,
    "an unknown key": lambda claims: rs256(claims, "unknown"),
    "another key under the name of theirs": lambda claims: jwt.encode(
        {"alg": "RS256", "kid": "first"}, claims, key_of("unknown")
    ),
    "the public key as a shared secret": with_public_key_as_secret,
    "a signature that was changed": lambda claims: f"{rs256(claims)[:-8]}AAAAAAAA",
    "claims that were changed": lambda claims: ".".join(
        (rs256(claims).split(".")[0], rs256(claims | {"sub": "root"}).split(".")[1], rs256(claims).split(".")[2])
    ),
    "no token": lambda _: "x.y.z",
    "nothing": lambda _: "",
    "very much": lambda _: "x" * 60_000,
}


async def test_whoever_forges_a_token_is_not_let_in() -> None:
    clock, answers = FakeClock(), {}
    async with house_with_provider(clock) as (house, provider):
        for kind, forge in FORGED.items():
            provider.signed = forge
            answer = await came_back(house.browser, provider)
            answers[kind] = answer.status, (await house.browser.get("/")).status, "tocsin_session" in answer.cookies
            await clock.advance(61)  # whoever guesses is slowed down
        provider.signed = rs256
        honest = await came_back(house.browser, provider)

    assert answers == dict.fromkeys(FORGED, (403, 303, False))
    assert honest.status == 303


async def test_a_clock_that_is_off_by_a_minute_keeps_nobody_out() -> None:
    async with house_with_provider() as (house, provider):
        provider.signed = otherwise(exp=NOW - 59, iat=NOW + 59)
        answer = await came_back(house.browser, provider)

    assert answer.status == 303


async def test_a_way_back_that_did_not_begin_in_this_browser_leads_nowhere() -> None:
    async with house_with_provider() as (house, provider):
        went = await gone(house.browser)
        query = provider.authorize(went.headers["location"])
        stranger = AsgiClient(house.app, {"Accept": "text/html"})
        elsewhere = await stranger.get(f"/login/oidc/callback?{query}")
        other_state = await house.browser.get(f"/login/oidc/callback?{query}x")
        nothing = await stranger.get("/login/oidc/callback")
        stranger.cookies["tocsin_oidc"] = "e30.AAAA"
        forged = await stranger.get(f"/login/oidc/callback?{query}")

    assert [one.status for one in (elsewhere, other_state, nothing, forged)] == [403] * 4


async def test_a_way_back_leads_in_once_and_not_after_ten_minutes() -> None:
    clock = FakeClock()
    async with house_with_provider(clock) as (house, provider):
        went = await gone(house.browser)
        cookie = house.browser.cookies["tocsin_oidc"]
        query = provider.authorize(went.headers["location"])
        first = await house.browser.get(f"/login/oidc/callback?{query}")
        house.browser.cookies = {"tocsin_oidc": cookie}
        again = await house.browser.get(f"/login/oidc/callback?{query}")

        late = AsgiClient(house.app, {"Accept": "text/html"})
        query = provider.authorize((await gone(late)).headers["location"])
        await clock.advance(601)
        too_late = await late.get(f"/login/oidc/callback?{query}")

    assert (first.status, again.status, too_late.status) == (303, 403, 403)


async def test_whoever_has_no_role_no_name_or_an_address_that_nobody_verified_is_not_let_in() -> None:
    async with house_with_provider() as (house, provider):
        answers = [
            await came_back(AsgiClient(house.app, {"Accept": "text/html"}), provider, **claims)
            for claims in (
                {"groups": ["sales"]},
                {"groups": {"responders": True}},
                {"groups": None},
                {"email": ""},
                {"email_verified": False},
            )
        ]

    assert [answer.status for answer in answers] == [403] * 5
    assert "none of your groups has a role here" in answers[0].text


async def test_nobody_takes_the_name_of_a_key_or_of_somebody_else() -> None:
    async with house_with_provider() as (house, provider):
        of_a_key = await came_back(house.browser, provider, email=NAME)
        first = await came_back(house.browser, provider, sub="person-1")
        second = await came_back(AsgiClient(house.app, {"Accept": "text/html"}), provider, sub="person-2")

    assert (of_a_key.status, first.status, second.status) == (403, 303, 403)


async def test_groups_lead_to_teams_and_whoever_fits_none_sees_nothing() -> None:
    teams = [{"value": "acme", "team": "acme-care"}, {"value": "all", "team": None}]
    seen = {}
    async with house_with_provider(store=two_brands(START), teams=teams) as (house, provider):
        for person, groups in (("a", ["acme"]), ("b", ["all"]), ("c", [])):
            browser = AsgiClient(house.app, {"Accept": "text/html"})
            await came_back(
                browser, provider, sub=person, email=f"{person}@example.com", groups=["responders", *groups]
            )
            paths = (f"/api/v1/incidents/{REFUNDS}", f"/api/v1/incidents/{INCIDENT}")
            seen[person] = tuple([(await browser.get(path)).status for path in paths])

    assert seen == {"a": (200, 404), "b": (200, 200), "c": (404, 404)}


async def test_members_of_a_team_see_its_brands_where_no_claims_say_so() -> None:
    async with house_with_provider(store=two_brands(START)) as (house, provider):
        await came_back(house.browser, provider, email="grace@example.com")
        statuses = [
            (await house.browser.get(f"/api/v1/incidents/{incident}")).status for incident in (REFUNDS, INCIDENT)
        ]

    assert statuses == [200, 404]


async def test_the_highest_role_of_the_latest_sign_in_counts_in_every_browser() -> None:
    async with house_with_provider() as (house, provider):
        await came_back(house.browser, provider, groups=["responders", "admins"])
        before = (await house.browser.get("/api/v1/keys")).status
        await came_back(AsgiClient(house.app, {"Accept": "text/html"}), provider, groups=["responders"])
        after = (await house.browser.get("/api/v1/keys")).status

    assert (before, after) == (200, 403)


async def test_a_session_ends_with_its_time_and_when_it_is_revoked_in_another_process_too() -> None:
    store, clock = MemoryStore(), FakeClock()
    async with (
        house_with_provider(clock, store, session_hours=1) as (here, provider),
        api_house(clock=clock, store=store) as there,
    ):
        await came_back(here.browser, provider)
        there.browser.cookies = dict(here.browser.cookies)
        begun = (await here.browser.get("/")).status, (await there.browser.get("/")).status
        key = (await here.api.get("/api/v1/keys")).json()["keys"][0]
        await there.api.request("DELETE", f"/api/v1/keys/{key['id']}")
        await clock.advance(1)
        revoked = (await here.browser.get("/")).status, (await there.browser.get("/")).status
        await came_back(here.browser, provider)
        await clock.advance(3599)
        before = (await here.browser.get("/")).status
        await clock.advance(1)
        over = (await here.browser.get("/")).status

    assert begun == (200, 200)
    assert key["name"] == "ada@example.com"
    assert revoked == (303, 303)
    assert (before, over) == (200, 303)


async def test_a_provider_that_does_not_answer_or_says_that_it_is_another_lets_nobody_in_and_keys_still_do() -> None:
    async with house_with_provider() as (house, provider):
        provider.down = True
        down = await gone(house.browser)
        provider.down, provider.document = False, {"issuer": "https://evil.example"}
        other = await gone(house.browser)
        provider.document = {"token_endpoint": "file:///etc/passwd"}
        strange = await gone(house.browser)
        provider.document = {}
        went = await gone(house.browser)
        provider.down = True
        between = await house.browser.get(f"/login/oidc/callback?{provider.authorize(went.headers['location'])}")
        key = (await house.api.get("/api/v1/incidents")).status

    assert [one.status for one in (down, other, strange, between)] == [503] * 4
    assert "Try again, or use a key." in down.text
    assert key == 200


async def test_a_provider_in_a_network_that_is_not_allowed_is_never_asked() -> None:
    async with house_with_provider(allow_networks=[]) as (house, provider):
        answer = await gone(house.browser)

    assert answer.status == 503
    assert provider.asked == []


async def test_a_key_that_is_new_at_the_provider_is_looked_for_and_not_for_every_forgery() -> None:
    clock = FakeClock()
    async with house_with_provider(clock) as (house, provider):
        await came_back(house.browser, provider)
        provider.published, provider.signed = ("first", "second"), lambda claims: rs256(claims, "second")
        too_soon = await came_back(house.browser, provider)
        await clock.advance(31)
        found = await came_back(house.browser, provider)

    assert (too_soon.status, found.status) == (403, 303)
    assert provider.asked.count("/keys") == 2


async def test_coming_going_and_being_turned_away_stand_in_the_trail() -> None:
    async with house_with_provider() as (house, provider):
        await came_back(house.browser, provider)
        page = await house.browser.get("/")
        await house.browser.post_form("/logout", {"csrf": field(page, "csrf")})
        await came_back(house.browser, provider, groups=[])
        form = await house.browser.get("/login")
        fields = {"ticket": field(form, "ticket"), "following": "/"}
        await house.browser.post_form("/login", fields | {"key": KEY})
        page = await house.browser.get("/")
        await house.browser.post_form("/logout", {"csrf": field(page, "csrf")})

    acts = [(line.act, line.actor) for line in house.store.kept_lines]
    assert acts == [
        ("key.signed_in", "ada@example.com"),
        ("key.signed_out", "ada@example.com"),
        ("entrance.refused", "tocsin"),
        ("entrance.signed_in", NAME),
        ("entrance.signed_out", NAME),
    ]


async def test_what_is_kept_of_somebody_opens_nothing_as_a_key() -> None:
    async with house_with_provider() as (house, provider):
        await came_back(house.browser, provider)
        kept = next(iter(await IssuedKeys(house.store, KeyRing({NAME: KEY}), FakeClock()).all()))
        tried = [
            (await AsgiClient(house.app, {"X-API-Key": key}).get("/api/v1/incidents")).status
            for key in (kept.digest, f"toc_{kept.id.removeprefix('key_')}_{kept.digest}", kept.id)
        ]

    assert tried == [401] * 3
