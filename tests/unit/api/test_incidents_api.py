import msgspec
import pytest

from alerting.incidents.model import IncidentState, Severity
from tests.fakes.api_house import NAME, ApiHouse, api_house
from tests.fakes.asgi_client import Answer
from tests.fakes.clock import START
from tests.fakes.memory_store import MemoryStore
from tests.fakes.own_parts import own_part
from tests.fakes.storyboard import CAMPAIGN, LOGIN, REFUNDS, incident_at, storyboard


def ids(answer: Answer) -> list[str]:
    return [incident["id"] for incident in answer.json()["incidents"]]


async def test_lists_what_is_not_resolved_newest_first() -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.get("/api/v1/incidents")

    assert ids(answer) == [REFUNDS, CAMPAIGN]
    assert answer.json()["next_cursor"] is None


async def test_filters_narrow_and_repeating_one_widens_it() -> None:
    async with api_house(store=storyboard(START)) as house:
        for query, expected in (
            ("state=all", [REFUNDS, CAMPAIGN, LOGIN]),
            ("state=resolved", [LOGIN]),
            ("state=triggered&state=resolved", [REFUNDS, LOGIN]),
            ("topic=campaign", [CAMPAIGN]),
            ("topic=campaign&topic=refunds", [REFUNDS, CAMPAIGN]),
            ("severity=SEV3&state=active", [CAMPAIGN]),
            ("state=acknowledged&topic=refunds", []),
        ):
            assert ids(await house.api.get(f"/api/v1/incidents?{query}")) == expected, query


async def test_history_is_shown_only_on_request() -> None:
    store = MemoryStore()
    store.add(msgspec.structs.replace(incident_at(START), history=True))
    async with api_house(store=store) as house:
        without = await house.api.get("/api/v1/incidents")
        with_it = await house.api.get("/api/v1/incidents?history=true")

    assert ids(without) == []
    assert ids(with_it) == [REFUNDS]


async def test_following_the_link_header_walks_through_every_incident_once() -> None:
    store = MemoryStore()
    for number in range(7):
        store.add(incident_at(START, id=f"inc_{number:026}", topic=f"topic-{number % 2}"))
    seen: list[str] = []
    async with api_house(store=store) as house:
        path: str | None = "/api/v1/incidents?limit=3&state=all&severity=SEV1"
        while path is not None:
            answer = await house.api.get(path)
            seen += ids(answer)
            link = answer.headers.get("link")
            path = link.split("<")[1].split(">")[0] if link else None

    assert seen == [f"inc_{number:026}" for number in reversed(range(7))]


async def test_a_wrong_filter_is_refused_by_name() -> None:
    async with api_house() as house:
        for query in ("limit=0", "limit=201", "limit=x", "state=open", "severity=HIGH", "stat=all", "history=perhaps"):
            answer = await house.api.get(f"/api/v1/incidents?{query}")

            assert answer.status == 422, query
            assert answer.headers["content-type"] == "application/problem+json"
            assert query.partition("=")[0] in answer.json()["errors"][0]["field"]


async def test_a_foreign_cursor_is_refused() -> None:
    async with api_house() as house:
        answer = await house.api.get("/api/v1/incidents?cursor=mine")

    assert answer.status == 400
    assert answer.json()["type"] == "urn:tocsin:problem:unknown-cursor"


async def test_shows_an_incident_with_its_timeline_and_who_was_told() -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.get(f"/api/v1/incidents/{REFUNDS}")

    shown = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert shown["opened_at"] == "2026-01-05T11:49:00Z"
    assert [entry["transition"] for entry in shown["timeline"]] == ["opened", "grew", "severity_changed"]
    assert [delivery["state"] for delivery in shown["deliveries"]] == ["sent", "sent", "pending", "rejected"]
    assert shown["evidence"]["drivers"][0]["term"] == "refund pending"


async def test_an_unknown_incident_is_a_problem_document() -> None:
    async with api_house() as house:
        answers = [
            await house.api.get("/api/v1/incidents/inc_nope"),
            await house.api.get("/api/v1/incidents/inc_nope/chart.svg"),
            await house.api.post_json("/api/v1/incidents/inc_nope/acknowledge"),
        ]

    for answer in answers:
        assert answer.status == 404
        assert answer.json()["type"] == "urn:tocsin:problem:unknown-incident"


async def test_acknowledging_goes_down_under_the_name_of_the_key() -> None:
    store = storyboard(START)
    async with api_house(store=store) as house:
        answer = await house.api.post_json(f"/api/v1/incidents/{REFUNDS}/acknowledge", {"comment": "on it"})

    assert answer.status == 200
    assert answer.json()["state"] == "acknowledged"
    assert answer.json()["acknowledged_by"] == NAME
    assert answer.headers["etag"] == f'"{store.incidents[REFUNDS].revision}"'
    assert "on it" in store.entries[-1].text


@pytest.mark.parametrize("act", ["acknowledge", "resolve"])
async def test_doing_it_twice_is_as_good_as_once(act: str) -> None:
    store = storyboard(START)
    async with api_house(store=store) as house:
        first = await house.api.post_json(f"/api/v1/incidents/{REFUNDS}/{act}")
        second = await house.api.post_json(f"/api/v1/incidents/{REFUNDS}/{act}", {})

    assert (first.status, second.status) == (200, 200)
    assert first.json() == second.json()


async def test_what_the_state_does_not_allow_is_a_conflict() -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.post_json(f"/api/v1/incidents/{LOGIN}/acknowledge")

    assert answer.status == 409
    assert answer.json()["type"] == "urn:tocsin:problem:transition-refused"


@pytest.mark.parametrize(("etag", "status"), [('"1"', 200), ("*", 200), ('"7"', 412), ("x", 412)])
async def test_an_act_can_insist_on_what_its_author_saw(etag: str, status: int) -> None:
    store = storyboard(START)
    async with api_house(store=store) as house:
        answer = await house.api.post_json(f"/api/v1/incidents/{REFUNDS}/acknowledge", If_Match=etag)

    assert answer.status == status
    assert (store.incidents[REFUNDS].state is IncidentState.ACKNOWLEDGED) == (status == 200)


@pytest.mark.parametrize("body", [{"comment": "x" * 501}, {"by": "the boss"}, ["x"]])
async def test_an_act_says_a_comment_or_nothing(body: object) -> None:
    store = storyboard(START)
    async with api_house(store=store) as house:
        answer = await house.api.post_json(f"/api/v1/incidents/{REFUNDS}/resolve", body)

    assert answer.status == 422
    assert store.incidents[REFUNDS].state is IncidentState.TRIGGERED


@pytest.mark.parametrize("act", ["acknowledge", "resolve"])
async def test_an_act_whose_body_is_no_json_is_told_so(act: str) -> None:
    store = storyboard(START)
    async with api_house(store=store) as house:
        headers = {"Content-Type": "application/json"}
        answer = await house.api.request("POST", f"/api/v1/incidents/{REFUNDS}/{act}", headers, b'{"comment": ')

    assert (answer.status, answer.json()["type"]) == (400, "urn:tocsin:problem:not-json")
    assert answer.json()["detail"].startswith("The body is not JSON: ")
    assert store.incidents[REFUNDS].state is IncidentState.TRIGGERED


async def test_the_chart_is_a_picture_of_its_own() -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.get(f"/api/v1/incidents/{REFUNDS}/chart.svg")
        week = await house.api.get(f"/api/v1/incidents/{REFUNDS}/chart.svg?zoom=week")
        odd = await house.api.get(f"/api/v1/incidents/{REFUNDS}/chart.svg?zoom=decade")

    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg xmlns=")
    assert "onset 11:47" in answer.text
    assert week.text.startswith("<svg xmlns=")
    assert week.text != answer.text
    assert odd.status == 422


async def test_a_database_that_is_down_is_said_with_when_to_come_back() -> None:
    async def refused(house: ApiHouse) -> list[Answer]:
        return [
            await house.api.get("/api/v1/incidents"),
            await house.api.post_json(f"/api/v1/incidents/{REFUNDS}/resolve"),
        ]

    store = storyboard(START)
    async with api_house(store=store) as house:
        store.down = True
        answers = await refused(house)

    for answer in answers:
        assert answer.status == 503
        assert answer.headers["retry-after"] == "5"
        assert answer.json()["type"] == "urn:tocsin:problem:database-unavailable"


async def test_openapi_describes_incidents_keys_and_problems() -> None:
    async with api_house() as house:
        schema = (await house.api.get("/openapi.json")).json()

    listing = schema["paths"]["/api/v1/incidents"]["get"]
    assert {parameter["name"] for parameter in listing["parameters"]} >= {"state", "topic", "severity", "cursor"}
    assert schema["security"] == [{"bearer": []}, {"header": []}]
    assert schema["paths"]["/-/ready"]["get"]["security"] == []
    assert "application/problem+json" in listing["responses"]["422"]["content"]
    assert set(schema["components"]["schemas"]["Severity"]["enum"]) == {level.value for level in Severity}
    assert "ProblemDetails" in schema["components"]["schemas"]
    assert not [path for path in schema["paths"] if path.startswith(("/login", "/fragments", "/inbox"))]


async def test_tells_our_own_part_with_every_number_and_null_for_what_is_unknown() -> None:
    store = MemoryStore()
    store.add(msgspec.structs.replace(incident_at(START), own_part=own_part()))
    async with api_house(store=store) as house:
        part = (await house.api.get(f"/api/v1/incidents/{REFUNDS}")).json()["own_part"]
        page = await house.api.get(f"/incidents/{REFUNDS}")

    assert (part["replies"], part["waits"]["unanswered"], part["canned"]["here_canned"]) == (12, 300.0, 9)
    [backlash] = part["backlash"]
    assert (backlash["ratioed"], backlash["negative_share"], backlash["reply"]["mention"]) == (True, 0.8, "x:bad")
    assert "author_number" not in backlash["reply"]
    assert part["helping"]["thanked"] == 1
    assert "<script>alert" not in page.text
