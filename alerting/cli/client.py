"""The command line as a client of the API."""

import asyncio
import os
from types import TracebackType
from typing import Any, Self

import aiohttp

from alerting.cli.exits import Exit, complain

DEFAULT_URL = "http://127.0.0.1:8080"


class ApiClient:
    """One conversation with a running Tocsin; an async context manager.

    Args:
        url: Where it listens; without it `TOCSIN_URL`, else http://127.0.0.1:8080.
        key: An API key; without it `TOCSIN_API_KEY`.
    """

    def __init__(self, url: str | None, key: str | None) -> None:
        self._url = (url or os.environ.get("TOCSIN_URL") or DEFAULT_URL).rstrip("/")
        self._key = key or os.environ.get("TOCSIN_API_KEY") or ""
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        self._session = aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=30))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, params: list[tuple[str, str]] | None = None) -> dict[str, Any]:
        """The decoded answer; a problem is told and ends the program."""
        return await self._call("GET", path, params=params or [])

    async def document(self, path: str, params: list[tuple[str, str]] | None = None) -> str:
        """The answer as it came, of what is Markdown; a problem is told and ends the program."""
        found = await self._call("GET", path, params=params or [], headers={"Accept": "text/markdown"})
        return str(found["document"])

    async def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The decoded answer; a problem is told and ends the program."""
        return await self._call("POST", path, json=body or {})

    async def put(self, path: str, body: dict[str, Any], *, revision: str | None = None) -> dict[str, Any]:
        """The decoded answer; a problem is told and ends the program."""
        return await self._call("PUT", path, json=body, headers=_based_on(revision))

    async def post_some(self, path: str, items: list[Any]) -> dict[str, Any]:
        """Sends a batch of which some may be refused; names those in `rejected`, also where it is all of them."""
        return await self._call("POST", path, json=items, some=True)

    async def delete(self, path: str, *, revision: str | None = None) -> dict[str, Any]:
        """The decoded answer, empty where there is none; a problem is told and ends the program."""
        return await self._call("DELETE", path, headers=_based_on(revision))

    async def _call(self, method: str, path: str, *, some: bool = False, **options: Any) -> dict[str, Any]:
        assert self._session is not None, "use it as a context manager"  # noqa: S101  # a programming error
        try:
            async with self._session.request(method, f"{self._url}{path}", **options) as answer:
                if answer.content_type == "text/markdown":
                    return {"document": await answer.text()}
                body: dict[str, Any] = {} if answer.status == 204 else await answer.json(content_type=None)
                if answer.status < 400 or (some and "rejected" in body):
                    return body
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            complain(f"no Tocsin answers at {self._url}: {exc}")
            raise SystemExit(Exit.UNREACHABLE) from exc
        except ValueError as exc:
            complain(f"what answers at {self._url} is no Tocsin: {exc}")
            raise SystemExit(Exit.UNREACHABLE) from exc
        detail = body.get("detail") or body.get("title") or "refused"
        for problem in body.get("problems") or ():
            complain(str(problem))
        hint = "; set TOCSIN_API_KEY or pass --key" if answer.status == 401 else ""
        complain(f"{detail} ({answer.status}){hint}")
        raise SystemExit(Exit.REFUSED)


def _based_on(revision: str | None) -> dict[str, str]:
    return {} if revision is None else {"If-Match": f'"{revision}"'}


def asked(
    url: str | None,
    key: str | None,
    path: str,
    params: list[tuple[str, str]] | None = None,
    *,
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What the API answers to one request, a POST where it has a body; for commands that ask for nothing else.

    Raises like `ApiClient`.
    """

    async def ask() -> dict[str, Any]:
        async with ApiClient(url, key) as api:
            return await (api.get(path, params) if body is None else api.post(path, body))

    return asyncio.run(ask())
