"""The console's page of silences, notices, holds and drafts: no script is needed, a keyboard is enough."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerting.api.auth import SEE_OTHER
from alerting.api.forms import read_own_form
from alerting.api.gate import caller_of
from alerting.api.problems import Problem
from alerting.api.sessions import Sessions
from alerting.console.page import Pages
from alerting.console.pulse import Pulse
from alerting.console.standing import (
    PreviewLines,
    draft_lines,
    hold_lines,
    notice_lines,
    preview_lines,
    silence_lines,
)
from alerting.directive_parts import DirectiveParts
from alerting.errors import DirectiveRefused
from alerting.routing.silence_wish import SilenceWish
from streams.clock import Clock

PAGE: Final = "/silences"
EMPTY: Final[Mapping[str, str]] = {"matchers": "", "reason": "", "minutes": "60", "weekly": "", "zone": "UTC"}
MOST_MINUTES: Final = 366 * 24 * 60

Fields = Mapping[str, str]


def standing_pages_router(
    parts: DirectiveParts, clock: Clock, *, sessions: Sessions, pages: Pages, pulse: Callable[[], Pulse]
) -> APIRouter:
    """`/silences`, and where its forms go."""
    router = APIRouter(prefix=PAGE, include_in_schema=False)

    async def shown(
        request: Request, filled: Fields, preview: PreviewLines | None = None, refusal: str = "", status: int = 200
    ) -> Response:
        now = clock.now()
        session = caller_of(request).session
        html = pages.standing(
            silences=silence_lines(await parts.silences.all(), now),
            notices=notice_lines(await parts.notices.all(), now),
            holds=hold_lines(await parts.holds.all(), now),
            drafts=draft_lines(await parts.customer_notes.all(), now),
            filled={name: filled.get(name, default) for name, default in EMPTY.items()},
            preview=preview,
            refusal=refusal,
            pulse=pulse(),
            csrf=sessions.csrf_token(session) if session else "",
        )
        return HTMLResponse(html.encode("utf-8", "replace"), status)

    @router.get("")
    async def show(request: Request) -> Response:
        return await shown(request, EMPTY)

    @router.post("")
    async def add(request: Request) -> Response:
        caller = caller_of(request)
        fields = await read_own_form(request, caller, sessions)
        try:
            wish = _wish(fields, clock)
            preview = await parts.silences.preview(wish, by=caller.name)
            if fields.get("act") != "add":
                return await shown(request, fields, preview_lines(preview))
            if preview.width.reasons and not wish.confirmed:
                refusal = "It hides very much. Say below that it is meant, or narrow it."
                return await shown(request, fields, preview_lines(preview), refusal, 409)
            await parts.silences.add(wish, by=caller.name)
        except DirectiveRefused as exc:
            text = str(exc)
            return await shown(request, fields, None, f"{text[:1].upper()}{text[1:]}.", 422)
        return RedirectResponse(PAGE, SEE_OTHER)

    @router.post("/{kind}/{name}/{act}")
    async def decide(request: Request, kind: str, name: str, act: str) -> Response:
        caller = caller_of(request)
        await read_own_form(request, caller, sessions)
        decided = {
            ("silence", "expire"): parts.silences.expire,
            ("notice", "end"): parts.notices.end,
            ("hold", "confirm"): parts.holds.confirm,
            ("hold", "refuse"): parts.holds.refuse,
            ("hold", "release"): parts.holds.release,
            ("draft", "approve"): parts.customer_notes.approve,
            ("draft", "discard"): parts.customer_notes.discard,
        }.get((kind, act))
        if (kind, act) == ("notice", "draft"):
            await parts.customer_notes.draft(name, None, by=caller.name)
        elif decided is None:
            raise Problem(404, "not-found", "There is no such thing to do.")
        else:
            await decided(name, by=caller.name)
        return RedirectResponse(PAGE, SEE_OTHER)

    return router


def _wish(fields: Fields, clock: Clock) -> SilenceWish:
    minutes = fields.get("minutes", "").strip()
    if not (minutes.isascii() and minutes.isdigit() and 0 < int(minutes[:9]) <= MOST_MINUTES):
        raise DirectiveRefused("a silence lasts between a minute and a year")
    return SilenceWish(
        matchers=_lines(fields.get("matchers", "")),
        reason=fields.get("reason", ""),
        ends_at=clock.now() + timedelta(minutes=int(minutes[:9])),
        weekly=_lines(fields.get("weekly", "")),
        zone=fields.get("zone", "").strip() or "UTC",
        confirmed=fields.get("confirm") == "yes",
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
