"""The HTTP side put together: everything it works with is passed in."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from alerting.api import problems
from alerting.api.access_keys import access_keys_router
from alerting.api.auth import auth_router
from alerting.api.batches import Sender
from alerting.api.branded_feedback import BrandedFeedback
from alerting.api.branded_topics import BrandedTopics
from alerting.api.contacts import contact_routers
from alerting.api.dead_letters import KeepsDeadLetters, dead_letters_router
from alerting.api.decisions import decisions_router
from alerting.api.declared_topics import DeclaresTopics, declared_topics_router
from alerting.api.directives import directive_routers
from alerting.api.drills import Drilling, drills_routers
from alerting.api.entrance_book import EntranceBook
from alerting.api.erasures import Erases, erasures_router
from alerting.api.events import events_router
from alerting.api.feed_pages import feed_pages_router
from alerting.api.feedback import TakesFeedback, feedback_router
from alerting.api.feedback_pages import feedback_pages_router
from alerting.api.feeds import KnowsFeeds, NoReports, feeds_router
from alerting.api.frame import Frame
from alerting.api.gate import Gate
from alerting.api.health import Probe, database_probe, health_router
from alerting.api.idempotency import Idempotency
from alerting.api.inbound import inbound_router
from alerting.api.incidents import incidents_router
from alerting.api.issued_keys import IssuedKeys
from alerting.api.keys import KeyRing
from alerting.api.labels import labels_router
from alerting.api.links import link_routers
from alerting.api.live import LiveTimeline
from alerting.api.looks import Looks
from alerting.api.mentions import mentions_router
from alerting.api.oidc import SignIn, oidc_router
from alerting.api.on_call import on_call_router
from alerting.api.pages import pages_router
from alerting.api.permissions import may_now
from alerting.api.reload import Reloads, reload_router
from alerting.api.reports import reports_router
from alerting.api.schema import describe
from alerting.api.sessions import Sessions
from alerting.api.situation import LinkTokens
from alerting.api.topic_pages import topic_pages_router
from alerting.api.topic_preview import TopicPreviews, topic_preview_router
from alerting.api.topics import topics_router
from alerting.api.watch import KnowsWhatRises, watch_router
from alerting.api.work import WorksOnIncidents, work_router
from alerting.api.work_pages import work_pages_router
from alerting.api.world import world_router
from alerting.branded_store import branded
from alerting.console.page import STATIC, Pages
from alerting.console.pulse import Pulse
from alerting.contact_parts import ContactParts
from alerting.directive_parts import DirectiveParts
from alerting.duty import Duty
from alerting.fakes.inbox import Inbox
from alerting.inbound.build import Inbound
from alerting.incidents.answer_store import AnswerStore
from alerting.incidents.store import Store
from alerting.label_desk import LabelDesk
from alerting.metrics import AlertingMetrics
from alerting.reporting import Reporting
from alerting.settings import ApiSettings, Settings, TargetSettings
from alerting.shift_covers import ShiftCovers
from streams.clock import Clock

DESCRIPTION: Final = "Incidents, topics and mentions of Tocsin. Every refusal is a problem document (RFC 9457)."


def create_api(
    *,
    store: Store,
    acts: WorksOnIncidents,
    ring: KeyRing,
    settings: ApiSettings,
    targets: TargetSettings | None = None,
    clock: Clock,
    metrics: AlertingMetrics,
    broker: Sender | None = None,
    kafka_topic: str = "mentions",
    contacts: ContactParts | None = None,
    registries: Sequence[CollectorRegistry] = (),
    probes: Mapping[str, Probe] | None = None,
    pulse: Callable[[], Pulse] = Pulse,
    feeds: KnowsFeeds | None = None,
    inbox: Inbox | None = None,
    topics: DeclaresTopics | None = None,
    inbound: Inbound | None = None,
    directives: DirectiveParts | None = None,
    answers: AnswerStore | None = None,
    duty: Duty | None = None,
    feedback: TakesFeedback | None = None,
    watch: KnowsWhatRises | None = None,
    previews: TopicPreviews | None = None,
    link_keys: Sequence[bytes] = (),
    reporting: Reporting | None = None,
    drills: Drilling | None = None,
    erasures: Erases | None = None,
    letters: KeepsDeadLetters | None = None,
    sessions: Sessions | None = None,
    live: LiveTimeline | None = None,
    reload: Reloads | None = None,
    sign_in: SignIn | None = None,
) -> FastAPI:
    """REST, live events, metrics, health and the console, for `serve_http`.

    Args:
        ring: Who may come in; `KeyRing.from_settings` makes a key where none is configured.
        targets: How soon people mean to act; the defaults without it.
        metrics: Counts requests; its registry is served at /metrics.
        broker: Where mentions go that are sent over HTTP; None takes none in.
        kafka_topic: Where in it.
        contacts: What keeps what the contact centre hears; None takes no contacts in.
        registries: Further registries for /metrics; no metric may stand in two of them.
        probes: Further components of /-/ready, by name; `database` is always there.
        pulse: How the stream is doing, for the line at the top of the console.
        feeds: What is reported of every feed; without it only those with an incident are known.
        topics: Where topics are declared; None takes none over HTTP.
        inbox: What the demo's vendors received; None leaves the page out.
        inbound: What takes in acts from chats and pagers; None takes nothing in.
        directives: What keeps silences and notices; None leaves them out.
        previews: Tries topics on recent mentions; None leaves that out.
        answers: Remembers what requests with an Idempotency-Key were answered; None refuses such requests.
        duty: Who is on call; without it nobody ever is.
        feedback: Takes what people say of pages; None takes nothing in.
        watch: What rises and does not page; without it nothing does.
        link_keys: Sign links for people without an account, the last one new ones; without any there are none.
        letters: Looks at dead letters; None knows none.
        erasures: Forgets authors; None forgets nobody.
        reporting: Writes reviews; without it as the default settings say.
        drills: Tests the ways to receivers; None leaves that out.
        sessions: Of the ring; for those that outlive this app.
        live: Followed elsewhere; without it followed as long as the app lives.
        sign_in: At an identity provider; without it with keys alone.
        reload: Takes a changed configuration into force; without it nothing can be read anew.
    """
    sessions = sessions or Sessions(ring, clock)
    issued, book = IssuedKeys(store, ring, clock, sessions), EntranceBook(store, clock)
    followed_elsewhere, live = live is not None, live or LiveTimeline(store, clock)
    database = database_probe(store)
    duty = duty or Duty.from_settings(Settings())
    covers = ShiftCovers(duty.settings, duty.roster, store, clock, metrics)
    store = branded(store, clock)  # from here on: what the caller sees
    topics = BrandedTopics(topics) if topics else None
    feedback = BrandedFeedback(feedback, store, clock) if feedback else None
    pages = Pages(has_inbox=inbox is not None, may=may_now)
    elsewhere = sign_in.settings.label if sign_in else ""
    secure = settings.public_url is not None and settings.public_url.scheme == "https"

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with nullcontext() if followed_elsewhere else live.running():
            yield

    app = _bare(lifespan=lifespan, openapi_url="/openapi.json")
    app.state.live = live
    components = {"database": database, **(probes or {})}
    tokens = LinkTokens(link_keys)
    told = reporting or Reporting.from_settings(store, Settings(), clock)
    for router in (
        health_router(components, (metrics.registry, *registries)),
        reload_router(reload),
        incidents_router(store, clock, acts, targets or TargetSettings()),
        work_router(acts),
        reports_router(told, clock, sessions=sessions, pages=pages, pulse=pulse),
        decisions_router(store),
        *link_routers(store, clock, acts, pages, tokens),
        *drills_routers(drills),
        topics_router(store, clock),
        topic_preview_router(previews),
        declared_topics_router(topics),
        feedback_router(feedback),
        labels_router(LabelDesk(store, clock), sessions),
        watch_router(store, clock, watch),
        access_keys_router(issued),
        erasures_router(erasures),
        feeds_router(store, feeds or NoReports()),
        world_router(store, clock),
    ):
        app.include_router(router)
    if directives is not None:
        for router in directive_routers(directives, store, clock, sessions=sessions, pages=pages, pulse=pulse):
            app.include_router(router)
    mentions, events = mentions_router(broker, settings, kafka_topic=kafka_topic), events_router(live, store, clock)
    for router in (mentions, events, *contact_routers(broker, settings, clock, contacts)):
        app.include_router(router)
    if inbound is not None:
        app.include_router(inbound_router(inbound, clock, directives.cases if directives else None))
    app.include_router(auth_router(ring, issued, book, sessions, pages, clock, secure=secure, elsewhere=elsewhere))
    if sign_in is not None:
        app.include_router(oidc_router(sign_in, issued, book, sessions, pages, clock))
    looks = Looks(store, clock, feedback=feedback, watch=watch, contacts=contacts.desk if contacts else None)
    app.include_router(
        pages_router(store, clock, sessions=sessions, pages=pages, pulse=pulse, inbox=inbox, looks=looks)
    )
    if feedback is not None:
        app.include_router(feedback_pages_router(feedback, sessions))
    app.include_router(
        work_pages_router(store, clock, acts=acts, sessions=sessions, pages=pages, pulse=pulse, tokens=tokens)
    )
    for router in (
        dead_letters_router(letters),
        feed_pages_router(feeds or NoReports(), letters, store, clock, sessions=sessions, pages=pages, pulse=pulse),
    ):
        app.include_router(router)
    app.include_router(on_call_router(duty, covers, clock, sessions=sessions, pages=pages, pulse=pulse))
    if topics is not None:
        app.include_router(topic_pages_router(topics, previews, clock, sessions=sessions, pages=pages, pulse=pulse))
    app.router.routes.append(Mount("/static", StaticFiles(directory=STATIC), name="static"))

    def for_people(request: Request, refusal: problems.Problem) -> Response | None:
        path = request.url.path
        if path.startswith(("/api/", "/-/", "/inbound/")) or "text/html" not in request.headers.get("accept", ""):
            return None
        html = pages.problem(
            status=refusal.status,
            title=refusal.title,
            detail=refusal.detail,
            request_id=request.scope.get("tocsin.request_id"),
        )
        return HTMLResponse(html, refusal.status, refusal.headers)

    problems.install(app, for_people=for_people)
    describe(app)
    app.add_middleware(Idempotency, answers=answers, clock=clock)
    app.add_middleware(
        Gate,
        ring=ring,
        sessions=sessions,
        clock=clock,
        issued=issued,
        per_minute=settings.requests_per_minute,
        for_people=for_people,
    )
    app.add_middleware(Frame, metrics=metrics)  # the one added last is the outermost
    return app


def create_role_api(*, probes: Mapping[str, Probe], registries: Sequence[CollectorRegistry]) -> FastAPI:
    """Health and metrics alone, for the roles that serve nothing else."""
    app = _bare(openapi_url=None)
    app.include_router(health_router(probes, registries))
    problems.install(app)
    app.add_middleware(Frame)
    return app


def _bare(**options: Any) -> FastAPI:
    # The documentation pages of FastAPI load their scripts from elsewhere.
    return FastAPI(
        title="Tocsin",
        version=version("tocsin"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,  # what generated clients call it
        **options,
    )
