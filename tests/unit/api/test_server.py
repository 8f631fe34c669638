import asyncio
import socket

import aiohttp
import pytest

from alerting.api.server import serve_http
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
