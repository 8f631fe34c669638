import pytest

from alerting.api.problems import Problem
from alerting.api.rate_limit import RateLimit
from alerting.settings import ApiSettings
from tests.fakes.api_house import api_house
from tests.fakes.clock import FakeClock


def spend(limit: RateLimit, name: str, requests: int) -> None:
    for _ in range(requests):
        limit.take(name)


async def test_a_minutes_requests_may_come_at_once_then_they_come_back_evenly() -> None:
    clock = FakeClock()
    limit = RateLimit(60, clock)
    spend(limit, "jo", 60)
    with pytest.raises(Problem) as refused:
        limit.take("jo")

    await clock.advance(3)

    spend(limit, "jo", 3)  # one a second
    with pytest.raises(Problem):
        limit.take("jo")
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "1")


def test_one_key_takes_nothing_from_another() -> None:
    limit = RateLimit(60, FakeClock())
    spend(limit, "script", 60)

    assert limit.take("jo").left == 59


async def test_every_answer_tells_what_is_left() -> None:
    async with api_house(settings=ApiSettings(requests_per_minute=60)) as house:
        answers = [await house.api.get("/api/v1/incidents") for _ in range(61)]
        health = await house.api.get("/-/healthy")

    assert answers[0].headers["ratelimit-policy"] == '"key";q=60;w=60'
    assert answers[0].headers["ratelimit"] == '"key";r=59;t=1'
    assert answers[59].headers["ratelimit"] == '"key";r=0;t=60'
    assert (answers[60].status, answers[60].headers["retry-after"]) == (429, "1")
    assert health.status == 200
