"""One attempt over HTTP, and what became of it."""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from types import SimpleNamespace
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable
from alerting.notifiers.egress import AddressRefused, Egress
from alerting.notifiers.guarded import guarded_connector
from alerting.notifiers.hops import passed
from streams.clock import Clock

MAX_ANSWER_BYTES: Final = 65_536
MAX_RETRY_AFTER_SECONDS: Final = 3600.0

# A connection that the provider closed while we held it turns the next request into doubt, so it is held only briefly.
_KEEP_ALIVE_SECONDS: Final = 2.0
_MAX_CONNECTIONS: Final = 10
_BUSY: Final = frozenset({408, 425, 429})


class Body(bytes):
    """A body that stays out of tracebacks which show local variables: it may carry a key, or echo one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<a body of {len(self)} bytes>"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider said; of the body at most `MAX_ANSWER_BYTES`."""

    status: int
    headers: Mapping[str, str]
    body: Body


class Outbound:
    """The way to one provider. Names neither addresses nor keys in what it raises: URLs may carry secrets.

    Args:
        provider: As people know it: `PagerDuty`.
        egress: Where requests may go; what it refuses is told with the address and the setting that allows it.
    """

    def __init__(self, url: str, *, provider: str, clock: Clock, egress: Egress) -> None:
        self._url = url
        self._provider = provider
        self._clock = clock
        self._egress = egress
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The connection pool, opened with its first use."""
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_start.append(_started)
            trace.on_request_headers_sent.append(_sent)
            trace.on_request_redirect.append(_refuse_redirect)
            trace.on_dns_resolvehost_end.append(_looked_up)
            trace.on_connection_create_end.append(_connected)
            trace.on_request_end.append(_answered)
            self._session = aiohttp.ClientSession(
                connector=guarded_connector(
                    self._egress, limit=_MAX_CONNECTIONS, keep_alive_seconds=_KEEP_ALIVE_SECONDS
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[trace],
                trust_env=self._egress.trust_proxy and not is_loopback(urlsplit(self._url).hostname),
            )
        return self._session

    @asynccontextmanager
    async def attempt(self, timeout_seconds: float) -> AsyncIterator[None]:
        """Everything inside is one attempt: it ends within the limit, and a failure says whether it may have arrived.

        Raises:
            DeliveryRetryable: Nothing was sent.
            DeliveryInDoubt: The request went out and no answer came back.
            DeliveryRejected: The provider sends us elsewhere, or its address is refused.
        """
        progress = _Progress()
        token = _progress.set(progress)
        # Causes are cut off on purpose (`from None`): they carry the request, and with it keys and secret paths.
        try:
            async with asyncio.timeout(timeout_seconds):
                yield
        except TimeoutError:
            if progress.sent:
                raise DeliveryInDoubt(f"{self._provider} did not answer within {timeout_seconds:g} s") from None
            raise DeliveryRetryable(f"no connection to {self._provider} within {timeout_seconds:g} s") from None
        except _Redirected:
            raise DeliveryRejected(f"{self._provider} answers with a redirect, which is not followed") from None
        except aiohttp.InvalidURL:
            raise DeliveryRejected(f"the address of {self._provider} is not a URL") from None
        except ValueError:
            raise DeliveryRejected(f"the address of {self._provider} has a name and password in it") from None
        except (aiohttp.ClientError, OSError) as exc:
            cause = type(exc).__name__
            refused = exc.os_error if isinstance(exc, aiohttp.ClientConnectorError) else exc
            if isinstance(refused, AddressRefused):
                raise DeliveryRejected(f"cannot connect to {self._provider}: {refused}") from None
            if progress.sent and not isinstance(exc, aiohttp.ClientConnectorError):
                raise DeliveryInDoubt(f"{self._provider} took the request and gave no answer ({cause})") from None
            raise DeliveryRetryable(f"cannot connect to {self._provider} ({cause})") from None
        finally:
            _progress.reset(token)

    async def post(self, body: Body, *, headers: Mapping[str, str], timeout_seconds: float) -> Answer:
        """One POST. Every answer counts as one, whatever its status.

        Raises:
            DeliveryRetryable, DeliveryInDoubt, DeliveryRejected: See `attempt`.
        """
        async with (
            self.attempt(timeout_seconds),
            self.session.post(self._url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            content = Body(await response.content.read(MAX_ANSWER_BYTES))
            return Answer(response.status, response.headers, content)

    async def get(
        self, asked: Mapping[str, str], *, headers: Mapping[str, str], timeout_seconds: float, most_bytes: int
    ) -> Answer:
        """One GET with these parameters. Of a longer body one byte more than `most_bytes` is read.

        Raises:
            DeliveryRetryable, DeliveryInDoubt, DeliveryRejected: See `attempt`.
        """
        async with (
            self.attempt(timeout_seconds),
            self.session.get(self._url, params=asked, headers=headers, allow_redirects=False) as response,
        ):
            content = bytearray()
            async for piece in response.content.iter_any():
                content += piece
                if len(content) > most_bytes:
                    break
            return Answer(response.status, response.headers, Body(content[: most_bytes + 1]))

    def failure(self, answer: Answer, reason: str = "") -> DeliveryRetryable | DeliveryRejected:
        """What an answer that is no success means: busy and broken pass, a refusal stays."""
        told = f"{self._provider} answered {answer.status}{f': {reason}' if reason else ''}"
        if answer.status >= 500 or answer.status in _BUSY:
            return DeliveryRetryable(told, retry_after(answer.headers, self._clock))
        return DeliveryRejected(told)

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def retry_after(headers: Mapping[str, str], clock: Clock) -> float | None:
    """The wait that the provider asked for, in [0, 3600] seconds; None where it did not or is not understood.

    Source:
        https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (until - clock.now()).total_seconds() if until.tzinfo else math.nan
    return None if math.isnan(seconds) else min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


def is_loopback(host: str | None) -> bool:
    """Whether the host is this machine; such requests never go through a proxy.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("slack.com")
    (True, True, False)
    """
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


class _Progress:
    """How far the current request of this attempt has come."""

    sent = False


class _Redirected(aiohttp.ClientError):
    """The provider answered with a redirect."""


_progress: ContextVar[_Progress | None] = ContextVar("tocsin_attempt", default=None)


async def _started(_session: aiohttp.ClientSession, _context: SimpleNamespace, _params: object) -> None:
    if progress := _progress.get():
        progress.sent = False


async def _sent(_session: aiohttp.ClientSession, _context: SimpleNamespace, _params: object) -> None:
    if progress := _progress.get():
        progress.sent = True


async def _looked_up(_session: aiohttp.ClientSession, _context: SimpleNamespace, _params: object) -> None:
    passed("looked up")


async def _connected(_session: aiohttp.ClientSession, _context: SimpleNamespace, _params: object) -> None:
    passed("connected")


async def _answered(_session: aiohttp.ClientSession, _context: SimpleNamespace, _params: object) -> None:
    passed("answered")


async def _refuse_redirect(_session: aiohttp.ClientSession, _context: SimpleNamespace, _params: object) -> None:
    raise _Redirected
