"""Silences over HTTP."""

from typing import Any

import msgspec
import pytest

from tests.fakes.api_house import ApiHouse, api_house
from tests.fakes.asgi_client import Answer
from tests.fakes.stored import incident

BODY: dict[str, Any] = {"matchers": ["topic=topic-1"], "reason": "the flood is known", "minutes": 30}


async def send(house: ApiHouse, method: str, path: str, body: Any = None, *, revision: int | None = None) -> Answer:
    headers = {"Content-Type": "application/json"} | ({"If-Match": f'"{revision}"'} if revision else {})
    return await house.api.request(method, path, headers, msgspec.json.encode(body) if body else b"")


async def test_a_silence_holds_when_it_is_answered_and_stands_on_the_incident() -> None:
    async with api_house() as house:
        house.store.add(incident(1))

        added = await house.api.post_json("/api/v1/silences", BODY)
        shown = await house.api.get(f"/api/v1/incidents/{incident(1).id}")
        listed = await house.api.get("/api/v1/silences")

    assert added.status == 201
    assert added.headers["etag"] == '"1"'
    assert added.headers["location"] == f"/api/v1/silences/{added.json()['id']}"
    [muted] = shown.json()["muted"]
    assert (muted["kind"], muted["source"]) == ("silence", added.json()["id"])
    assert muted["because"].endswith("by jo: the flood is known")
    assert [one["matchers"] for one in listed.json()["silences"]] == [['topic="topic-1"']]


async def test_ending_needs_the_state_that_was_looked_at() -> None:
    async with api_house() as house:
        added = await house.api.post_json("/api/v1/silences", BODY)
        path = f"/api/v1/silences/{added.json()['id']}"
        changed = await send(house, "PUT", path, BODY | {"minutes": 5}, revision=1)
        refused = await send(house, "DELETE", path, revision=1)
        ended = await send(house, "DELETE", path, revision=2)
        again = await send(house, "DELETE", path)
        detail = await house.api.get(path)
        standing = await house.api.get("/api/v1/silences")

    assert (changed.status, changed.json()["revision"]) == (200, 2)
    assert refused.status == 412
    assert (ended.status, ended.json()["state"]) == (200, "expired")
    assert (again.status, again.json()["revision"]) == (200, 3)
    assert [line["act"] for line in detail.json()["lines"]] == ["silence.created", "silence.changed", "silence.expired"]
    assert standing.json()["silences"] == []


async def test_what_hides_everything_needs_a_confirmation() -> None:
    wide = BODY | {"matchers": ["topic=~.*"]}
    async with api_house() as house:
        refused = await house.api.post_json("/api/v1/silences", wide)
        taken = await house.api.post_json("/api/v1/silences", wide | {"confirm": True})

    assert (refused.status, refused.json()["type"]) == (409, "urn:tocsin:problem:silence-too-wide")
    assert taken.json()["wide"] is True


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"matchers": ["colour=red"]}, "Unknown label 'colour'"),
        ({"matchers": ["topic=~("]}, "no regular expression"),
        ({"matchers": []}, "matchers"),
        ({"minutes": 60 * 24 * 32}, "within 31 days"),
        ({"zone": "Mars/Olympus"}, "no time zone"),
        ({"weekly": ["sometimes"]}, "write it like"),
        ({"reason": "\u200b\u202e"}, "needs a reason"),
        ({"minutes": None}, "exactly one of ends_at and minutes"),
        ({"minutes": None, "ends_at": "2020-01-01T00:00:00Z"}, "not in the past"),
    ],
)
async def test_what_is_not_allowed_is_said_and_nothing_is_kept(change: dict[str, Any], reason: str) -> None:
    async with api_house() as house:
        refused = await house.api.post_json("/api/v1/silences", BODY | change)
        listed = await house.api.get("/api/v1/silences?state=all")

    assert refused.status == 422
    assert reason in refused.json()["detail"]
    assert listed.json()["silences"] == []


async def test_an_unknown_silence_is_404() -> None:
    async with api_house() as house:
        assert (await house.api.get("/api/v1/silences/none")).status == 404
        assert (await send(house, "DELETE", "/api/v1/silences/none")).status == 404
