"""The console's routes: read from the store, let the console write the page."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from alerting.api.feeds import silent_now
from alerting.api.gate import caller_of
from alerting.api.glances import Glances
from alerting.api.looks import Looks
from alerting.api.problems import Problem
from alerting.api.sessions import Sessions
from alerting.charts import svg
from alerting.charts.build import Zoom, step_for, topic_chart
from alerting.charts.chart import Chart
from alerting.console.board import by_how_unusual
from alerting.console.cards import (
    UNOWNED,
    IncidentCard,
    TopicTile,
    incident_card,
    moments,
    reckonings,
    told,
    topic_tile,
)
from alerting.console.evidence_lines import drivers, insight_lines, places, quotes
from alerting.console.own_part_lines import own_part_blocks
from alerting.console.page import Pages
from alerting.console.pulse import Pulse
from alerting.console.topic_board import BoardLine, board_line
from alerting.curves import curve_of
from alerting.fakes.inbox import Inbox
from alerting.incidents.insight import excess_of
from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.store import IncidentFilter, Store
from alerting.incidents.topic_status import TopicStatus
from alerting.incidents.wording import count, duration
from alerting.notifiers.escaping import one_line
from streams.clock import Clock

MOST_CARDS: Final = 30
MOST_RESOLVED: Final = 8
MOST_SPARKS: Final = 24
MOST_ON_BOARD: Final = 100
SPARK_SPAN: Final = timedelta(hours=3)
SPARK_POINTS: Final = 90
TOPIC_SPAN: Final = timedelta(days=1)
ACTIVE: Final = (IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED)


class Desk:
    """Gathers what a page shows."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def open_incidents(self, now: datetime) -> tuple[IncidentCard, ...]:
        """Cards of the open incidents, the worst first, the newest first among equals; at most 30."""
        page = await self._store.find(IncidentFilter(states=ACTIVE), cursor=None, limit=200)
        worst = sorted(page.incidents, key=lambda incident: incident.severity)[:MOST_CARDS]
        return tuple([await self.card(incident, now) for incident in worst])

    async def resolved(self, now: datetime, *, topic: str | None = None) -> tuple[IncidentCard, ...]:
        """Cards of incidents that are over, the newest first."""
        return await self.past(now, IncidentFilter((IncidentState.RESOLVED,), (topic,) if topic else ()))

    async def past(self, now: datetime, wanted: IncidentFilter) -> tuple[IncidentCard, ...]:
        """Cards for a list, which draws no charts."""
        page = await self._store.find(wanted, cursor=None, limit=MOST_RESOLVED)
        empty = Chart("", "", now - timedelta(hours=1), now)
        return tuple(incident_card(incident, empty, now) for incident in page.incidents)

    async def card(self, incident: Incident, now: datetime, zoom: Zoom = Zoom.EVENT) -> IncidentCard:
        """One incident with its curve."""
        return incident_card(incident, await curve_of(self._store, incident, now, zoom), now)

    async def tiles(self, now: datetime) -> tuple[TopicTile, ...]:
        """The board; the most unusual topics with their curves."""
        board = by_how_unusual(await self._store.topics(now))
        drawn = [topic_tile(status, await self._spark(status, now)) for status in board[:MOST_SPARKS]]
        return (*drawn, *(topic_tile(status, None) for status in board[MOST_SPARKS:]))

    async def board(self, now: datetime) -> tuple[BoardLine, ...]:
        """Every topic, the most unusual first; these with their curves."""
        board = by_how_unusual(await self._store.topics(now))
        drawn = [board_line(status, await self._spark(status, now), now) for status in board[:MOST_ON_BOARD]]
        return (*drawn, *(board_line(status, None, now) for status in board[MOST_ON_BOARD:]))

    async def curve(self, status: TopicStatus, now: datetime) -> Chart:
        """A topic's last day."""
        start = now - TOPIC_SPAN
        step = step_for(TOPIC_SPAN, status.expected_per_minute)
        windows = await self._store.windows(status.topic, start=start, end=now, seconds=step)
        return topic_chart(status.name, windows, start=start, end=now)

    async def _spark(self, status: TopicStatus, now: datetime) -> Chart:
        start = now - SPARK_SPAN
        step = step_for(SPARK_SPAN, status.expected_per_minute, most_points=SPARK_POINTS)
        windows = await self._store.windows(status.topic, start=start, end=now, seconds=step)
        return topic_chart(status.name, windows, start=start, end=now)


def pages_router(
    store: Store,
    clock: Clock,
    *,
    sessions: Sessions,
    pages: Pages,
    pulse: Callable[[], Pulse],
    inbox: Inbox | None,
    looks: Looks,
) -> APIRouter:
    """`/`, `/incidents/...`, `/topics/...`, `/inbox`, and `/fragments/...` for what is replaced while they are open."""
    router = APIRouter(include_in_schema=False)
    desk, glances = Desk(store, clock), Glances(store, clock)

    def csrf_of(request: Request) -> str:
        session = caller_of(request).session
        return sessions.csrf_token(session) if session else ""

    @router.get("/")
    async def now_page(request: Request) -> Response:
        return await show_now(request, fragment=False)

    @router.get("/fragments/now")
    async def now_fragment(request: Request) -> Response:
        return await show_now(request, fragment=True)

    async def show_now(request: Request, *, fragment: bool) -> Response:
        async def draw(csrf: str) -> str:
            now = clock.now()
            return pages.now(
                incidents=await desk.open_incidents(now),
                tiles=await desk.tiles(now),
                resolved=await desk.resolved(now),
                feeds=await silent_now(store),
                rising=await looks.rising(now),
                calls_only=looks.calls_only(now),
                pulse=pulse(),
                csrf=csrf,
                now=now,
                fragment=fragment,
            )

        return _page(await glances.page("part" if fragment else "whole", csrf_of(request), draw))

    @router.get("/incidents/{incident_id}")
    async def incident_page(request: Request, incident_id: str, zoom: Zoom = Zoom.EVENT) -> Response:
        return await show_incident(request, incident_id, zoom, fragment=False)

    @router.get("/fragments/incidents/{incident_id}")
    async def incident_fragment(request: Request, incident_id: str, zoom: Zoom = Zoom.EVENT) -> Response:
        return await show_incident(request, incident_id, zoom, fragment=True)

    async def show_incident(request: Request, incident_id: str, zoom: Zoom, *, fragment: bool) -> Response:
        now = clock.now()
        incident = await store.get(incident_id)
        evidence = incident.evidence
        excess = excess_of(evidence)
        since = evidence.excess.since if evidence.excess else None
        window = f"since {since:%H:%M} UTC" if since else f"in {duration(evidence.window_seconds)}"
        if incident.last_detection_at is not None:
            window += f", as of the last detection at {incident.last_detection_at:%H:%M}"
        html = pages.incident(
            card=await desk.card(incident, now, zoom),
            zoom=zoom,
            drivers=drivers(evidence),
            places=places(evidence),
            insights=insight_lines(incident),
            own_part=own_part_blocks(incident.own_part, now),
            quotes=quotes(evidence, now),
            moments=moments(await store.timeline(incident_id), now),
            told=told(await store.deliveries(incident_id), now),
            reckonings=reckonings(await store.decisions(incident.episodes or (incident.episode,)), now),
            spoken=looks.of_incident(incident, now),
            takes_feedback=looks.takes_feedback,
            excess=f"{count(excess)} mentions above expected {window}" if excess >= 1 else "",
            pulse=pulse(),
            csrf=csrf_of(request),
            now=now,
            fragment=fragment,
        )
        return _page(html)

    @router.get("/topics")
    async def topics_page(request: Request) -> Response:
        async def draw(csrf: str) -> str:
            now = clock.now()
            return pages.topics(lines=await desk.board(now), pulse=pulse(), csrf=csrf, now=now)

        return _page(await glances.page("topics", csrf_of(request), draw))

    @router.get("/topics/{topic}")
    async def topic_page(request: Request, topic: str) -> Response:
        now = clock.now()
        status = next((status for status in await store.topics(now) if status.topic == topic), None)
        if status is None:
            raise Problem(404, "unknown-topic", f"There is no topic {topic!r}.")
        chart = await desk.curve(status, now)
        spoken, effect = looks.of_topic(topic, now)
        rising = [one for one in await looks.rising(now) if one.id == topic]
        html = pages.topic(
            tile=topic_tile(status, None),
            owner=one_line(status.owner or UNOWNED, 120),
            query=status.query,
            chart=Markup(svg.render(chart)),  # noqa: S704  # our own drawing, its texts escaped there
            wide_chart=Markup(svg.render(chart, width=1160, height=300)),  # noqa: S704
            incidents=await desk.past(now, IncidentFilter(topics=(topic,))),
            spoken=spoken,
            effect=effect,
            takes_feedback=looks.takes_feedback,
            rising=rising,
            pulse=pulse(),
            csrf=csrf_of(request),
            now=now,
        )
        return _page(html)

    if inbox is not None:
        shown = inbox

        @router.get("/inbox")
        async def inbox_page(request: Request) -> Response:
            return show_inbox(request, fragment=False)

        @router.get("/fragments/inbox")
        async def inbox_fragment(request: Request) -> Response:
            return show_inbox(request, fragment=True)

        def show_inbox(request: Request, *, fragment: bool) -> Response:
            html = pages.inbox(
                entries=shown.entries(), pulse=pulse(), csrf=csrf_of(request), now=clock.now(), fragment=fragment
            )
            return _page(html)

    return router


def _page(html: str) -> Response:
    return HTMLResponse(html.encode("utf-8", "replace"))
