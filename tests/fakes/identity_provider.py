"""An identity provider: a real HTTP server with real signatures, that a test may have say anything."""

import base64
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from streams.clock import Clock

CLIENT, SECRET = "tocsin", "s3cret/with+signs"


@cache
def key_of(name: str) -> RSAKey:
    """A key pair of that name; making one takes long."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"}, private=True)


def rs256(claims: dict[str, Any], key: str = "first") -> str:
    """The claims as a token, signed."""
    return jwt.encode({"alg": "RS256", "kid": key}, claims, key_of(key))


def unsigned(claims: dict[str, Any]) -> str:
    """The claims as a token that claims to need no signature."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


@dataclass
class IdentityProvider:
    """What the provider knows, and what it says next.

    Attributes:
        published: Names of the keys in its key set.
        signed: Makes the ID token of the claims.
        document: What its description says otherwise.
        down: It answers 503.
        agrees: Claims of whoever presses "Agree" on its page.
        asked: Paths of the requests, in order.
    """

    clock: Clock
    url: str = ""
    published: tuple[str, ...] = ("first",)
    signed: Callable[[dict[str, Any]], str] = rs256
    document: dict[str, Any] = field(default_factory=dict)
    down: bool = False
    asked: list[str] = field(default_factory=list)
    agrees: dict[str, Any] = field(default_factory=dict)
    _codes: dict[str, tuple[dict[str, str], dict[str, Any]]] = field(default_factory=dict)

    def authorize(self, address: str, **claims: Any) -> str:
        """Somebody with these claims agrees on the page that the browser was sent to: the query it comes back with."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        now, code = int(self.clock.now().timestamp()), secrets.token_urlsafe(8)
        said = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "person-1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": "ada@example.com",
            "email_verified": True,
            "groups": ["responders"],
        }
        self._codes[code] = asked, said | claims
        return f"code={code}&state={asked['state']}"

    async def page(self, request: web.Request) -> web.Response:
        """Its own page, for a real browser: one link, which whoever agrees presses."""
        back = f"{request.query['redirect_uri']}?{self.authorize(str(request.url), **self.agrees)}"
        page = (
            f'<!doctype html><title>Provider</title><link rel="icon" href="data:,"><a href="{escape(back)}">Agree</a>'
        )
        return web.Response(text=page, content_type="text/html")

    async def describe(self, request: web.Request) -> web.Response:
        """What it says about itself."""
        self.asked.append(request.path)
        if self.down:
            return web.Response(status=503)
        known = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize?tenant=1",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/end",
        }
        return web.json_response(known | self.document)

    async def keys(self, request: web.Request) -> web.Response:
        """Its keys, without their secret parts."""
        self.asked.append(request.path)
        return web.json_response({"keys": [key_of(name).as_dict(private=False) for name in self.published]})

    async def token(self, request: web.Request) -> web.Response:
        """An ID token for a code, once, to whoever asked for it."""
        self.asked.append(request.path)
        if self.down:
            return web.Response(status=503)
        given = dict(parse_qsl(await request.text()))
        pair = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode().split(":")
        known = self._codes.pop(given.get("code", ""), None)
        if known is None or [unquote_plus(part) for part in pair] != [CLIENT, SECRET]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        asked, claims = known
        challenge = base64.urlsafe_b64encode(sha256(given["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if challenge != asked["code_challenge"] or given["redirect_uri"] != asked["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": self.signed(claims)})


@asynccontextmanager
async def identity_provider(clock: Clock) -> AsyncIterator[IdentityProvider]:
    """The provider on a free port of 127.0.0.1."""
    provider = IdentityProvider(clock)
    app = web.Application()
    app.add_routes(
        [
            web.get("/.well-known/openid-configuration", provider.describe),
            web.get("/keys", provider.keys),
            web.get("/authorize", provider.page),
            web.post("/token", provider.token),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield provider
    finally:
        await runner.cleanup()
