import pytest

from tests.fakes.api_house import api_house
from tests.fakes.clock import START
from tests.fakes.storyboard import storyboard


async def test_the_board_begins_with_the_most_unusual_topic() -> None:
    async with api_house(store=storyboard(START)) as house:
        board = (await house.api.get("/api/v1/topics")).json()["topics"]

    # Open incidents first, then by score; whose score is unknown comes last.
    assert [topic["id"] for topic in board][:3] == ["refunds", "campaign", "login"]
    assert (board[-1]["id"], board[-1]["score"]) == ("recall", None)
    assert board[0]["open_incidents"] == 1


async def test_a_curve_is_the_last_three_hours_in_minutes() -> None:
    async with api_house(store=storyboard(START)) as house:
        curve = (await house.api.get("/api/v1/topics/refunds/windows")).json()

    assert (curve["start"], curve["end"], curve["seconds"]) == ("2026-01-05T09:00:00Z", "2026-01-05T12:00:00Z", 60)
    assert len(curve["windows"]) == 3 * 60
    assert curve["windows"][0]["start"] == int(START.timestamp()) - 3 * 3600


async def test_times_with_another_offset_are_understood_and_answered_in_utc() -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.get(
            "/api/v1/topics/refunds/windows?start=2026-01-05T12:00:00%2B01:00&end=2026-01-05T11:30:00Z&seconds=300"
        )

    assert (answer.json()["start"], answer.json()["end"]) == ("2026-01-05T11:00:00Z", "2026-01-05T11:30:00Z")


@pytest.mark.parametrize(
    "query",
    [
        "start=2026-01-05T12:00:00Z&end=2026-01-05T12:00:00Z",
        "start=2026-01-05T11:00:00",
        "start=yesterday",
        "seconds=0",
        "seconds=86401",
        "start=2020-01-01T00:00:00Z&seconds=60",
        "end=0001-01-01T01:00:00Z",
        "start=0001-01-01T00:00:00%2B14:00",
        "end=9999-12-31T23:59:59-14:00",
    ],
)
async def test_a_span_that_makes_no_sense_is_refused(query: str) -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.get(f"/api/v1/topics/refunds/windows?{query}")

    assert answer.status == 422
    assert answer.json()["type"] == "urn:tocsin:problem:invalid-request"


async def test_an_unknown_topic_is_a_problem_document() -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.get("/api/v1/topics/nope/windows")

    assert answer.status == 404
    assert "'nope'" in answer.json()["detail"]
