import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from fastapi import FastAPI
from starlette.responses import StreamingResponse

from alerting.api.file_limit import raise_file_limit
from alerting.api.health import Component, Condition
from alerting.api.server import serve_http
from streams.clock import SystemClock
from streams.errors import InvalidConfig
from tests.fakes.api_house import BEARER, api_house, served
from tests.fakes.asgi_client import AsgiClient
from tests.fakes.clock import START
from tests.fakes.storyboard import storyboard


def never_started(url: str) -> None:
    raise AssertionError(f"should not have started at {url}")


async def test_serves_on_a_free_port_and_closes_live_streams_when_told_to_stop() -> None:
    async with api_house(store=storyboard(START)) as house, aiohttp.ClientSession(headers=BEARER) as http:
        async with asyncio.timeout(5):  # far more than the stop takes, so that a hanging stream shows
            async with served(house.app) as url:
                assert url.startswith("http://127.0.0.1:")
                stream = await http.get(f"{url}/api/v1/events")
                first = await stream.content.readline()
                async with http.get(f"{url}/api/v1/incidents") as answer:
                    listed = await answer.json()
            rest = await stream.content.read()

    assert first == b"retry: 2000\n"
    assert len(listed["incidents"]) == 2
    assert b"event:" not in rest


async def test_a_taken_port_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        app = AsgiClient  # never called
        with pytest.raises(InvalidConfig, match=rf"api.port: port {port} on 127.0.0.1 is taken"):
            await serve_http(app, host="127.0.0.1", port=port, stop=asyncio.Event(), started=never_started)  # type: ignore[arg-type]


async def test_a_host_of_another_machine_is_refused_in_words() -> None:
    with pytest.raises(InvalidConfig, match=r"api.port: cannot listen on 192.0.2.1"):
        await serve_http(AsgiClient, host="192.0.2.1", port=0, stop=asyncio.Event(), started=never_started)  # type: ignore[arg-type]


async def test_a_crowd_of_idle_connections_keeps_nobody_out() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    crowd = min(1200, (soft - 200) // 2)  # both ends of every connection are files of this process
    async with api_house() as house, served(house.app) as url, AsyncExitStack() as stack:
        for _ in range(crowd):
            stack.enter_context(connected(url))
        async with aiohttp.ClientSession() as http, http.get(f"{url}/-/healthy") as answer:
            status = answer.status

    assert crowd > 0
    assert status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n",
        b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\nGET /-/healthy HTTP/1.1\r\nHost",
        b"POST /api/v1/mentions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n[",
    ],
    ids=["nothing", "half a head", "half a second head", "half a body behind a refusal"],
)
async def test_a_connection_without_a_whole_request_is_closed(sent: bytes) -> None:
    async with api_house() as house, served(house.app, head_seconds=0.05) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(url))
        writer.write(sent)
        async with asyncio.timeout(3):  # less than the 5 s after which an idle connection is closed anyway
            answered = await reader.read()
        writer.close()

    assert answered.count(b"HTTP/1.1 ") == sent.count(b"\r\n\r\n")


async def test_an_answer_that_takes_longer_than_a_head_may_is_waited_for() -> None:
    async def slow() -> Component:
        await SystemClock().sleep(0.15)
        return Component(Condition.READY)

    async with (
        api_house(probes={"slow": slow}) as house,
        served(house.app, head_seconds=0.05) as url,
        aiohttp.ClientSession() as http,
        http.get(f"{url}/-/ready") as answer,
    ):
        told = await answer.json()

    assert told["components"]["slow"]["condition"] == "ready"


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    app = FastAPI()
    ended = asyncio.Event()

    @app.get("/")
    async def endless() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x" * 65_536
                    await SystemClock().sleep(0)
            finally:
                ended.set()

        return StreamingResponse(pieces())

    async with served(app, unread_seconds=0.05) as url, asyncio.timeout(5):
        with connected(url) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await ended.wait()

    assert ended.is_set()


async def test_a_head_over_the_wire_has_no_body_and_leaves_the_connection_usable() -> None:
    ask = b"HEAD /-/healthy HTTP/1.1\r\nHost: x\r\n\r\nGET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    async with api_house() as house, served(house.app) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(url))
        writer.write(ask)
        answered = await reader.read()
        writer.close()

    assert answered.count(b"HTTP/1.1 200 ") == 2
    assert answered.count(b'{"status":"healthy"}') == 1


async def test_a_server_that_is_ended_by_the_failure_of_others_ends_its_application_in_order() -> None:
    steps: list[str] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        steps.append("began")
        yield
        steps.append("ended")

    async def fail_beside(app: FastAPI) -> None:
        async with served(app):
            raise LookupError

    with pytest.raises(ExceptionGroup) as failed:
        await fail_beside(FastAPI(lifespan=lifespan))

    assert failed.group_contains(LookupError)
    assert steps == ["began", "ended"]


def test_the_limit_of_open_files_is_raised_to_what_is_allowed() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard - 1, hard))
        raise_file_limit()
        raised, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert raised == hard


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def connected(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port_of(url)), timeout=5)
