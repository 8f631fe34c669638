"""Console sessions: a signed cookie, nothing kept on the server but which ones were signed out of."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from alerting.api.keys import KeyRing
from streams.clock import Clock

LIFETIME: Final = timedelta(hours=12)
FORM_LIFETIME: Final = timedelta(hours=1)
COOKIE: Final = "tocsin_session"
FORM_COOKIE: Final = "tocsin_login"
LONGEST_COOKIE: Final = 1000


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser: the key's name, and what tells this sign-in from others."""

    name: str
    nonce: str
    expires_at: datetime

    @property
    def id(self) -> str:
        """What it is called where it is written down; it proves nothing."""
        return hashlib.blake2b(self.nonce.encode(), digest_size=16).hexdigest()


class Sessions:
    """Opens, reads and closes sessions.

    A session ends after 12 hours, at sign-out, or when its key changes, expires or is revoked.
    Whoever signs out in another process is out here as soon as `end` says so; the browser forgets the cookie at once.
    """

    def __init__(self, ring: KeyRing, clock: Clock) -> None:
        self._ring = ring
        self._clock = clock
        self._closed: dict[str, datetime] = {}

    def open(self, name: str) -> str:
        """The cookie of a new session for the key called `name`."""
        secret = self._ring.session_secret(name)
        if secret is None:
            raise ValueError(f"there is no key called {name!r}")
        expires = int((self._clock.now() + LIFETIME).timestamp())
        body = msgspec.json.encode((name, secrets.token_urlsafe(16), expires))
        return f"{packed(body)}.{packed(_sign(secret, b'session', body))}"

    def read(self, cookie: str) -> Session | None:
        """The session that the cookie proves; None where it proves nothing."""
        if len(cookie) > LONGEST_COOKIE:
            return None
        try:
            packed, signature = cookie.split(".")
            body = unpacked(packed)
            name, nonce, expires = msgspec.json.decode(body, type=tuple[str, str, int])
            given = unpacked(signature)
        except (ValueError, binascii.Error, msgspec.MsgspecError):
            return None
        secret = self._ring.session_secret(name)
        if secret is None or not hmac.compare_digest(given, _sign(secret, b"session", body)):
            return None
        expires_at, now = datetime.fromtimestamp(expires, UTC), self._clock.now()
        holder = self._ring.holder_named(name)
        session = Session(name, nonce, expires_at)
        if expires_at <= now or session.id in self._closed or holder is None or not holder.holds(now):
            return None
        return session

    def close(self, session: Session) -> None:
        """Sign out: the cookie proves nothing any more."""
        self.end({session.id: session.expires_at})

    def end(self, closed: Mapping[str, datetime]) -> None:
        """These were signed out of, here or in another process: by their ids, until when each would have lasted."""
        now = self._clock.now()
        self._closed = {name: until for name, until in {**self._closed, **closed}.items() if until > now}

    def csrf_token(self, session: Session) -> str:
        """What every form of this session carries; another site cannot know it."""
        secret = self._ring.session_secret(session.name) or b""
        return packed(_sign(secret, b"csrf", session.nonce.encode()))

    def proves_csrf(self, session: Session, token: str) -> bool:
        """Whether the form came from one of our own pages."""
        return hmac.compare_digest(token.encode(), self.csrf_token(session).encode())

    def sealed(self, purpose: bytes, body: bytes) -> str:
        """What a stranger's browser keeps for us; it can be read there, and not be changed."""
        return f"{packed(body)}.{packed(_sign(self._ring.form_secret(), purpose, body))}"

    def unsealed(self, purpose: bytes, cookie: str) -> bytes | None:
        """What was sealed for this purpose; None for anything else."""
        try:
            kept, signature = cookie.split(".")
            body, given = unpacked(kept), unpacked(signature)
        except ValueError:
            return None
        return body if hmac.compare_digest(given, _sign(self._ring.form_secret(), purpose, body)) else None

    def form_ticket(self) -> str:
        """What the sign-in form and its cookie both carry."""
        expires = str(int((self._clock.now() + FORM_LIFETIME).timestamp()))
        body = f"{secrets.token_urlsafe(16)}~{expires}"
        return f"{body}~{packed(_sign(self._ring.form_secret(), b'form', body.encode()))}"

    def proves_form(self, cookie: str, field: str) -> bool:
        """Whether the sign-in form is ours, belongs to this browser, and is not too old."""
        if not hmac.compare_digest(cookie.encode(), field.encode()) or cookie.count("~") != 2:
            return False
        body, signature = cookie.rsplit("~", 1)
        expected = packed(_sign(self._ring.form_secret(), b"form", body.encode()))
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            return False
        return int(body.rsplit("~", 1)[1]) > self._clock.now().timestamp()


def _sign(secret: bytes, purpose: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, purpose + b"\0" + body, hashlib.sha256)


def packed(value: bytes) -> str:
    """As it may stand in an address or a cookie."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unpacked(value: str) -> bytes:
    """What was packed.

    Raises:
        ValueError: Nothing was.
    """
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
