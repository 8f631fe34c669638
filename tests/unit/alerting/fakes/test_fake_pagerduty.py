from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from alerting.fakes.pagerduty import FakePagerDuty
from tests.fakes.clock import FakeClock

KEY = "k" * 32


@pytest.fixture
async def pager() -> AsyncIterator[FakePagerDuty]:
    async with FakePagerDuty(FakeClock(), routing_key=KEY, service="payments on-call") as fake:
        yield fake


async def send(pager: FakePagerDuty, event: object) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.post(pager.events_url, json=event) as response:
        return response.status, await response.json()


def trigger(key: str = "a", **payload: object) -> dict[str, Any]:
    return {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": key,
        "payload": {"summary": "it rings", "source": "acme", "severity": "error"} | payload,
    }


async def test_takes_a_page_and_shows_it_to_the_service(pager: FakePagerDuty) -> None:
    status, answer = await send(pager, trigger())

    (entry,) = pager.inbox.entries()
    assert status == 202
    assert answer["dedup_key"] == "a"
    assert (entry.to, entry.title, entry.state) == ("payments on-call", "it rings", "triggered")


async def test_a_second_trigger_of_an_open_key_pages_nobody_again(pager: FakePagerDuty) -> None:
    await send(pager, trigger())
    await send(pager, {"routing_key": KEY, "event_action": "acknowledge", "dedup_key": "a"})

    await send(pager, trigger(summary="worse"))

    (entry,) = pager.inbox.entries()
    assert entry.state == "acknowledged"
    assert [reply.text for reply in entry.replies] == ["Acknowledged", "worse"]


async def test_a_trigger_after_the_end_is_a_new_incident(pager: FakePagerDuty) -> None:
    await send(pager, trigger())
    await send(pager, {"routing_key": KEY, "event_action": "resolve", "dedup_key": "a"})

    await send(pager, trigger())

    assert [entry.state for entry in pager.inbox.entries()] == ["triggered", "resolved"]


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ([], "must be an object"),
        (trigger() | {"routing_key": "short"}, "should be 32 characters"),
        (trigger() | {"routing_key": "x" * 32}, "Invalid routing key"),
        (trigger() | {"event_action": "ring"}, "event_action"),
        (trigger() | {"payload": None}, "payload"),
        (trigger(summary=""), "payload.summary"),
        (trigger(summary="x" * 1025), "1024"),
        (trigger(severity="bad"), "payload.severity"),
        (trigger("k" * 256), "255"),
        ({"routing_key": KEY, "event_action": "resolve"}, "dedup_key"),
    ],
)
async def test_refuses_what_pagerduty_refuses(pager: FakePagerDuty, event: object, problem: str) -> None:
    status, answer = await send(pager, event)

    assert status == 400
    assert problem in " ".join(answer["errors"])
    assert pager.events == ()
