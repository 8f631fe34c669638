import asyncio
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from alerting.api.idempotency import ABANDONED, REMEMBERED
from alerting.errors import DatabaseUnavailable
from alerting.incidents.answer_store import Asked
from tests.fakes.api_house import ApiHouse, api_house
from tests.fakes.clock import START, FakeClock
from tests.fakes.storyboard import REFUNDS, storyboard

COMMENT = f"/api/v1/incidents/{REFUNDS}/comment"


class MemoryAnswers:
    """Answers in memory; as the contract suite has them in databases."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Asked] = {}
        self.down = False

    async def claim(self, asked: Asked, *, forget_before: datetime) -> Asked | None:
        self._answer()
        self.known = {name: one for name, one in self.known.items() if one.at >= forget_before}
        known = self.known.get((asked.caller, asked.key))
        if known is None:
            self.known[asked.caller, asked.key] = asked
        return known

    async def answered(self, asked: Asked) -> None:
        self._answer()
        self.known[asked.caller, asked.key] = asked

    async def release(self, asked: Asked) -> None:
        self._answer()
        known = self.known.get((asked.caller, asked.key))
        if known is not None and known.answer is None:
            del self.known[asked.caller, asked.key]

    def _answer(self) -> None:
        if self.down:
            raise DatabaseUnavailable("it is down")


async def comments(house: ApiHouse) -> list[str]:
    entries = (await house.api.get(f"/api/v1/incidents/{REFUNDS}")).json()["timeline"]
    return [entry["text"] for entry in entries if "again and again" in entry["text"]]


async def test_what_is_sent_twice_is_done_once_and_answered_the_same() -> None:
    async with api_house(store=storyboard(START), answers=MemoryAnswers()) as house:
        first = await house.api.post_json(COMMENT, {"text": "again and again"}, Idempotency_Key="one")
        second = await house.api.post_json(COMMENT, {"text": "again and again"}, Idempotency_Key="one")
        told = await comments(house)

    assert (first.status, first.body) == (second.status, second.body)
    assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (False, "true")
    assert first.headers["etag"] == second.headers["etag"]
    assert len(told) == 1


async def test_without_the_header_it_is_done_twice() -> None:
    async with api_house(store=storyboard(START), answers=MemoryAnswers()) as house:
        for _ in range(2):
            await house.api.post_json(COMMENT, {"text": "again and again"})
        told = await comments(house)

    assert len(told) == 2


async def test_the_same_key_with_another_request_is_refused() -> None:
    async with api_house(store=storyboard(START), answers=MemoryAnswers()) as house:
        await house.api.post_json(COMMENT, {"text": "this"}, Idempotency_Key="one")
        other = await house.api.post_json(COMMENT, {"text": "that"}, Idempotency_Key="one")

    assert (other.status, other.json()["type"]) == (422, "urn:tocsin:problem:idempotency-key-reused")


async def test_a_refusal_is_remembered_too() -> None:
    async with api_house(answers=MemoryAnswers()) as house:
        answers = [await house.api.post_json(COMMENT, {"text": "x"}, Idempotency_Key="one") for _ in range(2)]

    assert [answer.status for answer in answers] == [404, 404]
    assert answers[1].headers["content-type"] == "application/problem+json"
    assert answers[1].headers["idempotency-replayed"] == "true"


async def test_what_failed_for_now_is_worked_on_anew() -> None:
    store = storyboard(START)
    async with api_house(store=store, answers=MemoryAnswers()) as house:
        store.down = True
        failed = await house.api.post_json(COMMENT, {"text": "again and again"}, Idempotency_Key="one")
        store.down = False
        done = await house.api.post_json(COMMENT, {"text": "again and again"}, Idempotency_Key="one")

    assert (failed.status, done.status) == (503, 200)
    assert "idempotency-replayed" not in done.headers


async def test_while_the_first_is_worked_on_the_second_waits_outside_and_takes_over_when_the_first_died() -> None:
    answers, clock = MemoryAnswers(), FakeClock()
    async with api_house(store=storyboard(START), answers=answers, clock=clock) as house:
        await house.api.post_json(COMMENT, {"text": "x"}, Idempotency_Key="one")
        ((name, asked),) = answers.known.items()
        answers.known[name] = Asked(asked.caller, asked.key, asked.fingerprint, clock.now())

        waiting = await house.api.post_json(COMMENT, {"text": "x"}, Idempotency_Key="one")
        await clock.advance(ABANDONED.total_seconds() + 1)
        taken_over = await house.api.post_json(COMMENT, {"text": "x"}, Idempotency_Key="one")

    assert (waiting.status, waiting.json()["type"], waiting.headers["retry-after"]) == (
        409,
        "urn:tocsin:problem:in-progress",
        "1",
    )
    assert taken_over.status == 200


async def test_an_answer_is_forgotten_after_a_day() -> None:
    clock = FakeClock()
    async with api_house(store=storyboard(START), answers=MemoryAnswers(), clock=clock) as house:
        await house.api.post_json(COMMENT, {"text": "again and again"}, Idempotency_Key="one")
        await clock.advance(REMEMBERED.total_seconds() + 1)
        later = await house.api.post_json(COMMENT, {"text": "again and again"}, Idempotency_Key="one")

    assert later.status == 200
    assert "idempotency-replayed" not in later.headers


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
async def test_a_key_that_is_none_is_refused(key: str) -> None:
    async with api_house(store=storyboard(START), answers=MemoryAnswers()) as house:
        answer = await house.api.post_json(COMMENT, {"text": "x"}, Idempotency_Key=key)

    assert (answer.status, answer.json()["type"]) == (422, "urn:tocsin:problem:idempotency-key")


async def test_where_nothing_is_remembered_the_header_is_refused_rather_than_not_kept() -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.post_json(COMMENT, {"text": "x"}, Idempotency_Key="one")

    assert answer.status == 501


async def test_without_a_database_nothing_is_done() -> None:
    answers = MemoryAnswers()
    async with api_house(store=storyboard(START), answers=answers) as house:
        answers.down = True
        refused = await house.api.post_json(COMMENT, {"text": "again and again"}, Idempotency_Key="one")
        told = await comments(house)

    assert (refused.status, told) == (503, [])


async def test_many_at_once_are_done_once() -> None:
    async with api_house(store=storyboard(START), answers=MemoryAnswers()) as house:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    house.api.post_json(COMMENT, {"text": "again and again"}, Idempotency_Key="one"), name=f"{number}"
                )
                for number in range(10)
            ]
        told = await comments(house)

    assert {task.result().status for task in tasks} <= {200, 409}
    assert len(told) == 1


async def test_every_post_says_that_it_takes_the_header() -> None:
    async with api_house() as house:
        paths = (await house.api.get("/openapi.json")).json()["paths"]

    posts = {path: one["post"] for path, one in paths.items() if "post" in one and path.startswith("/api/")}
    assert len(posts) > 5
    for path, operation in posts.items():
        assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}, path


async def test_a_body_beyond_what_is_read_anywhere_is_refused_like_everywhere_and_is_no_failure_of_ours() -> None:
    announcing = {"Content-Type": "application/json", "Content-Length": "3000000", "Idempotency-Key": "one"}
    with capture_logs() as logged:
        async with api_house(answers=MemoryAnswers()) as house:
            answer = await house.api.request("POST", COMMENT, announcing, b"{")

    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert [entry["event"] for entry in logged if entry["log_level"] == "error"] == []
