"""Who sees which brands: every route, every role, every team."""

import json
import re
from collections.abc import Iterator

import pytest
from starlette.routing import BaseRoute, Route

from alerting.access import Role
from alerting.api.brand_rules import RULES, BrandRule
from tests.fakes.api_house import ApiHouse
from tests.fakes.asgi_client import Answer, AsgiClient
from tests.fakes.storyboard import REFUNDS
from tests.fakes.two_brands import HIDDEN, INCIDENT, KEYS, OTHER, OWN, SECRET, TOPIC, House, house_of_teams
from tests.unit.api.test_events_api import events

# Of everything that has an id, one of the other brand's.
NAMES = {
    "incident_id": INCIDENT,
    "topic": TOPIC,
    "feedback": f"fb-{HIDDEN}",
    "silence_id": f"silence-{HIDDEN}",
    "notice_id": f"notice-{HIDDEN}",
    "draft_id": f"note-{HIDDEN}",
    "hold_id": f"hold-{HIDDEN}",
    "detection_id": f"detection-{HIDDEN}",
    "system": "crm",
    "case": HIDDEN,
    "link": "0123456789abcdef",
    "key_id": "key_none",
    "drill_id": "drl_none",
    "partition": "0",
    "offset": "0",
    "cover_id": "cover_none",
    "kind": "silence",
    "name": f"silence-{HIDDEN}",
    "act": "expire",
    "token": "none",
}
# What makes a request to the route complete, so that nothing but the brand keeps it out.
LATER = "2026-01-05T13:00:00Z"
SILENCE = {"matchers": [f'topic="{TOPIC}"'], "reason": "known", "minutes": 30, "confirm": True}
NOTICE = {"kind": "outage", "topics": [TOPIC], "text": "it is down", "minutes": 30}
BODIES: dict[str, object] = {
    "/assign": {"to": "kim"},
    "/comment": {"text": "seen"},
    "/snooze": {"until": LATER},
    "/hand-over": {"to": "kim"},
    "/statement": {"status": "we know"},
    "/merge": {"into": REFUNDS},
    "/split": {"topics": [TOPIC]},
    "/api/v1/silences": SILENCE,
    "/api/v1/silences/preview": SILENCE,
    "/api/v1/silences/{silence_id}": SILENCE,
    "/api/v1/notices": NOTICE,
    "/api/v1/notices/{notice_id}": NOTICE,
    "/api/v1/post-holds": {"topics": [TOPIC], "reason": "a tragedy", "incident": INCIDENT},
    "/api/v1/cases": {"system": "crm", "case": "9", "incident": INCIDENT},
    "/api/v1/drills": {"receiver": "comms"},
    "/api/v1/erasures": {"platform": "x", "author": "4711"},
    "/status": {"status": "solved"},
    "/labels": {"mention": "x:0", "mood": "negative"},
    "/feedback": {"verdict": "false_alarm", "incident": INCIDENT},
    "/api/v1/topics/{topic}": {"name": "Ours", "query": "ours", "brand": OWN},
    "/api/v1/topics/preview": {"name": "Ours", "query": "ours", "brand": OWN},
    "/api/v2/silences": {
        "id": f"silence-{HIDDEN}",
        "matchers": [{"name": "topic", "value": TOPIC, "isRegex": False}],
        "startsAt": "2026-01-05T12:00:00Z",
        "endsAt": LATER,
        "createdBy": "jo",
        "comment": "confirm: known",
    },
}
FORM = (
    f"to=kim&text=seen&minutes=30&status=x&hours=3&link=0123456789abcdef&into={REFUNDS}&topic-0={TOPIC}&act=add&do=save"
    f"&matchers=topic%3D{TOPIC}&reason=known&zone=UTC&confirm=yes&name=Ours&id={TOPIC}&query=ours&brand={OWN}"
    "&pages_per_week=1&mention=x%3A0&mood=negative&start=2026-01-05T10%3A00&end=2026-01-05T11%3A00"
)
ENDLESS = "/api/v1/events"


def routes_of(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Every method and path template that the app answers."""
    for route in routes:
        inner = getattr(getattr(route, "original_router", None), "routes", None)
        if inner is not None:
            yield from routes_of(inner)
        if isinstance(route, Route):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, route.path


def client(house: ApiHouse, holder: str) -> AsgiClient:
    return AsgiClient(house.app, {"Authorization": f"Bearer {KEYS[holder]}", "Accept": "application/json, text/html"})


async def asked(asker: AsgiClient, method: str, template: str) -> Answer:
    """The route asked for something of the other brand's, with all that it needs."""
    path = re.sub(r"\{(\w+)\}", lambda found: NAMES[found[1]], template)
    if not template.startswith(("/api/", "/-/")) and method == "POST":
        return await asker.request(method, path, {"Content-Type": "application/x-www-form-urlencoded"}, FORM.encode())
    fitting = [
        ending for ending in BODIES if template == ending or (ending.count("/") == 1 and template.endswith(ending))
    ]
    body = json.dumps(BODIES[max(fitting, key=len)] if fitting else {}).encode()
    return await asker.request(method, path, {"Content-Type": "application/json"}, b"" if method == "GET" else body)


def whole(answer: Answer) -> str:
    return answer.text + json.dumps(answer.headers)


async def test_every_route_says_what_it_has_to_do_with_brands_and_no_rule_is_about_nothing() -> None:
    async with house_of_teams() as here:
        found = {path for _, path in routes_of(here.house.app.routes)}

    not_here = {path for path in RULES if path.startswith(("/inbound/", "/login/oidc"))}  # no vendors, no provider
    assert found - set(RULES) == set()
    assert set(RULES) - found - not_here == set()


@pytest.mark.parametrize("role", list(Role))
async def test_nothing_of_another_brand_is_shown_or_changed_over_any_route_in_any_role(role: Role) -> None:
    shown, changed, not_refused = set(), set(), set()
    async with house_of_teams() as here:
        house, store = here.house, here.house.store
        asker = client(house, f"{role.value}-of-acme")
        routes = sorted(set(routes_of(house.app.routes)))
        before = dict(store.incidents), dict(store.kept), len(store.outbox), len(store.entries)
        for method, template in routes:
            if template == ENDLESS:
                continue
            answer = await asked(asker, method, template)
            if SECRET in whole(answer).lower():
                shown.add((method, template))
            if method == "GET" and "{" not in template and HIDDEN in whole(answer).lower():
                shown.add((method, template))
            if (dict(store.incidents), dict(store.kept), len(store.outbox), len(store.entries)) != before:
                changed.add((method, template))
                before = dict(store.incidents), dict(store.kept), len(store.outbox), len(store.entries)
            names_theirs = "{" in template and template not in {"/s/{token}", "/api/v1/keys/{key_id}"}
            if names_theirs and answer.status not in {403, 404, 409}:
                not_refused.add((method, template, answer.status))
        topics_changed = here.topics.changed

    assert shown == set()
    # A silence of whatever they write is made for their own brand, and so hides nothing of the others.
    assert changed <= {("POST", "/silences"), ("POST", "/api/v1/silences")}
    assert topics_changed == []
    assert not_refused <= {("GET", "/api/v1/topics/{topic}/windows", 404)}


async def test_the_very_same_requests_show_and_change_it_for_those_who_see_it() -> None:
    async with house_of_teams() as here:
        asker = client(here.house, "admin-of-both")
        reads = [found for found in sorted(set(routes_of(here.house.app.routes))) if found[0] == "GET"]
        statuses = {
            template: (await asked(asker, method, template)).status
            for method, template in reads
            if RULES[template] is BrandRule.OWN_BRANDS and template != ENDLESS
        }
        names_it = {
            template
            for template in statuses
            if SECRET in whole(await asked(asker, "GET", template)).lower() and "{" in template
        }
        acknowledged = await asked(asker, "POST", "/api/v1/incidents/{incident_id}/acknowledge")

    assert {template for template, status in statuses.items() if status != 200} == set()
    assert len(names_it) > 8
    assert acknowledged.status == 200


async def test_what_is_not_theirs_is_answered_in_the_words_for_what_does_not_exist() -> None:
    async with house_of_teams() as here:
        asker = client(here.house, "responder-of-acme")
        pairs = [
            (await asker.get(path.replace("ID", theirs)), await asker.get(path.replace("ID", nothing)), theirs, nothing)
            for path, theirs, nothing in (
                ("/api/v1/incidents/ID", INCIDENT, "inc_nothing"),
                ("/api/v1/incidents/ID/detections", INCIDENT, "inc_nothing"),
                ("/api/v1/silences/ID", f"silence-{HIDDEN}", "silence-nothing"),
                ("/api/v1/notices/ID", f"notice-{HIDDEN}", "notice-nothing"),
                ("/api/v1/post-holds/ID", f"hold-{HIDDEN}", "hold-nothing"),
                ("/api/v1/topics/ID", TOPIC, "nothing"),
                ("/api/v1/topics/ID/windows", TOPIC, "nothing"),
                ("/api/v1/topics/ID/feedback", TOPIC, "nothing"),
                ("/api/v1/detections/ID", f"detection-{HIDDEN}", "detection-nothing"),
                ("/api/v2/silence/ID", f"silence-{HIDDEN}", "silence-nothing"),
            )
        ]

    for theirs, nothing, name, other in pairs:
        assert theirs.status == nothing.status == 404
        assert without_request(theirs).replace(name, other) == without_request(nothing)


def without_request(answer: Answer) -> str:
    return re.sub(r'"request_id":"\w+"', "", answer.text)


async def test_a_hold_of_everybodys_posts_is_known_to_everybody_without_where_it_came_from() -> None:
    async with house_of_teams() as here:
        shown = await client(here.house, "viewer-of-acme").get("/api/v1/post-holds/hold-everywhere")
        check = await client(here.house, "viewer-of-acme").get("/api/v1/post-holds/check?topic=refunds&area=DE")
        released = await client(here.house, "responder-of-acme").post_json("/api/v1/post-holds/hold-everywhere/release")

    assert (shown.status, shown.json()["incident"], shown.json()["evidence"]) == (200, None, [])
    assert check.json() == {"held": True, "holds": ["hold-everywhere"]}
    assert released.status == 403


async def made(here: House, holder: str, *matchers: str) -> Answer:
    body = {"matchers": list(matchers), "reason": "known", "minutes": 30, "confirm": True}
    return await client(here.house, holder).post_json("/api/v1/silences", body)


async def test_a_silence_by_a_team_hides_nothing_of_other_brands() -> None:
    async with house_of_teams() as here:
        narrowed = await made(here, "responder-of-acme", "severity=SEV3")
        of_a_topic = await made(here, "responder-of-acme", "topic=refunds")
        of_both = await made(here, "responder-of-both", "severity=SEV3")
        of_others = await made(here, "responder-of-acme", f'brand="{OTHER}"')
        of_all = await made(here, "responder-of-all", "severity=SEV3")
        seen = (await client(here.house, "viewer-of-acme").get("/api/v1/silences")).json()["silences"]

    assert narrowed.json()["matchers"] == ['severity="SEV3"', f'brand="{OWN}"']
    assert of_a_topic.json()["matchers"] == ['topic="refunds"']
    assert of_both.json()["matchers"] == ['severity="SEV3"', f'brand=~"{OWN}|{OTHER}"']
    assert of_others.json()["matchers"] == [f'brand="{OTHER}"', f'brand="{OWN}"']  # which holds for nothing
    assert of_all.json()["matchers"] == ['severity="SEV3"']
    assert {one["id"] for one in seen} == {one.json()["id"] for one in (of_all, of_both, of_a_topic, narrowed)}


async def test_a_silence_of_all_brands_is_shown_to_a_team_and_is_not_its_to_end() -> None:
    async with house_of_teams() as here:
        silence = (await made(here, "responder-of-all", "severity=SEV3")).json()["id"]
        asker = client(here.house, "responder-of-acme")
        shown = await asker.get(f"/api/v1/silences/{silence}")
        ended = await asker.request("DELETE", f"/api/v1/silences/{silence}")
        ended_by_amtool = await asker.request("DELETE", f"/api/v2/silence/{silence}")

    assert shown.status == 200
    assert (ended.status, ended.json()["type"]) == (403, "urn:tocsin:problem:brands")
    assert ended_by_amtool.status == 403


async def test_a_team_declares_topics_of_its_brands_alone() -> None:
    async with house_of_teams() as here:
        asker = client(here.house, "admin-of-acme")
        headers = {"Content-Type": "application/json"}

        async def put(topic: str, **fields: str) -> int:
            body = json.dumps({"name": "New", "query": "new", **fields}).encode()
            return (await asker.request("PUT", f"/api/v1/topics/{topic}", headers, body)).status

        own = await put("new", brand=OWN)
        nobodys = await put("new")
        others = await put("new", brand=OTHER)
        below_others = await put("new", brand=OWN, parent=TOPIC)
        taken = await put(TOPIC, brand=OWN)
        removed = (await asker.request("DELETE", f"/api/v1/topics/{TOPIC}")).status

    assert (own, nobodys, others, below_others, taken, removed) == (200, 403, 403, 403, 409, 404)
    assert here.topics.changed == ["put new by admin-of-acme None False"]


async def test_the_metrics_of_the_world_are_those_of_the_asker_whoever_asked_before() -> None:
    async with house_of_teams() as here:
        texts = [
            (await client(here.house, holder).get("/api/v1/metrics")).text
            for holder in ("viewer-of-all", "viewer-of-acme", "viewer-of-other", "viewer-of-acme")
        ]

    assert [(TOPIC in text, 'topic="refunds"' in text) for text in texts] == [
        (True, True),
        (False, True),
        (True, False),
        (False, True),
    ]


async def test_the_live_stream_passes_over_what_is_not_theirs() -> None:
    async with house_of_teams() as here:
        theirs = [entry for entry in here.house.store.entries if entry.incident != INCIDENT]
        asker = client(here.house, "viewer-of-acme")
        async with asker.stream(ENDLESS, last_event_id="0") as (_, chunks):
            found = await events(chunks, len(theirs))

    assert found == [(entry.position, entry.text) for entry in theirs]


async def test_a_route_that_nobody_thought_of_is_closed_to_a_team() -> None:
    async with house_of_teams() as here:
        limited = await client(here.house, "admin-of-acme").get("/api/v1/never-heard-of")
        unlimited = await client(here.house, "admin-of-all").get("/api/v1/never-heard-of")

    assert (limited.status, unlimited.status) == (403, 404)
