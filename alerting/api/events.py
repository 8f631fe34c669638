"""Server-sent events: what happens to incidents, as it happens."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request
from starlette.responses import StreamingResponse

from alerting.api.live import LiveTimeline
from alerting.api.problems import REFUSALS, Problem, unavailable
from alerting.api.responses import TimelineAnswer
from alerting.brand_scope import scope_now
from alerting.errors import DatabaseUnavailable, UnknownIncident
from alerting.incidents.model import TimelineEntry
from alerting.incidents.store import Store
from streams.clock import Clock

RETRY_MILLISECONDS: Final = 2000
LONGEST_SECONDS: Final = 3600.0
MOST_KNOWN: Final = 10_000


def events_router(live: LiveTimeline, store: Store, clock: Clock) -> APIRouter:
    """`/api/v1/events`; of what the caller sees in `store`."""
    router = APIRouter(tags=["events"], responses=REFUSALS)

    @router.get(
        "/api/v1/events",
        response_class=StreamingResponse,
        responses={200: {"description": "A stream of events", "content": {"text/event-stream": {}}}},
    )
    async def events(request: Request, last_event_id: Annotated[str | None, Header()] = None) -> StreamingResponse:
        """Changes of all incidents, as server-sent events called `incident`.

        Each carries its position as `id`; with `Last-Event-ID` the stream goes on behind it, without it begins now.
        A comment every 15 seconds keeps the line open. After an hour the stream ends and the client comes back; it ends
        at once where the key or the session opens nothing any more, or sees other brands.
        """
        if live.is_full:
            raise unavailable("too-many-listeners", "Every place in the live stream is taken.", retry_seconds=30)
        position = _position(last_event_id, live)
        return StreamingResponse(
            _stream(live, _Seen(store, request.state.still_in), clock, position),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )

    return router


def _position(last_event_id: str | None, live: LiveTimeline) -> int:
    if not last_event_id:
        return live.newest
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= 19):
        raise Problem(400, "unknown-event-id", "Last-Event-ID must be the id of an event of this stream.")
    return min(int(last_event_id), live.newest)


class _Seen:
    """Which incidents the caller sees; that never changes while they are let in, so each is looked up once."""

    def __init__(self, store: Store, still_in: Callable[[], Awaitable[bool]]) -> None:
        self._store = store
        self.still_in = still_in
        self._known: dict[str, bool] = {}

    async def shows(self, incident_id: str) -> bool:
        """Whether the caller sees it."""
        if not scope_now().is_limited:
            return True
        if incident_id not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            try:
                await self._store.get(incident_id)
            except UnknownIncident:
                self._known[incident_id] = False
            else:
                self._known[incident_id] = True
        return self._known[incident_id]


async def _stream(live: LiveTimeline, seen: _Seen, clock: Clock, position: int) -> AsyncIterator[str]:
    with live.seat():
        ends_at = clock.monotonic() + LONGEST_SECONDS
        yield f"retry: {RETRY_MILLISECONDS}\nid: {position}\n\n"
        while not live.closed and clock.monotonic() < ends_at:
            signal = live.signal
            try:
                entries = await live.after(position)
            except DatabaseUnavailable:
                return
            if not await seen.still_in():
                return
            try:
                for entry in entries:
                    if await seen.shows(entry.incident):
                        yield _event(entry)
                    position = entry.position
            except DatabaseUnavailable:
                return
            if entries:
                continue
            await signal.wait()
            if live.newest == position:
                yield ": still here\n\n"


def _event(entry: TimelineEntry) -> str:
    body = TimelineAnswer.model_validate(entry).model_dump_json()
    return f"id: {entry.position}\nevent: incident\ndata: {body}\n\n"
