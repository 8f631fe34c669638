"""What every answer carries and what every change takes, over all routes of the app."""

from typing import Final

import pytest

from alerting.api.frame import HEADERS
from tests.fakes.asgi_client import AsgiClient
from tests.fakes.storyboard import REFUNDS
from tests.fakes.two_brands import house_of_teams
from tests.unit.api.test_events_api import PATH as EVENTS
from tests.unit.api.test_teams import asked, client, routes_of

# A change of something that has a revision takes If-Match. These do not, and here is why.
WITHOUT: Final = {
    "makes something new": {
        "POST /api/v1/silences",
        "POST /api/v1/notices",
        "POST /api/v1/notices/{notice_id}/drafts",
        "POST /api/v1/post-holds",
        "POST /api/v1/keys",
        "POST /api/v1/drills",
        "POST /api/v1/erasures",
        "POST /api/v1/on-call/covers",
        "POST /api/v1/mentions",
        "POST /api/v1/contacts",
    },
    "changes nothing": {"POST /api/v1/silences/preview", "POST /api/v1/topics/preview"},
    "the same again is the same, whoever was faster": {
        "POST /api/v1/cases",
        "POST /api/v1/cases/{system}/{case}/status",
        "POST /api/v1/topics/{topic}/feedback",
        "POST /api/v1/incidents/{incident_id}/labels",
        "POST /api/v1/dead-letters/{partition}/{offset}/send",
    },
    "is about the whole process": {"POST /-/reload"},
}


async def test_every_change_takes_the_revision_that_it_is_based_on_or_says_why_not() -> None:
    async with house_of_teams() as here:
        described = here.house.app.openapi()["paths"]
    changes = {
        f"{method.upper()} {path}": {known["name"].lower() for known in operation.get("parameters", ())}
        for path, operations in described.items()
        for method, operation in operations.items()
        if method in {"post", "put", "patch", "delete"}
    }
    excused = {change for changes_ in WITHOUT.values() for change in changes_}

    assert {change for change, takes in changes.items() if "if-match" not in takes} - excused == set()
    assert {change for change in excused if "if-match" in changes.get(change, ())} == set()
    assert len(changes) - len(excused) > 15


async def test_a_link_is_made_and_taken_back_at_the_revision_that_was_looked_at() -> None:
    async with house_of_teams() as here:
        asker = client(here.house, "responder-of-all")
        tag = (await asker.get(f"/api/v1/incidents/{REFUNDS}")).headers["etag"]
        path = f"/api/v1/incidents/{REFUNDS}/links"
        stale = await asker.request("POST", path, {"If-Match": '"99"'})
        made = await asker.request("POST", path, {"If-Match": tag})
        stale_too = await asker.request("DELETE", f"{path}/{made.json()['id']}", {"If-Match": tag})

    assert (stale.status, made.status, stale_too.status) == (412, 201, 412)


@pytest.mark.parametrize("holder", ["admin-of-all", "nobody"])
async def test_every_answer_to_whoever_asks_has_the_headers_that_keep_browsers_safe(holder: str) -> None:
    lacking = set()
    async with house_of_teams() as here:
        asker = AsgiClient(here.house.app) if holder == "nobody" else client(here.house, holder)
        for method, template in sorted(set(routes_of(here.house.app.routes))):
            if template == EVENTS:
                continue
            answer = await asked(asker, method, template)
            wanted = {name.lower(): value for name, value in HEADERS.items()}
            if wanted.items() - answer.headers.items() or "no-store" not in answer.headers["cache-control"]:
                lacking.add((method, template, answer.status))

    assert lacking == set()


async def test_a_stream_ends_when_its_key_is_revoked_and_tells_nothing_more() -> None:
    async with house_of_teams() as here:
        admin = client(here.house, "admin-of-all")
        issued = (await admin.post_json("/api/v1/keys", {"name": "wall", "role": "viewer"})).json()
        wall = AsgiClient(here.house.app, {"Authorization": f"Bearer {issued['key']}"})
        told = []
        async with wall.stream(EVENTS) as (answer, chunks):
            told.append(await anext(chunks))
            await admin.request("DELETE", f"/api/v1/keys/{issued['id']}")
            await client(here.house, "responder-of-all").post_json(f"/api/v1/incidents/{REFUNDS}/acknowledge")
            told += [chunk async for chunk in chunks]

    assert answer.status == 200
    assert len(told) == 1
    assert told[0].startswith("retry:")
