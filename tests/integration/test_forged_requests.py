"""Requests that somebody changed on the way, or made up: none acts, and none is answered as if it were our fault."""

import asyncio
import json
import os
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from alerting.fakes.pagerduty_hooks import PagerDutyHooks
from alerting.fakes.signed_request import SignedRequest
from alerting.incidents.model import IncidentState
from alerting.notifiers.act_tokens import ActToken, sealed
from alerting.notifiers.slack_blocks import RESOLVE
from tests.fakes.slack_house import ADA, SlackHouse, slack_house

SECRET = "the-secret-of-this-year"
REQUESTS = 100_000 if os.environ.get("TOCSIN_SOAK") else 2_000
NTFY_SECRET = "the-secret-of-the-buttons"
INBOUND: dict[str, Any] = {"pagerduty": {"secrets": [SECRET]}, "ntfy": {"secret": NTFY_SECRET}}
SIGNED: dict[str, tuple[str, ...]] = {
    "/inbound/ntfy": (),  # its body is the token
    "/inbound/slack": ("X-Slack-Request-Timestamp", "X-Slack-Signature"),
    "/inbound/pagerduty": ("X-PagerDuty-Signature",),
}


def genuine(it: SlackHouse) -> dict[str, SignedRequest]:
    hooks = PagerDutyHooks(it.house.world.clock, SECRET)
    until = int(it.house.world.clock.now().timestamp()) + 3600
    token = sealed(ActToken(it.incident.id, "acknowledge", "Ada Lovelace", until), NTFY_SECRET.encode())
    return {
        "/inbound/ntfy": SignedRequest({}, token.encode()),
        "/inbound/slack": it.slack.press(it.reference, RESOLVE, user=ADA),
        "/inbound/pagerduty": hooks.person("PADA", "incident.resolved", it.incident.dedup_key),
    }


def changed_bytes(value: bytes, rng: random.Random) -> bytes:
    """The value with one small or large thing about it changed."""
    at = rng.randrange(len(value) + 1)
    ways: list[Callable[[], bytes]] = [
        lambda: value[:at] + bytes([rng.randrange(256)]) + value[at + 1 :],
        lambda: value[:at] + value[at + 1 :],
        lambda: value[:at] + rng.randbytes(rng.randrange(1, 20)) + value[at:],
        lambda: value[:at],
        lambda: value[at:] + value[:at],
        value.swapcase,
        lambda: b"",
        lambda: value * 2,
        lambda: rng.randbytes(rng.randrange(200)),
    ]
    return rng.choice(ways)()


def changed(path: str, request: SignedRequest, rng: random.Random) -> SignedRequest:
    """The request with something changed that the signature covers, or with another signature."""
    headers, body = dict(request.headers), request.body
    what = rng.choice(("body", *SIGNED[path], "without")) if SIGNED[path] else "body"
    if what == "body":
        body = changed_bytes(body, rng)
    elif what == "without":
        del headers[rng.choice(SIGNED[path])]
    else:
        headers[what] = changed_bytes(headers[what].encode(), rng).decode("latin-1")
    return SignedRequest(headers, body)


def still_genuine(path: str, request: SignedRequest, original: SignedRequest) -> bool:
    """Whether the change left everything as it was, but for what does not count."""
    if not SIGNED[path]:
        return request.body == original.body
    signature = SIGNED[path][-1]
    offers = [offer.strip() for offer in request.headers.get(signature, "").split(",")]
    rest = SIGNED[path][:-1]
    same = all(request.headers.get(name) == original.headers[name] for name in rest)
    return same and request.body == original.body and original.headers[signature] in offers


@pytest.mark.timeout(3600)
async def test_no_changed_request_is_accepted_and_none_is_answered_with_an_error_of_ours() -> None:
    rng = random.Random(20260105)  # noqa: S311  # repeatable
    async with slack_house(**INBOUND) as it:
        originals = genuine(it)
        statuses: dict[int, int] = {}
        for number in range(REQUESTS):
            path = sorted(originals)[number % len(originals)]
            request = changed(path, originals[path], rng)
            if still_genuine(path, request, originals[path]):
                continue
            answer = await it.client.request("POST", path, request.headers, request.body)
            statuses[answer.status] = statuses.get(answer.status, 0) + 1

        assert set(statuses) == {401}
        assert sum(statuses.values()) > 0.9 * REQUESTS
        assert state(it) is IncidentState.TRIGGERED
        for path, original in originals.items():  # what nobody changed is still good
            assert (await it.client.request("POST", path, original.headers, original.body)).status == 200
        assert state(it) is IncidentState.RESOLVED


async def test_no_nonsense_that_is_rightly_signed_is_answered_with_an_error_of_ours() -> None:
    rng = random.Random(20260106)  # noqa: S311  # repeatable
    async with slack_house(pagerduty={"secrets": [SECRET]}) as it:
        payload = json.dumps(it.slack.pressed(it.reference, RESOLVE, user=ADA)).encode()
        hooks = PagerDutyHooks(it.house.world.clock, SECRET)
        event = hooks.person("PADA", "incident.resolved", it.incident.dedup_key).body
        for _ in range(REQUESTS // 10):
            pressed = it.slack.app.signed_body(urlencode({"payload": changed_bytes(payload, rng)}).encode())
            raw = it.slack.app.signed_body(changed_bytes(pressed.body, rng))
            hook = hooks.signed(changed_bytes(event, rng))
            for path, request in (("/inbound/slack", pressed), ("/inbound/slack", raw), ("/inbound/pagerduty", hook)):
                answer = await it.client.request("POST", path, request.headers, request.body)

                assert answer.status in {200, 400}, request


async def test_no_nonsense_over_socket_mode_acts_or_ends_the_connection() -> None:
    rng = random.Random(20260107)  # noqa: S311  # repeatable
    async with slack_house() as it, asyncio.TaskGroup() as group, asyncio.timeout(60):
        stop = asyncio.Event()
        assert it.inbound.slack_socket is not None
        running = group.create_task(it.inbound.slack_socket.run(stop), name="socket")
        while not it.slack.app.connections:
            await it.slack.app.changed()
        genuine_press = it.slack.pressed(it.reference, RESOLVE, user=ADA)
        for number in range(200):
            await it.slack.app.send(nonsense(genuine_press, rng), envelope_id=f"env-{number}")
        while len(it.slack.app.confirmed) < 200:
            await it.slack.app.changed()
        state_after_nonsense, connections = state(it), it.slack.app.connections
        await it.slack.app.send(genuine_press, envelope_id="env-genuine")
        while it.slack.app.confirmed[-1] != "env-genuine":
            await it.slack.app.changed()
        stop.set()
        await running

        assert (state_after_nonsense, connections) == (IncidentState.TRIGGERED, 1)
        assert state(it) is IncidentState.RESOLVED


def nonsense(press: dict[str, Any], rng: random.Random) -> Any:
    """Something like a press that is none."""
    [action] = press["actions"]
    ways: list[Any] = [
        None,
        [],
        "block_actions",
        rng.randrange(10**9),
        {},
        press | {"type": rng.choice(["view_submission", "", 7])},
        press | {"user": rng.choice([None, {}, "U0ADA", {"id": 7}, {"id": "U0" + "A" * 5000}])},
        press | {"actions": rng.choice([None, {}, [], [7], [{}], [action | {"value": "inc_nowhere"}]])},
        press | {"actions": [action | {"action_id": rng.choice(["", "tocsin_open", "TOCSIN_RESOLVE", 3])}]},
        press | {"actions": [action | {"value": rng.choice(["", "../../etc", "a b", "\u0000", 5])}]},
    ]
    return rng.choice(ways)


def state(it: SlackHouse) -> IncidentState:
    return it.incident.state
