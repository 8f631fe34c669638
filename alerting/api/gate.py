"""Nobody comes in without a key, and not too many at once: everything is closed but what stands in `OPEN`."""

import base64
import binascii
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerting.access import Holder, Role, acting_as
from alerting.api.brand_rules import BrandRule, rule_for
from alerting.api.frame import ENDLESS
from alerting.api.issued_keys import IssuedKeys
from alerting.api.keys import ISSUED_PREFIX, KeyRing
from alerting.api.login_guard import LoginGuard
from alerting.api.permissions import SAFE_METHODS, needed
from alerting.api.places import Places
from alerting.api.problems import ForPeople, Problem
from alerting.api.rate_limit import RateLimit
from alerting.api.sessions import COOKIE, Session, Sessions
from alerting.brand_scope import EVERYTHING, BrandScope, seeing
from alerting.errors import DatabaseUnavailable
from streams.clock import Clock

_SIGN_IN: Final = frozenset({"/login", "/login/oidc", "/login/oidc/callback", "/login/oidc/out"})
OPEN: Final = frozenset({"/-/healthy", "/-/ready", "/metrics"}) | _SIGN_IN
OPEN_BELOW: Final = ("/static/", "/inbound/", "/s/")  # what comes in proves itself by its signature
ALWAYS_ANSWERED: Final = frozenset({"/-/healthy", "/-/ready", "/metrics"})
MOST_CALLERS: Final = 256
MOST_STRANGERS: Final = 64
MOST_WRONG_KEYS: Final = 20
MOST_WRONG_KEYS_IN_ALL: Final = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the name of their key, what it is good for, and their session if they came through the console."""

    name: str
    session: Session | None = None
    role: Role = Role.ADMIN
    scope: BrandScope = EVERYTHING


class Gate:
    """Lets requests with a key or a session through, as `request.state.caller` (ASGI).

    A request that changes something through the API on the strength of a cookie alone must carry the session's CSRF
    token in `X-CSRF-Token`; the console's forms carry it as a field. Health and metrics are always answered, and live
    streams are counted where they are served. What a key's role does not allow is 403, and so is what is not for those
    who see some brands alone; inside, the task sees the caller's brands and no other. More requests of one key than
    allowed are 429, and every answer of the API tells what is left.

    Twenty wrong keys a minute from one address, and further wrong ones are
    told to wait; the right one opens all the same.

    Args:
        issued: Keys that were issued since; looked at within a second.
        per_minute: Requests of one key, > 0.
        for_people: A page instead of a problem document, where a person asked.
        most_callers: Requests at once of those with a key or a session, > 0.
        most_strangers: And of all others, > 0; these never take the places of those.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        ring: KeyRing,
        sessions: Sessions,
        clock: Clock,
        issued: IssuedKeys,
        per_minute: int,
        for_people: ForPeople = lambda _request, _problem: None,
        most_callers: int = MOST_CALLERS,
        most_strangers: int = MOST_STRANGERS,
    ) -> None:
        self._app = app
        self._ring = ring
        self._sessions = sessions
        self._issued = issued
        self._for_people = for_people
        self._clock = clock
        self._limit = RateLimit(per_minute, clock)
        self._guard = LoginGuard(clock, most_failures=MOST_WRONG_KEYS, most_in_all=MOST_WRONG_KEYS_IN_ALL)
        busy = "Too many requests are being answered already."
        self._callers = Places(most_callers, busy)
        self._strangers = Places(most_strangers, busy)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with 401, 429, 503 or the sign-in page."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            caller = await self._caller(headers)
            with self._place(scope["path"], caller):
                await self._answer(scope, receive, send, headers, caller)
        except Problem as refusal:
            page = self._for_people(Request(scope), refusal)
            answer = page or refusal.response(scope.get("tocsin.request_id"))
            await answer(scope, receive, send)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, headers: Headers, caller: Caller | None
    ) -> None:
        path: str = scope["path"]
        if caller is None and path not in OPEN and not path.startswith(OPEN_BELOW):
            if _key(headers):
                self._note_wrong_key(scope)
            await _refuse(scope, headers)(scope, receive, send)
            return
        if self._lacks_csrf(scope, headers, caller):
            raise Problem(403, "csrf", "A request on the strength of a cookie needs the header X-CSRF-Token.")
        state = scope.setdefault("state", {})
        state["caller"], state["still_in"] = caller, lambda: self._still_in(headers, caller)
        if caller is None or path in ALWAYS_ANSWERED or path.startswith(OPEN_BELOW):
            await self._app(scope, receive, send)
            return
        allowance = self._limit.take(caller.name)
        wanted = needed(scope["method"], path)
        if not caller.role.includes(wanted):
            article = "an" if wanted is Role.ADMIN else "a"
            raise Problem(
                403,
                "role",
                f"The key {caller.name!r} is a {caller.role}'s; this needs {article} {wanted}'s.",
                headers=allowance.headers(),
            )
        if caller.scope.is_limited and rule_for(path) is BrandRule.EVERY_BRAND:
            raise Problem(
                403,
                "brands",
                f"The key {caller.name!r} sees {caller.scope}; this is for those who see every brand.",
                headers=allowance.headers(),
            )
        await self._issued.used(caller.name)
        told = allowance.headers() if path.startswith("/api/") else {}

        async def send_with_allowance(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        with seeing(caller.scope), acting_as(caller.role):
            await self._app(scope, receive, send_with_allowance)

    async def _still_in(self, headers: Headers, caller: Caller | None) -> bool:
        """Whether the same request would be let in now, and see the same: for answers that go on for long."""
        try:
            now = await self._caller(headers)
        except Problem:
            return False
        return now is not None and caller is not None and (now.name, now.scope) == (caller.name, caller.scope)

    def _place(self, path: str, caller: Caller | None) -> AbstractContextManager[None]:
        if path in ALWAYS_ANSWERED or (caller is not None and path in ENDLESS):
            return nullcontext()
        return self._strangers if caller is None else self._callers

    def _note_wrong_key(self, scope: Scope) -> None:
        address = scope["client"][0] if scope.get("client") else "unknown"
        self._guard.check(address)
        self._guard.failed(address)
        log.warning("api.key_refused", address=address)

    async def _caller(self, headers: Headers) -> Caller | None:
        key = _key(headers)
        cookie = None if key else _cookie(headers)
        if cookie or key.startswith(ISSUED_PREFIX):
            await self._refreshed(optional=bool(cookie))
        if key:
            return self._admitted(self._ring.holder_of(key), None)
        session = self._sessions.read(cookie) if cookie else None
        return self._admitted(self._ring.holder_named(session.name), session) if session else None

    async def _refreshed(self, *, optional: bool) -> None:
        """Know the issued keys; a session may be of the configuration's, which are known in any case."""
        try:
            await self._issued.refresh()
        except DatabaseUnavailable:
            if not optional:
                raise Problem(
                    503, "database", "The database does not answer, so this key cannot be verified."
                ) from None

    def _admitted(self, holder: Holder | None, session: Session | None) -> Caller | None:
        if holder is None or not holder.holds(self._clock.now()):
            return None
        return Caller(holder.name, session, holder.role, holder.scope)

    def _lacks_csrf(self, scope: Scope, headers: Headers, caller: Caller | None) -> bool:
        if caller is None or caller.session is None or scope["method"] in SAFE_METHODS:
            return False
        if not scope["path"].startswith(("/api/", "/-/")):
            return False
        return not self._sessions.proves_csrf(caller.session, headers.get("x-csrf-token", ""))


def caller_of(request: Request) -> Caller:
    """Who asks; the gate lets nobody else through."""
    caller = request.state.caller
    if not isinstance(caller, Caller):
        raise Problem(401, "no-key", "This needs a key.")
    return caller


def _key(headers: Headers) -> str:
    kind, _, presented = headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":  # as amtool and other tools of Prometheus send it: the key is the password
        return _password(presented.strip())
    return presented.strip() if kind.lower() == "bearer" else headers.get("x-api-key", "")


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _refuse(scope: Scope, headers: Headers) -> Response:
    path: str = scope["path"]
    if scope["method"] == "GET" and not path.startswith("/api/") and "text/html" in headers.get("accept", ""):
        wanted = quote(path) if path != "/" else ""
        return RedirectResponse(f"/login?next={wanted}" if wanted else "/login", 303)
    sent = bool(_key(headers))
    problem = Problem(
        401,
        "unknown-key" if sent else "no-key",
        "Nobody has the key that was sent: it is mistyped, expired or revoked."
        if sent
        else "This needs a key: send it as 'Authorization: Bearer KEY' or as 'X-API-Key: KEY'.",
        headers={"WWW-Authenticate": 'Bearer realm="tocsin"' + (', error="invalid_token"' if sent else "")},
    )
    return problem.response(scope.get("tocsin.request_id"))


def _cookie(headers: Headers) -> str | None:
    jar = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return None
    return jar[COOKIE].value if COOKIE in jar else None
