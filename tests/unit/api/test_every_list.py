"""Every list of the API: it either goes on with a cursor or says here why it cannot grow without end."""

import re
from typing import Any

import pytest

from tests.fakes.api_house import ApiHouse, api_house
from tests.fakes.clock import START
from tests.fakes.storyboard import REFUNDS, storyboard

# Of these everything is answered at once. Whoever adds a list adds it here, with its bound, or gives it a cursor.
BOUNDED = {
    "/api/v1/cases": "the newest 500",
    "/api/v1/contacts": "2,000 combinations of labels",
    "/api/v1/dead-letters": "limit, at most 200",
    "/api/v1/drafts": "the newest 500",
    "/api/v1/drills": "the newest 100",
    "/api/v1/erasures": "10,000 authors in all",
    "/api/v1/feeds": "platforms and partitions",
    "/api/v1/incidents/{incident_id}/detections": "the detections of one incident",
    "/api/v1/incidents/{incident_id}/links": "the links of one incident",
    "/api/v1/keys": "1,000 keys",
    "/api/v1/labels": "limit, at most 10,000",
    "/api/v1/notices": "the newest 1,000",
    "/api/v1/on-call/covers": "the newest 200",
    "/api/v1/post-holds": "the newest 500",
    "/api/v1/silences": "the newest 1,000",
    "/api/v1/topics": "20,000 topics in all",
    "/api/v1/topics/{topic}/windows": "at most 10,000 windows",
    "/api/v1/watch": "topics that rise",
}
# What holds sequences, but is one thing.
WHOLE = {
    "/api/v1/detections/{detection_id}",
    "/api/v1/drills/{drill_id}",
    "/api/v1/incidents/{incident_id}",
    "/api/v1/incidents/{incident_id}/review",
    "/api/v1/notices/{notice_id}",
    "/api/v1/on-call",
    "/api/v1/post-holds/check",
    "/api/v1/post-holds/{hold_id}",
    "/api/v1/reports/weekly",
    "/api/v1/silences/{silence_id}",
    "/api/v1/topics/{topic}",
    "/api/v1/topics/{topic}/feedback",
}


async def described(house: ApiHouse) -> dict[str, Any]:
    """Every GET of the API by path, with what is said of it."""
    whole = (await house.api.get("/openapi.json")).json()
    return {
        path: operations["get"]
        for path, operations in whole["paths"].items()
        if path.startswith("/api/v1/") and "get" in operations
    }


def answers_json(operation: dict[str, Any]) -> bool:
    return "application/json" in operation["responses"]["200"].get("content", {})


async def test_every_list_goes_on_with_a_cursor_or_is_bounded() -> None:
    async with api_house() as house:
        paths = await described(house)

    with_cursor = {
        path for path, said in paths.items() if "cursor" in {one["name"] for one in said.get("parameters", ())}
    }
    others = {path for path, said in paths.items() if answers_json(said)} - with_cursor - WHOLE
    assert with_cursor == {"/api/v1/incidents"}
    assert others <= set(BOUNDED)


async def test_a_list_with_a_cursor_shows_everything_once_and_links_on() -> None:
    async with api_house(store=storyboard(START)) as house:
        whole = (await house.api.get("/api/v1/incidents")).json()["incidents"]
        seen, following = [], "/api/v1/incidents?limit=1"
        while following:
            answer = await house.api.get(following)
            seen += [one["id"] for one in answer.json()["incidents"]]
            link = re.fullmatch(r'<(.*)>; rel="next"', answer.headers.get("link", ""))
            following = link[1] if link else ""

    assert len(seen) > 1
    assert seen == [one["id"] for one in whole]


@pytest.mark.parametrize(
    "path", ["/api/v1/incidents", "/api/v1/topics", "/api/v1/feeds", f"/api/v1/incidents/{REFUNDS}"]
)
async def test_every_answer_tells_what_is_left_of_the_rate(path: str) -> None:
    async with api_house(store=storyboard(START)) as house:
        first = await house.api.get(path)
        second = await house.api.get(path)

    assert first.status == 200
    assert re.fullmatch(r'"key";q=\d+;w=60', first.headers["ratelimit-policy"])
    left = [int(answer.headers["ratelimit"].split("r=")[1].split(";")[0]) for answer in (first, second)]
    assert left[1] == left[0] - 1
