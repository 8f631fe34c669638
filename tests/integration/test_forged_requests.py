"""Requests that somebody changed on the way, or made up: none acts, and none is answered as if it were our fault."""

import json
import os
import random
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from alerting.fakes.pagerduty_hooks import PagerDutyHooks
from alerting.fakes.signed_request import SignedRequest
from alerting.incidents.model import IncidentState
from alerting.notifiers.slack_blocks import RESOLVE
from tests.fakes.slack_house import ADA, SlackHouse, slack_house

SECRET = "the-secret-of-this-year"
REQUESTS = 100_000 if os.environ.get("TOCSIN_SOAK") else 2_000
SIGNED = {
    "/inbound/slack": ("X-Slack-Request-Timestamp", "X-Slack-Signature"),
    "/inbound/pagerduty": ("X-PagerDuty-Signature",),
}


def genuine(it: SlackHouse) -> dict[str, SignedRequest]:
    hooks = PagerDutyHooks(it.house.world.clock, SECRET)
    return {
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
    what = rng.choice(("body", *SIGNED[path], "without"))
    if what == "body":
        body = changed_bytes(body, rng)
    elif what == "without":
        del headers[rng.choice(SIGNED[path])]
    else:
        headers[what] = changed_bytes(headers[what].encode(), rng).decode("latin-1")
    return SignedRequest(headers, body)


def still_genuine(path: str, request: SignedRequest, original: SignedRequest) -> bool:
    """Whether the change left everything as it was, but for what does not count."""
    signature = SIGNED[path][-1]
    offers = [offer.strip() for offer in request.headers.get(signature, "").split(",")]
    rest = SIGNED[path][:-1]
    same = all(request.headers.get(name) == original.headers[name] for name in rest)
    return same and request.body == original.body and original.headers[signature] in offers


@pytest.mark.timeout(3600)
async def test_no_changed_request_is_accepted_and_none_is_answered_with_an_error_of_ours() -> None:
    rng = random.Random(20260105)  # noqa: S311  # repeatable
    async with slack_house(pagerduty={"secrets": [SECRET]}) as it:
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


def state(it: SlackHouse) -> IncidentState:
    return it.incident.state
