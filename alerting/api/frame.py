"""What surrounds every answer: a request id, strict headers, bounds of time, and a last net for unexpected errors."""

import secrets
import time
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerting.api.arrival import STALL_SECONDS, WHOLE_SECONDS, Arrival, BodyRefused, announced
from alerting.api.problems import problem_of
from alerting.metrics import AlertingMetrics

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
ENDLESS: Final = frozenset({"/api/v1/events"})
MOST_BYTES: Final = 1_500_000
BOUNDED_BY_SETTINGS: Final = frozenset({"/api/v1/mentions", "/api/v1/contacts"})

log = structlog.get_logger(__name__)


class Frame:
    """The outermost layer of the API (ASGI). HEAD is answered like GET, without the body, where the answer has an end.

    Args:
        metrics: Counts requests; None counts none.
        stall_seconds: Longest pause of a body on its way in, > 0.
        whole_seconds: Longest time for all of it, > 0.
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: AlertingMetrics | None = None,
        *,
        stall_seconds: float = STALL_SECONDS,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._stall_seconds = stall_seconds
        self._whole_seconds = whole_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back with our headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = secrets.token_hex(8)
        scope["tocsin.request_id"] = request_id
        status = 0
        arrival = Arrival(
            receive,
            announced=announced(Headers(scope=scope).get("content-length", "")),
            most_bytes=None if scope["path"] in BOUNDED_BY_SETTINGS else MOST_BYTES,
            stall_seconds=self._stall_seconds,
            whole_seconds=self._whole_seconds,
        )
        method = scope["method"]
        head = method == "HEAD" and scope["path"] not in ENDLESS
        if head:
            scope = {**scope, "method": "GET"}  # a copy: the server reads the method from its own

        async def send_framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                arrival.answered()
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-cache" if _is_static(scope) else "no-store")
                headers["X-Request-Id"] = request_id
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(scope, arrival, send_framed)
        except ClientDisconnect:
            log.debug("api.hung_up", request_id=request_id, method=method, path=scope["path"])
        except BodyRefused as exc:
            if status:
                raise
            await problem_of(exc).response(request_id)(scope, arrival, send_framed)
        except Exception as exc:
            log.exception("api.failed", request_id=request_id, method=method, path=scope["path"])
            if status:
                raise
            await problem_of(exc).response(request_id)(scope, arrival, send_framed)
        finally:
            self._count(scope, method, status, time.perf_counter() - began)

    def _count(self, scope: Scope, asked: str, status: int, seconds: float) -> None:
        if self._metrics is None:
            return
        route = getattr(scope.get("route"), "path", None) or ("/static" if _is_static(scope) else "none")
        method = asked if asked in METHODS else "other"
        self._metrics.http_requests.labels(method, route, str(status or 499)).inc()
        if route not in ENDLESS:
            self._metrics.http_seconds.labels(method, route).observe(seconds)


def _is_static(scope: Scope) -> bool:
    return bool(scope["path"].startswith("/static/"))
