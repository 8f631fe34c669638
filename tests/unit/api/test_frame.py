import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel
from starlette.responses import StreamingResponse
from starlette.types import Message
from structlog.testing import capture_logs

from alerting.api.frame import MOST_BYTES, Frame
from alerting.api.problems import install
from tests.fakes.api_house import api_house
from tests.fakes.asgi_client import AsgiClient


class Said(BaseModel):
    word: str


def framed(*, stall_seconds: float = 10.0, whole_seconds: float = 30.0) -> AsgiClient:
    app = FastAPI()

    @app.post("/streamed")
    async def streamed(request: Request) -> int:
        return sum([len(chunk) async for chunk in request.stream()])

    @app.post("/parsed")
    async def parsed(said: Said) -> str:
        return said.word

    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            yield "first"
            await asyncio.Event().wait()

        return StreamingResponse(pieces())

    install(app)
    app.add_middleware(Frame, stall_seconds=stall_seconds, whole_seconds=whole_seconds)
    return AsgiClient(app)


async def send_to(api: AsgiClient, path: str, *messages: Message) -> list[Message]:
    """What is answered to these messages, after which nothing more comes."""
    left = list(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await api._app(api._scope("POST", path, {"Content-Type": "application/json"}), receive, send)
    return sent


HALF: Message = {"type": "http.request", "body": b'{"word": ', "more_body": True}
GONE: Message = {"type": "http.disconnect"}


@pytest.mark.parametrize("path", ["/streamed", "/parsed"])
async def test_a_body_that_stands_still_is_given_up(path: str) -> None:
    async with asyncio.timeout(5):  # the stall is 0.02 s; without a bound it would last for ever
        start, body = await send_to(framed(stall_seconds=0.02), path, HALF)

    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert b"urn:tocsin:problem:too-slow" in body["body"]


@pytest.mark.parametrize("path", ["/streamed", "/parsed"])
async def test_a_body_that_is_too_large_is_given_up_before_it_ends(path: str) -> None:
    half: Message = {"type": "http.request", "body": b" " * (MOST_BYTES // 2 + 1), "more_body": True}

    start, body = await send_to(framed(), path, half, half)

    assert start["status"] == 413
    assert (b"connection", b"close") in start["headers"]
    assert b"urn:tocsin:problem:too-large" in body["body"]


async def test_a_comment_that_announces_three_megabytes_is_refused_without_being_read() -> None:
    announcing = {"Content-Type": "application/json", "Content-Length": "3000000"}
    async with api_house() as house:
        answer = await house.api.request("POST", "/api/v1/incidents/inc_1/comment", announcing, b"{")

    assert answer.status == 413
    assert answer.json()["detail"] == "The body has more than 1500000 bytes."


async def test_a_body_that_trickles_has_a_bound_as_a_whole() -> None:
    async with asyncio.timeout(5):
        start, _ = await send_to(framed(whole_seconds=0.02), "/streamed", HALF, HALF, HALF)

    assert start["status"] == 408


async def test_a_stream_that_has_begun_is_not_ended_by_the_bounds_of_its_request() -> None:
    async with framed(stall_seconds=0.02).stream("/endless") as (answer, pieces):
        first = await anext(pieces)
        with pytest.raises(TimeoutError):  # five times as long as the request may stand still
            await asyncio.wait_for(anext(pieces), 0.1)

    assert (answer.status, first) == (200, "first")


async def test_a_client_that_hangs_up_is_no_error() -> None:
    with capture_logs() as logged:
        sent = await send_to(framed(), "/streamed", HALF, GONE)

    assert sent == []
    assert [(entry["event"], entry["log_level"]) for entry in logged] == [("api.hung_up", "debug")]


@pytest.mark.parametrize(
    "path", ["/-/healthy", "/-/ready", "/metrics", "/login", "/api/v1/incidents", "/static/console.css"]
)
async def test_head_is_get_without_the_body(path: str) -> None:
    async with api_house() as house:
        get = await house.api.get(path)
        head = await house.api.request("HEAD", path)

    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert get.body


async def test_head_of_the_endless_stream_is_not_allowed() -> None:
    async with api_house() as house:
        answer = await house.api.request("HEAD", "/api/v1/events")

    assert answer.status == 405


async def test_head_is_counted_as_what_it_is() -> None:
    async with api_house() as house:
        await house.api.request("HEAD", "/-/healthy")
        counted = house.metrics.registry.get_sample_value(
            "tocsin_http_requests_total", {"method": "HEAD", "route": "/-/healthy", "status": "200"}
        )

    assert counted == 1
