"""A POST with an Idempotency-Key is done once, however often it is sent."""

import hashlib
from datetime import timedelta
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerting.api.problems import Problem
from alerting.errors import DatabaseUnavailable
from alerting.incidents.answer_store import Answer, AnswerStore, Asked
from streams.clock import Clock

HEADER: Final = "idempotency-key"
LONGEST_KEY: Final = 255
REMEMBERED: Final = timedelta(hours=24)
# Longer than any answer takes; whoever claimed it before that has died.
ABANDONED: Final = timedelta(minutes=2)
MOST_BYTES: Final = 1_000_000
_KEPT_HEADERS: Final = frozenset({"content-type", "etag", "location"})

log = structlog.get_logger(__name__)


class Idempotency:
    """Remembers for a day what a POST below `/api/` with an `Idempotency-Key` was answered, and answers the same again.

    The key belongs to the caller; the same key with another request is refused, and so is a second one while the first
    is being worked on. An answer of 5xx, and none at all, is not remembered: the next one is worked on anew. Stands
    inside the gate, so that only callers get here.

    Args:
        answers: None remembers nothing: the header is then refused rather than not kept.

    Source:
        https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
    """

    def __init__(self, app: ASGIApp, *, answers: AnswerStore | None, clock: Clock) -> None:
        self._app = app
        self._answers = answers
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer again, refuse, or pass on and remember."""
        key = _key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        try:
            await self._once(key, scope, receive, send)
        except Problem as refusal:
            await refusal.response(scope.get("tocsin.request_id"))(scope, receive, send)

    async def _once(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
            raise Problem(422, "idempotency-key", f"Idempotency-Key takes 1 to {LONGEST_KEY} printable characters.")
        if self._answers is None:
            raise Problem(501, "idempotency-key", "Nothing is remembered here, so Idempotency-Key cannot be kept.")
        body = await _read(receive)
        caller = getattr(scope["state"]["caller"], "name", "")
        asked = Asked(caller, key, _fingerprint(scope, body), self._clock.now())
        known = await self._claim(self._answers, asked)
        if known is not None:
            await _answer_again(asked, known, send)
            return
        keeping = _Keeping(send)
        done = False
        try:
            await self._app(scope, _replayed(body, receive), keeping)
            done = True
        finally:
            answer = keeping.answer if done else None
            await self._settle(self._answers, asked, answer)

    async def _claim(self, answers: AnswerStore, asked: Asked) -> Asked | None:
        known = await answers.claim(asked, forget_before=asked.at - REMEMBERED)
        if known is not None and known.answer is None and known.at < asked.at - ABANDONED:
            await answers.release(known)
            known = await answers.claim(asked, forget_before=asked.at - REMEMBERED)
        return known

    async def _settle(self, answers: AnswerStore, asked: Asked, answer: Answer | None) -> None:
        try:
            if answer is None or answer.status >= 500:
                await answers.release(asked)
            else:
                await answers.answered(Asked(asked.caller, asked.key, asked.fingerprint, asked.at, answer))
        except DatabaseUnavailable as exc:
            log.warning("api.answer_not_remembered", caller=asked.caller, reason=str(exc))


class _Keeping:
    """Passes an answer on and keeps a copy, unless it is too large."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._status = 0
        self._headers: tuple[tuple[str, str], ...] = ()
        self._body = bytearray()

    @property
    def answer(self) -> Answer | None:
        if not self._status or len(self._body) > MOST_BYTES:
            return None
        return Answer(self._status, self._headers, bytes(self._body))

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = tuple(
                (name, value) for name, value in Headers(raw=message["headers"]).items() if name in _KEPT_HEADERS
            )
        elif message["type"] == "http.response.body" and len(self._body) <= MOST_BYTES:
            self._body += message.get("body", b"")
        await self._send(message)


async def _answer_again(asked: Asked, known: Asked, send: Send) -> None:
    if known.fingerprint != asked.fingerprint:
        raise Problem(
            422, "idempotency-key-reused", "This Idempotency-Key came with another request before; take a new one."
        )
    if known.answer is None:
        raise Problem(
            409,
            "in-progress",
            "The first request with this Idempotency-Key is being worked on.",
            headers={"Retry-After": "1"},
        )
    headers = [(name.encode(), value.encode("latin-1")) for name, value in known.answer.headers]
    length = (b"content-length", str(len(known.answer.body)).encode())
    headers += [length, (b"idempotency-replayed", b"true")]
    await send({"type": "http.response.start", "status": known.answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": known.answer.body})


def _key(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/api/"):
        return None
    return Headers(scope=scope).get(HEADER)


def _fingerprint(scope: Scope, body: bytes) -> str:
    headers = Headers(scope=scope)
    parts = [
        scope["path"].encode(),
        scope["query_string"],
        *(headers.get(name, "").encode("latin-1") for name in ("content-type", "content-encoding", "if-match")),
        body,
    ]
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()


async def _read(receive: Receive) -> bytes:
    """The whole body; its size is bounded by what the server and the routes allow, and read once."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "cut-off", "The request ended before its body did.")
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BYTES:
            raise Problem(413, "body-too-large", f"With an Idempotency-Key a body may have {MOST_BYTES} bytes.")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
