import pytest

from alerting.access import Role
from alerting.api.issued_keys import IssuedKeys
from alerting.api.keys import KeyRing
from alerting.errors import DirectiveRefused, UnknownDirective
from tests.fakes.api_house import KEY, NAME, ApiHouse, api_house, field
from tests.fakes.asgi_client import AsgiClient
from tests.fakes.clock import START, FakeClock
from tests.fakes.memory_store import MemoryStore


def client(house: ApiHouse, key: str) -> AsgiClient:
    return AsgiClient(house.app, {"Authorization": f"Bearer {key}"})


async def issued(house: ApiHouse, **body: str) -> dict[str, str]:
    answer = await house.api.post_json("/api/v1/keys", {"name": "grafana", **body})
    assert answer.status == 201
    told: dict[str, str] = answer.json()
    return told


async def test_a_key_that_was_issued_opens_what_its_role_allows() -> None:
    async with api_house() as house:
        key = (await issued(house, role="viewer"))["key"]

        looked = await client(house, key).get("/api/v1/incidents")
        changed = await client(house, key).post_json("/api/v1/keys", {"name": "x"})

    assert (looked.status, changed.status) == (200, 403)


async def test_the_key_is_told_once_and_what_is_kept_cannot_be_used() -> None:
    async with api_house() as house:
        key = (await issued(house))["key"]

        listed = (await house.api.get("/api/v1/keys")).text
        kept = repr(house.store.kept)
        digest = next(iter(await IssuedKeys(house.store, KeyRing({NAME: KEY}), FakeClock()).all())).digest
        tried = await client(house, digest).get("/api/v1/incidents")

    secret = key.split("_", 2)[2]  # which may hold further ones
    assert secret not in listed
    assert secret not in kept
    assert tried.status == 401


async def test_a_key_that_is_almost_right_opens_nothing() -> None:
    async with api_house() as house:
        key = (await issued(house))["key"]

        statuses = [
            (await client(house, wrong).get("/api/v1/incidents")).status
            for wrong in (key[:-1], key + "x", key[:12], "toc_", "toc__", key.swapcase())
        ]

    assert statuses == [401] * 6


async def test_a_key_is_revoked_as_it_was_seen_or_not_at_all() -> None:
    async with api_house() as house:
        made = await house.api.post_json("/api/v1/keys", {"name": "grafana"})
        path = f"/api/v1/keys/{made.json()['id']}"
        await client(house, made.json()["key"]).get("/api/v1/incidents")  # its use is noted: it is another by now

        stale = await house.api.request("DELETE", path, {"If-Match": made.headers["etag"]})
        (listed,) = (await house.api.get("/api/v1/keys")).json()["keys"]
        revoked = await house.api.request("DELETE", path, {"If-Match": f'"{listed["revision"]}"'})

    assert (made.headers["etag"], listed["revision"], listed["revoked_at"]) == ('"1"', 2, None)
    assert (stale.status, stale.json()["type"]) == (412, "urn:tocsin:problem:stale")
    assert (revoked.status, revoked.headers["etag"]) == (200, '"3"')


async def test_a_revoked_key_opens_nothing_after_a_second_in_another_process() -> None:
    store, clock = MemoryStore(), FakeClock()
    async with api_house(store=store, clock=clock) as here, api_house(store=store, clock=clock) as there:
        told = await issued(here)
        assert (await client(there, told["key"]).get("/api/v1/incidents")).status == 200

        await here.api.request("DELETE", f"/api/v1/keys/{told['id']}")
        at_once = (await client(here, told["key"]).get("/api/v1/incidents")).status
        await clock.advance(1)
        elsewhere = (await client(there, told["key"]).get("/api/v1/incidents")).status

    assert (at_once, elsewhere) == (401, 401)


async def test_a_session_ends_with_its_key() -> None:
    async with api_house() as house:
        told = await issued(house, role="responder")
        page = await house.browser.get("/login")
        await house.browser.post_form("/login", {"ticket": field(page, "ticket"), "following": "/", "key": told["key"]})
        assert (await house.browser.get("/")).status == 200

        await house.api.request("DELETE", f"/api/v1/keys/{told['id']}")

        assert (await house.browser.get("/")).status == 303


async def test_issuing_signing_in_and_revoking_stand_in_the_trail() -> None:
    async with api_house() as house:
        told = await issued(house, role="responder")
        page = await house.browser.get("/login")
        await house.browser.post_form("/login", {"ticket": field(page, "ticket"), "following": "/", "key": told["key"]})
        await house.api.request("DELETE", f"/api/v1/keys/{told['id']}")

        lines = await house.store.directive_lines(told["id"])

    assert [(line.act, line.actor) for line in lines] == [
        ("key.issued", NAME),
        ("key.signed_in", "grafana"),
        ("key.revoked", NAME),
    ]


async def test_its_last_use_is_known_within_five_minutes() -> None:
    clock = FakeClock()
    async with api_house(clock=clock) as house:
        key = (await issued(house))["key"]
        await client(house, key).get("/api/v1/incidents")
        await clock.advance(299)
        await client(house, key).get("/api/v1/incidents")
        first = (await house.api.get("/api/v1/keys")).json()["keys"][0]["last_used_at"]
        await clock.advance(1)
        await client(house, key).get("/api/v1/incidents")
        second = (await house.api.get("/api/v1/keys")).json()["keys"][0]["last_used_at"]

    assert (first, second) == ("2026-01-05T12:00:00Z", "2026-01-05T12:05:00Z")


async def test_a_name_is_given_once_and_never_a_configured_one() -> None:
    clock = FakeClock()
    keys = IssuedKeys(MemoryStore(), KeyRing({NAME: KEY}), clock)
    first, _ = await keys.issue("grafana", Role.VIEWER, by=NAME)

    with pytest.raises(DirectiveRefused, match="already"):
        await keys.issue("grafana", Role.ADMIN, by=NAME)
    with pytest.raises(DirectiveRefused, match="already"):
        await keys.issue(NAME, Role.ADMIN, by=NAME)
    await keys.revoke(first.id, by=NAME)
    again, _ = await keys.issue("grafana", Role.ADMIN, by=NAME)

    assert again.id != first.id


async def test_a_key_that_has_expired_already_is_not_issued() -> None:
    with pytest.raises(DirectiveRefused, match="expired"):
        await IssuedKeys(MemoryStore(), KeyRing({NAME: KEY}), FakeClock()).issue(
            "x", Role.VIEWER, by=NAME, expires_at=START
        )


async def test_an_unknown_key_cannot_be_revoked() -> None:
    with pytest.raises(UnknownDirective, match="no key"):
        await IssuedKeys(MemoryStore(), KeyRing({NAME: KEY}), FakeClock()).revoke("key_nope", by=NAME)


async def test_without_a_database_issued_keys_are_believed_for_a_minute_and_configured_ones_for_ever() -> None:
    store, clock = MemoryStore(), FakeClock()
    async with api_house(store=store, clock=clock) as house:
        key = (await issued(house))["key"]
        store.down = True

        await clock.advance(59)
        believed = (await client(house, key).get("/openapi.json")).status
        await clock.advance(2)
        refused = await client(house, key).get("/openapi.json")
        configured = (await house.api.get("/openapi.json")).status

    assert (believed, refused.status, configured) == (200, 503, 200)
    assert refused.json()["type"] == "urn:tocsin:problem:database"
