"""Connections that are opened only to addresses that were checked."""

import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from alerting.notifiers.egress import Egress


def guarded_connector(egress: Egress, *, limit: int, keep_alive_seconds: float) -> aiohttp.TCPConnector:
    """A pool whose sockets reach only what `egress` lets through; needs a running event loop.

    A name is looked up once. One address in the answer that is refused refuses the name, and the socket is opened to
    an address of that very answer; it is checked there again, which is where addresses arrive that stood in the URL.

    Args:
        limit: Connections at the same time.
    """

    def opened(place: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = place
        egress.check(str(address[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    return aiohttp.TCPConnector(
        resolver=GuardedResolver(egress),
        socket_factory=opened,
        limit=limit,
        keepalive_timeout=keep_alive_seconds,
    )


class GuardedResolver(AbstractResolver):
    """Names become addresses, unless one of them is refused.

    Args:
        egress: Says who looks names up, and what is refused.
    """

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._resolver = egress.resolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """All addresses of the name.

        Raises:
            AddressRefused: One of them is refused.
            OSError: There is no answer.
        """
        found = await self._resolver.resolve(host, port, family)
        for place in found:
            self._egress.check(place["host"])
        return found

    async def close(self) -> None:
        """Give back what looking up took."""
        await self._resolver.close()
