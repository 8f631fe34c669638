"""Signing in and out of the console: a key for a cookie."""

from datetime import timedelta
from http import HTTPStatus
from typing import Final

import structlog
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerting.api.entrance_book import EntranceBook
from alerting.api.forms import local_path, read_form, read_own_form
from alerting.api.gate import caller_of
from alerting.api.issued_keys import IssuedKeys
from alerting.api.keys import KeyRing
from alerting.api.login_guard import LoginGuard
from alerting.api.problems import Problem
from alerting.api.sessions import COOKIE, FORM_COOKIE, FORM_LIFETIME, LIFETIME, Sessions
from alerting.console.page import Pages
from streams.clock import Clock

SEE_OTHER: Final = 303

log = structlog.get_logger(__name__)


def auth_router(
    ring: KeyRing,
    issued: IssuedKeys,
    book: EntranceBook,
    sessions: Sessions,
    pages: Pages,
    clock: Clock,
    *,
    secure: bool,
    elsewhere: str = "",
) -> APIRouter:
    """`/login` and `/logout`. Cookies are marked Secure where `secure`; a key never stands in an address.

    Args:
        elsewhere: What the way to the identity provider is called; empty where there is none.
    """
    router = APIRouter(include_in_schema=False)
    guard = LoginGuard(clock)

    def form(following: str, refusal: str | None = None, status: int = 200) -> Response:
        ticket = sessions.form_ticket()
        html = pages.login(ticket=ticket, following=following, refusal=refusal, elsewhere=elsewhere)
        response = HTMLResponse(html, status)
        _set_cookie(response, FORM_COOKIE, ticket, FORM_LIFETIME, path="/login", strict=True)
        return response

    # Lax, not Strict: people come from a link in Slack or on the pager, and would find themselves signed out.
    def _set_cookie(
        response: Response, name: str, value: str, lifetime: timedelta, *, path: str = "/", strict: bool = False
    ) -> None:
        response.set_cookie(
            name,
            value,
            max_age=int(lifetime.total_seconds()),
            path=path,
            httponly=True,
            secure=secure,
            samesite="strict" if strict else "lax",
        )

    @router.get("/login")
    async def show_form(request: Request) -> Response:
        return form(local_path(request.query_params.get("next")))

    @router.post("/login")
    async def sign_in(request: Request) -> Response:
        address = request.client.host if request.client else "unknown"
        fields = await read_form(request)
        following = local_path(fields.get("following"))
        try:
            guard.check(address)
        except Problem as exc:
            response = form(following, exc.detail, exc.status)
            response.headers.update(exc.headers)
            return response
        if not sessions.proves_form(request.cookies.get(FORM_COOKIE, ""), fields.get("ticket", "")):
            return form(following, "This form was too old. Please try again.", HTTPStatus.FORBIDDEN)
        await issued.refresh()
        holder = ring.holder_of(fields.get("key", "").strip())
        if holder is None or not holder.holds(clock.now()):
            guard.failed(address)
            log.warning("api.login_refused", address=address)
            await book.turned_away(address, "nobody has this key")
            return form(following, "Nobody has this key.", HTTPStatus.FORBIDDEN)
        name = holder.name
        await (book.signed_in if issued.of(name) is None else issued.signed_in)(name, address)
        log.info("api.signed_in", name=name, role=holder.role.value, address=address)
        response = RedirectResponse(following, SEE_OTHER)
        _set_cookie(response, COOKIE, sessions.open(name), LIFETIME)
        response.delete_cookie(FORM_COOKIE, path="/login")
        return response

    @router.post("/logout")
    async def sign_out(request: Request) -> Response:
        caller = caller_of(request)
        await read_own_form(request, caller, sessions)
        if caller.session is not None:
            sessions.close(caller.session)
            is_issued = issued.of(caller.name) is not None
            await book.signed_out(caller.session, noted=is_issued)
            if is_issued:
                await issued.signed_out(caller.name)
        response = RedirectResponse("/login", SEE_OTHER)
        response.delete_cookie(COOKIE, path="/")
        return response

    return router
