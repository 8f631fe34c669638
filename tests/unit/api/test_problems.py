from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.fakes.api_house import api_house, sign_in
from tests.fakes.clock import START
from tests.fakes.memory_store import MemoryStore
from tests.fakes.storyboard import REFUNDS, storyboard


class BrokenStore(MemoryStore):
    """Fails as only a bug does."""

    async def get(self, incident_id: str) -> None:  # type: ignore[override]
        raise RuntimeError(f"password=hunter2 while reading {incident_id}")


async def test_every_refusal_is_a_problem_document() -> None:
    async with api_house() as house:
        for method, path, status in (
            ("GET", "/api/v1/nope", 404),
            ("DELETE", "/api/v1/incidents", 405),
            ("GET", "/api/v1/mentions", 405),
            ("GET", "/api/v1/incidents?limit=x", 422),
            ("GET", "/api/v1/incidents/inc_nope", 404),
            ("GET", "/static/nope.css", 404),
            ("GET", "/static/../app.py", 404),
            ("GET", "/docs", 404),
            ("GET", "/redoc", 404),
        ):
            answer = await house.api.request(method, path)

            problem = answer.json()
            assert answer.status == status, path
            assert answer.headers["content-type"] == "application/problem+json", path
            assert problem["status"] == status
            assert problem["type"].startswith("urn:tocsin:problem:")
            assert problem["title"]
            assert problem["detail"]
            assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "body: Input should be a valid object"),
        ({"topics": 3}, "body.topics: Input should be a valid array"),
        ({"topics": []}, "body.topics: Array should have at least 1 item"),
    ],
)
async def test_a_body_that_is_not_as_asked_for_is_told_in_words_of_json(body: Any, told: str) -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.post_json(f"/api/v1/incidents/{REFUNDS}/split", body)

    assert answer.status == 422
    assert answer.json()["detail"] == told


async def test_a_wrong_method_is_told_the_right_ones() -> None:
    async with api_house() as house:
        answer = await house.api.request("DELETE", "/api/v1/incidents")

    assert answer.headers["allow"] == "GET"


async def test_a_bug_shows_a_request_id_and_nothing_of_itself() -> None:
    with capture_logs() as logged:
        async with api_house(store=BrokenStore()) as house:
            answer = await house.api.get("/api/v1/incidents/inc_1")

    assert answer.status == 500
    assert [entry["request_id"] for entry in logged if entry["event"] == "api.failed"] == [answer.json()["request_id"]]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"]


async def test_a_person_gets_a_page_instead() -> None:
    async with api_house(store=storyboard(START)) as house:
        await sign_in(house.browser)
        answer = await house.browser.get("/incidents/inc_nope")

    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "there is no incident" in answer.text


async def test_what_was_wrong_is_not_echoed_unread() -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.get(f"/api/v1/incidents/{REFUNDS}?state=<script>alert(1)</script>")

    assert "<script>" not in answer.text
