"""The HTTP side on parts that a test owns: called directly, or served on a free port."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from alerting.acts import Acts
from alerting.api.app import create_api
from alerting.api.batches import Sender
from alerting.api.bounded_http import HEAD_SECONDS, UNREAD_SECONDS
from alerting.api.dead_letters import KeepsDeadLetters
from alerting.api.declared_topics import DeclaresTopics
from alerting.api.drills import Drilling
from alerting.api.erasures import Erases
from alerting.api.feedback import TakesFeedback
from alerting.api.feeds import KnowsFeeds
from alerting.api.health import Probe
from alerting.api.keys import KeyRing
from alerting.api.oidc import SignIn
from alerting.api.server import serve_http
from alerting.api.topic_preview import TopicPreviews
from alerting.api.watch import KnowsWhatRises
from alerting.branded_store import branded
from alerting.console.pulse import Pulse
from alerting.directive_parts import directive_parts
from alerting.dispatch import Dispatch
from alerting.drills import Drills
from alerting.duty import Duty
from alerting.fakes.inbox import Inbox
from alerting.incidents.answer_store import AnswerStore
from alerting.metrics import AlertingMetrics
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from alerting.settings import ApiSettings, Settings
from streams.clock import Clock
from tests.fakes.asgi_client import Answer, AsgiClient
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryStore

KEY = "a-key-for-the-tests-0123"
NAME = "jo"
LINK_KEY = b"a-key-for-links-of-the-tests"
CONFIGURED = {"receivers": [{"name": "comms", "notifiers": [{"type": "log"}]}], "route": {"receiver": "comms"}}
BEARER = {"Authorization": f"Bearer {KEY}"}


@dataclass
class ApiHouse:
    """An API that is alive.

    Attributes:
        api: A client with the key.
        browser: A client without it; keeps cookies.
    """

    app: FastAPI
    store: MemoryStore
    metrics: AlertingMetrics
    api: AsgiClient
    browser: AsgiClient


@asynccontextmanager
async def api_house(
    *,
    store: MemoryStore | None = None,
    clock: Clock | None = None,
    broker: Sender | None = None,
    settings: ApiSettings | None = None,
    probes: Mapping[str, Probe] | None = None,
    pulse: Callable[[], Pulse] = Pulse,
    feeds: KnowsFeeds | None = None,
    inbox: Inbox | None = None,
    topics: DeclaresTopics | None = None,
    feedback: TakesFeedback | None = None,
    rises: KnowsWhatRises | None = None,
    ring: KeyRing | None = None,
    answers: AnswerStore | None = None,
    duty: Duty | None = None,
    previews: TopicPreviews | None = None,
    drills: Drilling | None = None,
    erasures: Erases | None = None,
    letters: KeepsDeadLetters | None = None,
    sign_in: SignIn | None = None,
) -> AsyncIterator[ApiHouse]:
    """The API from its start to its end, without a server."""
    store = store or MemoryStore()
    clock = clock or FakeClock()
    metrics = AlertingMetrics(CollectorRegistry())
    dispatch = Dispatch(Routes(RouteSettings(receiver="comms")), Receivers({}))
    acts = Acts(branded(store, clock), dispatch, clock, metrics)
    whole = Settings.model_validate(CONFIGURED)
    directives = directive_parts(whole, None, store, dispatch, clock, metrics)
    app = create_api(
        store=store,
        acts=acts,
        ring=ring or KeyRing({NAME: KEY}),
        answers=answers,
        previews=previews,
        settings=settings or ApiSettings(),
        clock=clock,
        metrics=metrics,
        broker=broker,
        probes=probes,
        pulse=pulse,
        feeds=feeds,
        inbox=inbox,
        topics=topics,
        directives=directives,
        duty=duty,
        feedback=feedback,
        watch=rises,
        link_keys=(LINK_KEY,),
        sign_in=sign_in,
        drills=drills or Drills(store, Receivers({}), clock),
        erasures=erasures,
        letters=letters,
    )
    async with app.router.lifespan_context(app):
        yield ApiHouse(app, store, metrics, AsgiClient(app, BEARER), AsgiClient(app, {"Accept": "text/html"}))


@asynccontextmanager
async def served(
    app: FastAPI, *, head_seconds: float = HEAD_SECONDS, unread_seconds: float = UNREAD_SECONDS
) -> AsyncIterator[str]:
    """The app on a real server; answers its address."""
    stop = asyncio.Event()
    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as group:
        group.create_task(
            serve_http(
                app,
                host="127.0.0.1",
                port=0,
                stop=stop,
                started=started.set_result,
                head_seconds=head_seconds,
                unread_seconds=unread_seconds,
            ),
            name="serve",
        )
        try:
            yield await started
        finally:
            stop.set()


async def sign_in(browser: AsgiClient, key: str = KEY, following: str = "/") -> Answer:
    """Fill in the sign-in form; the browser keeps the cookie."""
    form = await browser.get("/login")
    return await browser.post_form("/login", {"key": key, "ticket": field(form, "ticket"), "following": following})


def field(page: Answer, name: str) -> str:
    """The value of a hidden field of a page."""
    return page.text.split(f'name="{name}" value="')[1].split('"')[0]
