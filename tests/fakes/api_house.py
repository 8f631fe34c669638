"""The HTTP side on a real server and a free port, on parts that a test owns."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from alerting.acts import Acts
from alerting.api.app import create_api
from alerting.api.health import Probe
from alerting.api.keys import KeyRing
from alerting.api.server import serve_http
from alerting.console.pulse import Pulse
from alerting.dispatch import Dispatch
from alerting.fakes.inbox import Inbox
from alerting.metrics import AlertingMetrics
from alerting.receivers import Receivers
from alerting.routing.routes import Routes
from alerting.settings import ApiSettings, RouteSettings
from streams.broker.base import Broker
from streams.clock import Clock
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryStore

KEY = "a-key-for-the-tests-0123"
NAME = "jo"
BEARER = {"Authorization": f"Bearer {KEY}"}


@dataclass
class ApiHouse:
    """A running API.

    Attributes:
        http: A client that sends no key by itself and keeps cookies.
    """

    app: FastAPI
    url: str
    store: MemoryStore
    metrics: AlertingMetrics
    http: aiohttp.ClientSession
    stop: asyncio.Event


@asynccontextmanager
async def api_house(
    *,
    store: MemoryStore | None = None,
    clock: Clock | None = None,
    broker: Broker | None = None,
    settings: ApiSettings | None = None,
    probes: Mapping[str, Probe] | None = None,
    pulse: Callable[[], Pulse] = Pulse,
    inbox: Inbox | None = None,
) -> AsyncIterator[ApiHouse]:
    """The API, from its start to its stop."""
    store = store or MemoryStore()
    clock = clock or FakeClock()
    metrics = AlertingMetrics(CollectorRegistry())
    acts = Acts(store, Dispatch(Routes(RouteSettings(receiver="comms")), Receivers({})), clock, metrics)
    app = create_api(
        store=store,
        acts=acts,
        ring=KeyRing({NAME: KEY}),
        settings=settings or ApiSettings(),
        clock=clock,
        metrics=metrics,
        broker=broker,
        probes=probes,
        pulse=pulse,
        inbox=inbox,
    )
    stop = asyncio.Event()
    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as group:
        group.create_task(
            serve_http(app, host="127.0.0.1", port=0, stop=stop, started=started.set_result), name="serve"
        )
        url = await started
        async with aiohttp.ClientSession(
            url, timeout=aiohttp.ClientTimeout(total=10), cookie_jar=aiohttp.CookieJar(unsafe=True)
        ) as http:
            try:
                yield ApiHouse(app, url, store, metrics, http, stop)
            finally:
                stop.set()


async def sign_in(house: ApiHouse, key: str = KEY) -> aiohttp.ClientResponse:
    """Fill in the sign-in form; the client keeps the cookie."""
    async with house.http.get("/login") as answer:
        form = await answer.text()
    ticket = form.split('name="ticket" value="')[1].split('"')[0]
    answer = await house.http.post("/login", data={"key": key, "ticket": ticket}, allow_redirects=False)
    await answer.read()
    return answer


async def csrf_token(house: ApiHouse) -> str:
    """The token in the forms of the page that is shown to the client."""
    async with house.http.get("/") as answer:
        page = await answer.text()
    return page.split('name="csrf" value="')[1].split('"')[0]
