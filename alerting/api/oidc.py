"""Signing in at an identity provider: there and back."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

import msgspec
import structlog
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerting.api.entrance_book import EntranceBook
from alerting.api.forms import local_path
from alerting.api.issued_keys import IssuedKeys
from alerting.api.login_guard import LoginGuard
from alerting.api.problems import Problem
from alerting.api.sessions import COOKIE, FORM_COOKIE, FORM_LIFETIME, LIFETIME, Sessions, packed
from alerting.console.page import Pages
from alerting.errors import DirectiveRefused, ProviderUnavailable, SignInRefused
from alerting.oidc.admission import Admission, admitted
from alerting.oidc_settings import OidcSettings
from alerting.teams import Teams
from streams.clock import Clock

if TYPE_CHECKING:
    from alerting.oidc.provider import Provider

START: Final = "/login/oidc"
BACK: Final = "/login/oidc/callback"
OUT: Final = "/login/oidc/out"
TRIP_COOKIE: Final = "tocsin_oidc"
TRIP: Final = timedelta(minutes=10)
SEE_OTHER: Final = 303
LONGEST_ANSWER: Final = 4096
NO_ANSWER: Final = "Your identity provider does not answer. Try again, or use a key."

_PURPOSE: Final = b"oidc"

log = structlog.get_logger(__name__)


class Trip(msgspec.Struct, frozen=True, array_like=True):
    """What has to come back as it went: kept, signed, by the browser that went.

    Attributes:
        verifier: Proves to the provider that whoever brings the code asked for it.
        expires: Seconds since 1970.
    """

    state: str
    nonce: str
    verifier: str
    following: str
    expires: int


class SignIn:
    """What the routes work with.

    Args:
        public_url: Of the console, without a slash at its end; the provider leads back below it.
    """

    def __init__(self, settings: OidcSettings, provider: "Provider", teams: Teams, public_url: str) -> None:
        self.settings = settings
        self.provider = provider
        self.teams = teams
        self.public_url = public_url

    @property
    def is_secure(self) -> bool:
        """Whether browsers come over TLS."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def lasts(self) -> timedelta:
        """After how long people sign in anew."""
        return timedelta(hours=self.settings.session_hours)

    async def address(self, trip: Trip) -> str:
        """Where the browser is sent.

        Raises:
            ProviderUnavailable: The provider does not answer.
        """
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": f"{self.public_url}{BACK}",
            "scope": " ".join(dict.fromkeys(("openid", *self.settings.scopes))),
            "state": trip.state,
            "nonce": trip.nonce,
            "code_challenge": _challenge(trip.verifier),
            "code_challenge_method": "S256",
        }
        return _with((await self.provider.endpoints()).authorization, asked)

    async def who(self, trip: Trip | None, came_back: Mapping[str, str]) -> Admission:
        """Who came back.

        Raises:
            SignInRefused: Something about it is not right.
            ProviderUnavailable: The provider does not answer.
        """
        state, code = came_back.get("state", ""), came_back.get("code", "")
        if trip is None or not secrets.compare_digest(state.encode(), trip.state.encode()):
            raise SignInRefused("this sign-in did not begin here, or too long ago; try again")
        if came_back.get("error"):
            raise SignInRefused("the identity provider refused it")
        if not 0 < len(code) <= LONGEST_ANSWER:
            raise SignInRefused("the identity provider sent no code")
        claims = await self.provider.claims(code, trip.verifier, trip.nonce, f"{self.public_url}{BACK}")
        return admitted(claims, self.settings, self.teams)

    async def way_out(self) -> str:
        """Where people sign out at the provider; our own page where it has no such place, or does not answer."""
        try:
            end = (await self.provider.endpoints()).end_session
        except ProviderUnavailable:
            end = None
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": f"{self.public_url}/login"}
        return "/login" if end is None else _with(end, asked)


def oidc_router(
    sign_in: SignIn, issued: IssuedKeys, book: EntranceBook, sessions: Sessions, pages: Pages, clock: Clock
) -> APIRouter:
    """`/login/oidc` and what lies below. Whatever comes back that is not right is refused, in words for people."""
    router = APIRouter(include_in_schema=False)
    guard = LoginGuard(clock)

    def keep(response: Response, name: str, value: str, lifetime: timedelta, path: str) -> None:
        # Lax: the way back begins on the provider's page.
        seconds = int(lifetime.total_seconds())
        response.set_cookie(
            name, value, max_age=seconds, path=path, httponly=True, secure=sign_in.is_secure, samesite="lax"
        )

    def refused(reason: str, status: int) -> Response:
        ticket = sessions.form_ticket()
        html = pages.login(ticket=ticket, following="/", refusal=reason, elsewhere=sign_in.settings.label)
        response = HTMLResponse(html, status)
        response.delete_cookie(TRIP_COOKIE, path=START)
        keep(response, FORM_COOKIE, ticket, FORM_LIFETIME, "/login")
        return response

    @router.get(START)
    async def go(request: Request) -> Response:
        following = local_path(request.query_params.get("next"))
        expires = int((clock.now() + TRIP).timestamp())
        trip = Trip(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), following, expires)
        try:
            response = RedirectResponse(await sign_in.address(trip), SEE_OTHER)
        except ProviderUnavailable as exc:
            log.warning("oidc.unavailable", reason=str(exc))
            return refused(NO_ANSWER, 503)
        keep(response, TRIP_COOKIE, sessions.sealed(_PURPOSE, msgspec.json.encode(trip)), TRIP, START)
        return response

    @router.get(BACK)
    async def come_back(request: Request) -> Response:
        address = request.client.host if request.client else "unknown"
        trip = _trip(sessions, request.cookies.get(TRIP_COOKIE, ""), clock)
        try:
            guard.check(address)
            who = await sign_in.who(trip, request.query_params)
            key = await issued.admit(who, until=clock.now() + sign_in.lasts, address=address)
        except (SignInRefused, DirectiveRefused) as exc:
            guard.failed(address)
            log.warning("oidc.refused", address=address, reason=str(exc), cause=str(exc.__cause__ or ""))
            await book.turned_away(address, str(exc))
            return refused(f"You were not signed in: {exc}.", 403)
        except ProviderUnavailable as exc:
            log.warning("oidc.unavailable", reason=str(exc))
            return refused(NO_ANSWER, 503)
        except Problem as exc:
            return refused(exc.detail, exc.status)
        log.info("oidc.signed_in", name=who.name, role=who.role.value, scope=str(who.scope), address=address)
        response = RedirectResponse(trip.following if trip else "/", SEE_OTHER)
        keep(response, COOKIE, sessions.open(key.name), min(LIFETIME, sign_in.lasts), "/")
        response.delete_cookie(TRIP_COOKIE, path=START)
        return response

    @router.get(OUT)
    async def out() -> Response:
        """Sign out at the provider too; by a link, since a form of ours may lead nowhere else."""
        return RedirectResponse(await sign_in.way_out(), SEE_OTHER)

    return router


def _with(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"


def _challenge(verifier: str) -> str:
    """What the provider is told of the verifier; see https://www.rfc-editor.org/rfc/rfc7636#section-4.2.

    >>> _challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    return packed(sha256(verifier.encode()).digest())


def _trip(sessions: Sessions, cookie: str, clock: Clock) -> Trip | None:
    """The trip that the cookie proves; None where it proves none."""
    body = sessions.unsealed(_PURPOSE, cookie)
    if body is None:
        return None
    try:
        trip = msgspec.json.decode(body, type=Trip)
    except msgspec.MsgspecError:
        return None
    return trip if trip.expires > clock.now().timestamp() else None
