"""The console's pages of feeds and of dead letters."""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerting.access import Role
from alerting.api.auth import SEE_OTHER
from alerting.api.dead_letters import KeepsDeadLetters, OffsetPath, PartitionPath
from alerting.api.feeds import KnowsFeeds, silent_now
from alerting.api.forms import read_own_form
from alerting.api.gate import caller_of
from alerting.api.sessions import Sessions
from alerting.console.feed_lines import feed_lines, letter_lines
from alerting.console.page import Pages
from alerting.console.pulse import Pulse
from alerting.errors import DirectiveRefused
from alerting.incidents.store import Store
from streams.clock import Clock
from streams.errors import BrokerUnavailable

PAGE: Final = "/feeds"
LETTERS: Final = "/feeds/dead-letters"
_SHOWN: Final = 50


def feed_pages_router(
    feeds: KnowsFeeds,
    letters: KeepsDeadLetters | None,
    store: Store,
    clock: Clock,
    *,
    sessions: Sessions,
    pages: Pages,
    pulse: Callable[[], Pulse],
) -> APIRouter:
    """`/feeds`, `/feeds/dead-letters`, and where its forms go."""
    router = APIRouter(include_in_schema=False)

    @router.get(PAGE)
    async def feeds_page(request: Request) -> Response:
        caller = caller_of(request)
        now = clock.now()
        html = pages.feeds(
            feeds=feed_lines(feeds.statuses(await silent_now(store)), now),
            reported_at=feeds.written_at,
            has_letters=letters is not None and caller.role is Role.ADMIN and not caller.scope.is_limited,
            pulse=pulse(),
            csrf=sessions.csrf_token(caller.session) if caller.session else "",
            now=now,
        )
        return HTMLResponse(html.encode("utf-8", "replace"))

    async def shown(request: Request, *, refusal: str = "", status: int = 200) -> Response:
        session = caller_of(request).session
        now = clock.now()
        try:
            found = () if letters is None else await letters.newest(_SHOWN)
        except BrokerUnavailable:
            found, refusal, status = (), "Kafka does not answer.", 503
        html = pages.dead_letters(
            letters=letter_lines(found, now),
            refusal=refusal,
            pulse=pulse(),
            csrf=sessions.csrf_token(session) if session else "",
        )
        return HTMLResponse(html.encode("utf-8", "replace"), status)

    @router.get(LETTERS)
    async def letters_page(request: Request) -> Response:
        return await shown(request)

    @router.post(f"{LETTERS}/{{partition}}/{{offset}}")
    async def send_again(request: Request, partition: PartitionPath, offset: OffsetPath) -> Response:
        caller = caller_of(request)
        fields = await read_own_form(request, caller, sessions)
        if letters is None:
            return RedirectResponse(LETTERS, SEE_OTHER)
        try:
            # a form's field has its lines end in CR LF, whatever stood there
            text = fields["text"].replace("\r\n", "\n") if fields.get("text") else None
            await letters.send_again(partition, offset, by=caller.name, text=text)
        except DirectiveRefused as exc:
            said = str(exc)
            return await shown(request, refusal=f"{said[:1].upper()}{said[1:]}.", status=422)
        return RedirectResponse(LETTERS, SEE_OTHER)

    return router
