"""Where a test's notifiers may connect to, and name servers that answer as a test tells them to."""

import socket
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult

from alerting.notifiers.egress import Egress

LOOPBACK: Final = Egress(allowed=(IPv4Network("127.0.0.0/8"),))


class ScriptedResolver(AbstractResolver):
    """Knows a few names; the last of a name's answers is repeated.

    Args:
        answers: For each name its answers in turn, each a list of addresses; an empty one means there is no such name.

    Attributes:
        asked: The names that were looked up, in order.
    """

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self.asked: list[str] = []
        self._answers = {name: list(given) for name, given in answers.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        script = self._answers.get(host, [[]])
        found = script.pop(0) if len(script) > 1 else script[0]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0) for address in found
        ]

    async def close(self) -> None:
        """Nothing to give back."""
