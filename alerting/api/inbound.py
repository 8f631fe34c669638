"""What chats and pagers send us. No key opens these: each request proves by its signature where it comes from."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import parse_qs

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.background import BackgroundTask
from starlette.responses import Response

from alerting.api.arrival import announces_more_than
from alerting.api.casework import KeepsCases
from alerting.api.problems import Problem
from alerting.casebook import Signed
from alerting.inbound.build import Inbound
from alerting.inbound.pagerduty_events import read_event
from alerting.inbound.request import ActRequest, Ending, Vendor, Wish
from alerting.inbound.signatures import pagerduty_genuine, slack_genuine, webhook_genuine
from alerting.inbound.slack_presses import read_press
from alerting.notifiers.act_tokens import opened
from streams.clock import Clock

MOST_BYTES: Final = 500_000

log = structlog.get_logger(__name__)


def inbound_router(inbound: Inbound, clock: Clock, cases: KeepsCases | None = None) -> APIRouter:
    """`/inbound/...`, those parts of it that the configuration sets up."""
    router = APIRouter(prefix="/inbound", include_in_schema=False)
    if inbound.slack_secret is not None:
        router.add_api_route("/slack", _slack_taker(inbound, inbound.slack_secret, clock), methods=["POST"])
    if inbound.pagerduty_secrets:
        router.add_api_route("/pagerduty", _pagerduty_taker(inbound, clock), methods=["POST"])
    if inbound.ntfy_key is not None:
        router.add_api_route("/ntfy", _ntfy_taker(inbound, inbound.ntfy_key, clock), methods=["POST"])
    if inbound.case_keys and cases is not None:
        router.add_api_route("/cases", _case_taker(inbound.case_keys, cases, clock), methods=["POST"])
    return router


class CaseEvent(BaseModel):
    """What the ticket system says of one of its cases; further members are left alone."""

    system: Annotated[str, Field(min_length=1, max_length=100)]
    case: Annotated[str, Field(min_length=1, max_length=300)]
    status: Annotated[str, Field(min_length=1, max_length=200)]
    thread: Annotated[str, Field(min_length=1, max_length=300)] | None = None


def _case_taker(keys: tuple[bytes, ...], cases: KeepsCases, clock: Clock) -> Callable[[Request], Awaitable[Response]]:
    async def take(request: Request) -> Response:
        """The ticket system's word on its case, signed. The same again, or an older one, changes nothing."""
        body = await _body(request)
        headers = request.headers
        name, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        genuine = webhook_genuine(
            keys,
            name=name,
            timestamp=timestamp,
            signatures=headers.get("webhook-signature", ""),
            body=body,
            now=clock.now(),
        )
        if not genuine:
            log.warning("inbound.forged", vendor="cases")
            raise Problem(401, "not-signed", "The signature does not fit, or is too old.")
        try:
            event = CaseEvent.model_validate_json(body)
        except ValidationError as exc:
            raise Problem(422, "unreadable", "It needs system, case and status, and may have thread.") from exc
        links = await cases.find(event.system, event.case)
        if not links:
            raise Problem(404, "unknown-case", "Nothing is linked to this case.")
        signed = Signed(hashlib.sha256(name.encode()).hexdigest()[:32], datetime.fromtimestamp(int(timestamp), UTC))
        for link in links:
            await cases.hear(link.id, event.status, by=event.system, thread=event.thread, signed=signed)
        return Response(status_code=204)

    return take


def _slack_taker(inbound: Inbound, secret: str, clock: Clock) -> Callable[[Request], Awaitable[Response]]:
    async def take(request: Request) -> Response:
        """A pressed button. The signature is looked at before anything else is."""
        body = await _body(request)
        headers = request.headers
        signed = slack_genuine(
            secret,
            timestamp=headers.get("x-slack-request-timestamp", ""),
            signature=headers.get("x-slack-signature", ""),
            body=body,
            now=clock.now(),
        )
        if not signed:
            raise _forged(inbound, Vendor.SLACK)
        try:
            fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20)
            press = read_press(fields["payload"][0])
        except (KeyError, ValueError) as exc:
            inbound.desk.count(Vendor.SLACK, Ending.UNREADABLE)
            raise Problem(400, "unreadable", "This is not what Slack sends.") from exc
        if press is None:
            inbound.desk.count(Vendor.SLACK, Ending.IGNORED)
            return Response()
        reply = await inbound.desk.serve(press.request)
        # Slack waits for three seconds; the private answer takes its own time.
        return Response(background=BackgroundTask(inbound.replies.tell, press.response_url, reply.text))

    return take


def _pagerduty_taker(inbound: Inbound, clock: Clock) -> Callable[[Request], Awaitable[Response]]:
    async def take(request: Request) -> Response:
        """Something that happened in PagerDuty. What answers with 5xx comes again."""
        body = await _body(request)
        signatures = request.headers.get("x-pagerduty-signature", "")
        if not pagerduty_genuine(inbound.pagerduty_secrets, signatures=signatures, body=body):
            raise _forged(inbound, Vendor.PAGERDUTY)
        try:
            asked = read_event(body, clock.now())
        except ValueError as exc:
            inbound.desk.count(Vendor.PAGERDUTY, Ending.UNREADABLE)
            raise Problem(400, "unreadable", "This is not what PagerDuty sends.") from exc
        if asked is None:
            inbound.desk.count(Vendor.PAGERDUTY, Ending.IGNORED)
        else:
            await inbound.desk.serve(asked)
        return Response()

    return take


def _ntfy_taker(inbound: Inbound, key: bytes, clock: Clock) -> Callable[[Request], Awaitable[Response]]:
    async def take(request: Request) -> Response:
        """A button on a phone; its token says which, and that we made it. The phone shows whether it worked."""
        body = await _body(request)
        token = opened(body.decode("ascii", "replace"), key, clock.now())
        if token is None or token.act != Wish.ACKNOWLEDGE:
            raise _forged(inbound, Vendor.NTFY)
        once = hashlib.sha256(body).hexdigest()[:32]
        reply = await inbound.desk.serve(ActRequest(Vendor.NTFY, once, token.person, Wish.ACKNOWLEDGE, token.incident))
        if reply.ending is not Ending.DONE:
            raise Problem(403, "not-done", reply.text or "Nothing was done.")
        return Response()

    return take


async def _body(request: Request) -> bytes:
    too_large = Problem(413, "too-large", f"A body has at most {MOST_BYTES} bytes here.")
    if announces_more_than(request, MOST_BYTES):
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise too_large
    return bytes(body)


def _forged(inbound: Inbound, vendor: Vendor) -> Problem:
    inbound.desk.count(vendor, Ending.FORGED)
    log.warning("inbound.forged", vendor=vendor.value)
    return Problem(401, "not-signed", "The signature does not fit, or is too old.")
