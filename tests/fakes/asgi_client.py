"""Calls an ASGI app directly: no port, no socket, no waiting."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import unquote, urlencode

from starlette.types import ASGIApp, Message


@dataclass
class Answer:
    """What the app answered; `headers` has lower-case names, of several with one name the last."""

    status: int
    headers: dict[str, str]
    cookies: SimpleCookie = field(default_factory=SimpleCookie)
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class AsgiClient:
    """A client with a cookie jar.

    Args:
        headers: Sent with every request.
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] | None = None) -> None:
        self._app = app
        self.headers = dict(headers or {})
        self.cookies: dict[str, str] = {}

    async def get(self, path: str, **headers: str) -> Answer:
        """A GET; an underscore in a header's name stands for a dash."""
        return await self.request("GET", path, {name.replace("_", "-"): value for name, value in headers.items()})

    async def post_form(self, path: str, fields: Mapping[str, str]) -> Answer:
        """A form, as a browser sends it."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self.request("POST", path, headers, urlencode(fields).encode())

    async def post_json(self, path: str, value: Any = None, **headers: str) -> Answer:
        """A JSON body; none where `value` is None."""
        body = b"" if value is None else json.dumps(value).encode()
        kind = {} if value is None else {"Content-Type": "application/json"}
        return await self.request(
            "POST", path, {**kind, **{name.replace("_", "-"): text for name, text in headers.items()}}, body
        )

    async def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | Iterable[bytes] = b""
    ) -> Answer:
        """One request, and its whole answer; a body of several chunks arrives as such."""
        chunks = [body] if isinstance(body, bytes) else list(body)
        messages: list[Message] = [
            {"type": "http.request", "body": chunk, "more_body": index < len(chunks) - 1}
            for index, chunk in enumerate(chunks)
        ]
        sent: list[Message] = []

        async def receive() -> Message:
            if messages:
                return messages.pop(0)
            await asyncio.Event().wait()
            raise AssertionError("never woken")

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(self._scope(method, path, headers or {}), receive, send)
        answer = self._answer(sent[0])
        answer.body = b"".join(message.get("body", b"") for message in sent[1:])
        return answer

    @asynccontextmanager
    async def stream(self, path: str, **headers: str) -> AsyncIterator[tuple[Answer, AsyncIterator[str]]]:
        """An answer that goes on, as chunks of text; hanging up at the end of the block."""
        gone = asyncio.Event()
        sent: asyncio.Queue[Message] = asyncio.Queue()

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def chunks() -> AsyncIterator[str]:
            while True:
                message = await sent.get()
                if message.get("body"):
                    yield message["body"].decode()
                if not message.get("more_body"):
                    return

        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._app_task(self._scope("GET", path, named), receive, sent), name="app")
            try:
                yield self._answer(await sent.get()), chunks()
            finally:
                gone.set()
                task.cancel()

    async def _app_task(self, scope: dict[str, Any], receive: Any, sent: "asyncio.Queue[Message]") -> None:
        await self._app(scope, receive, sent.put)

    def _scope(self, method: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
        all_headers = {**self.headers, **headers}
        if self.cookies:
            all_headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        place, _, query = path.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(place),
            "raw_path": place.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in all_headers.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 80),
        }

    def _answer(self, start: Message) -> Answer:
        headers: dict[str, str] = {}
        cookies: SimpleCookie = SimpleCookie()
        for name, value in start["headers"]:
            headers[name.decode()] = value.decode("latin-1")
            if name == b"set-cookie":
                cookies.load(value.decode("latin-1"))
        for name, morsel in cookies.items():
            if morsel.value and morsel["max-age"] != "0":
                self.cookies[name] = morsel.value
            else:
                self.cookies.pop(name, None)
        return Answer(start["status"], headers, cookies)
