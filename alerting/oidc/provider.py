"""The identity provider over HTTP: what it says about itself, its keys, and what a code is worth."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable, ProviderUnavailable, SignInRefused
from alerting.notifiers.egress import Egress
from alerting.notifiers.http import Body, Outbound
from alerting.oidc.id_token import Claims, verified
from alerting.oidc_settings import OidcSettings
from streams.clock import Clock
from streams.secret import read_secret

WELL_KNOWN: Final = "/.well-known/openid-configuration"
KNOWN_SECONDS: Final = 3600.0
KEYS_AGAIN_SECONDS: Final = 30.0
SECONDS: Final = 10.0
MOST_BYTES: Final = 262_144

_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the provider does what; None for what it does not do."""

    authorization: str
    token: str
    keys: str
    end_session: str | None
    secret_in_body: bool


class Provider:
    """One provider. What it says about itself is good for an hour, and its keys until one is missing.

    Every request passes the guard of outgoing requests, with the networks that `allow_networks` names.

    Raises:
        InvalidConfig: The client's secret cannot be read.
    """

    def __init__(self, settings: OidcSettings, clock: Clock, *, trust_proxy: bool = False) -> None:
        self._settings = settings
        self._clock = clock
        self._egress = Egress(allowed=tuple(settings.allow_networks), trust_proxy=trust_proxy)
        named = settings.client_secret, settings.client_secret_file
        self._secret = read_secret(*named, name="client_secret") if any(named) else None
        self._turn = asyncio.Lock()
        self._endpoints: tuple[float, Endpoints] | None = None
        self._keys: tuple[float, Mapping[str, Any]] | None = None

    async def endpoints(self) -> Endpoints:
        """Where it does what.

        Raises:
            ProviderUnavailable: It does not answer, or not as a provider would.
        """
        async with self._turn:
            now = self._clock.monotonic()
            if self._endpoints is None or now - self._endpoints[0] > KNOWN_SECONDS:
                document = await self._get(f"{self._settings.issuer_text}{WELL_KNOWN}")
                self._endpoints = now, self._read(document)
            return self._endpoints[1]

    async def claims(self, code: str, verifier: str, nonce: str, redirect_uri: str) -> Claims:
        """Who signed in, as the ID token that the code is worth says.

        Raises:
            SignInRefused: The code or the token is not good.
            ProviderUnavailable: It does not answer.
        """
        endpoints = await self.endpoints()
        token = await self._exchange(endpoints, code, verifier, redirect_uri)
        try:
            return self._verified(token, await self._key_set(endpoints), nonce)
        except SignInRefused:
            # It may be signed with a key that is newer than those that are known; asked for anew at most so often.
            if not self._keys_are_old():
                raise
            self._keys = None
            return self._verified(token, await self._key_set(endpoints), nonce)

    def _verified(self, token: str, keys: Mapping[str, Any], nonce: str) -> Claims:
        return verified(
            token,
            keys,
            issuer=self._issuer,
            client_id=self._settings.client_id,
            nonce=nonce,
            now=self._clock.now(),
            skew_seconds=self._settings.skew_seconds,
        )

    def _keys_are_old(self) -> bool:
        return self._keys is not None and self._clock.monotonic() - self._keys[0] > KEYS_AGAIN_SECONDS

    async def _key_set(self, endpoints: Endpoints) -> Mapping[str, Any]:
        async with self._turn:
            if self._keys is None or self._clock.monotonic() - self._keys[0] > KNOWN_SECONDS:
                self._keys = self._clock.monotonic(), await self._get(endpoints.keys)
            return self._keys[1]

    async def _exchange(self, endpoints: Endpoints, code: str, verifier: str, redirect_uri: str) -> str:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = dict(_FORM)
        if self._secret is None or endpoints.secret_in_body:
            fields["client_id"] = self._settings.client_id
        if self._secret is not None and endpoints.secret_in_body:
            fields["client_secret"] = self._secret
        elif self._secret is not None:
            pair = f"{quote_plus(self._settings.client_id)}:{quote_plus(self._secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        way = self._way(endpoints.token)
        try:
            answer = await way.post(Body(urlencode(fields).encode()), headers=headers, timeout_seconds=SECONDS)
        except (DeliveryRetryable, DeliveryInDoubt, DeliveryRejected) as exc:
            raise ProviderUnavailable(exc.reason) from exc
        finally:
            await way.close()
        if answer.status >= 500:
            raise ProviderUnavailable(f"the identity provider answered {answer.status}")
        token = _document(answer.body).get("id_token") if answer.status == 200 else None
        if not isinstance(token, str):
            raise SignInRefused(f"the identity provider did not take the code ({answer.status})")
        return token

    async def _get(self, url: str) -> dict[str, Any]:
        way = self._way(url)
        try:
            headers = {"Accept": "application/json"}
            answer = await way.get({}, headers=headers, timeout_seconds=SECONDS, most_bytes=MOST_BYTES)
        except (DeliveryRetryable, DeliveryInDoubt, DeliveryRejected) as exc:
            raise ProviderUnavailable(exc.reason) from exc
        finally:
            await way.close()
        if answer.status != 200 or len(answer.body) > MOST_BYTES:
            raise ProviderUnavailable(f"the identity provider answered {answer.status}")
        return _document(answer.body)

    def _way(self, url: str) -> Outbound:
        return Outbound(url, provider="the identity provider", clock=self._clock, egress=self._egress)

    def _read(self, document: Mapping[str, Any]) -> Endpoints:
        if str(document.get("issuer", "")).rstrip("/") != self._settings.issuer_text:
            raise ProviderUnavailable("who answers at the issuer's address says that it is another issuer")
        self._issuer = str(document["issuer"])
        methods = document.get("token_endpoint_auth_methods_supported") or ("client_secret_basic",)
        end_session = document.get("end_session_endpoint")
        return Endpoints(
            authorization=self._address(document, "authorization_endpoint"),
            token=self._address(document, "token_endpoint"),
            keys=self._address(document, "jwks_uri"),
            end_session=self._address(document, "end_session_endpoint") if end_session else None,
            secret_in_body="client_secret_basic" not in methods and "client_secret_post" in methods,
        )

    def _address(self, document: Mapping[str, Any], name: str) -> str:
        """An address of the document; as safe on its way as the issuer's."""
        found = str(document.get(name, ""))
        parts = urlsplit(found)
        if parts.scheme not in {"https", self._settings.issuer.scheme} or not parts.hostname or parts.username:
            raise ProviderUnavailable(f"the identity provider's {name} is no address that can be trusted")
        return found


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise ProviderUnavailable("the identity provider's answer is no JSON") from None
    if not isinstance(found, dict):
        raise ProviderUnavailable("the identity provider's answer is no JSON object")
    return found
