"""A `tocsin serve`, or one role, in a process of its own, by the product's own commands; to be killed and restarted."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import aiohttp
import yaml

from streams.clock import SystemClock
from tests.fakes.vendors import API_KEY

_TOCSIN: Final = Path(sys.executable).with_name("tocsin")
_CALL_SECONDS: Final = aiohttp.ClientTimeout(total=5)
_STOP_SECONDS: Final = 30


class Served:
    """One configuration file and whoever runs on it.

    Args:
        folder: Where the configuration and what the processes say are kept.
        document: The configuration; `api.port` has to be given, so that it is the same after a restart.
        role: Which command runs; of `score` and `detect`, `roles.score_port` and `roles.detect_port` have to be given.
        environ: Variables for it besides ours.
    """

    def __init__(
        self, folder: Path, document: dict[str, Any], *, role: str = "serve", environ: Mapping[str, str] | None = None
    ) -> None:
        self._environ = {**os.environ, **(environ or {})}
        self._config = folder / "tocsin.yaml"
        self._config.write_text(yaml.safe_dump(document), encoding="utf-8")
        self._log = folder / f"{role}.log"
        self._role = role
        port = document["roles"][f"{role}_port"] if role in {"score", "detect"} else document["api"]["port"]
        self._url = f"http://127.0.0.1:{port}"
        self._clock = SystemClock()
        self._process: asyncio.subprocess.Process | None = None

    async def command(self, *arguments: str, seconds: float) -> str:
        """What `tocsin ...` printed; it has to succeed within `seconds`."""
        process = await asyncio.create_subprocess_exec(
            _TOCSIN,
            *arguments,
            "--config",
            self._config,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(seconds):
                said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, said.decode()
        return said.decode()

    @property
    def pid(self) -> int:
        """Of the process that runs."""
        assert self._process is not None
        return self._process.pid

    async def start(self, *, seconds: float = 45, look_every_seconds: float = 0.1) -> None:
        """Start it and wait until every role has its partitions and their state."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(_TOCSIN, self._role, "--config", self._config),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environ,
            )
        try:
            async with asyncio.timeout(seconds), aiohttp.ClientSession(timeout=_CALL_SECONDS) as session:
                while not await self._is_ready(session):
                    assert self._process.returncode is None, self.said()
                    await self._clock.sleep(look_every_seconds)
        except TimeoutError:
            raise AssertionError(f"not ready within {seconds:g} s:\n{self.said()}") from None

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        told = await self._components(session)
        return bool(told) and all(component["condition"] == "ready" for component in told.values())

    async def _components(self, session: aiohttp.ClientSession) -> dict[str, dict[str, str]]:
        try:
            async with session.get(f"{self._url}/-/ready") as answer:
                told: dict[str, dict[str, str]] = (await answer.json())["components"]
        except (aiohttp.ClientError, TimeoutError):
            return {}
        return told

    async def readiness(self) -> dict[str, str]:
        """What its readiness says of each component that is not ready; of all of them "no answer" without one."""
        async with aiohttp.ClientSession(timeout=_CALL_SECONDS) as session:
            told = await self._components(session)
        if not told:
            return {self._role: "no answer"}
        return {name: one["detail"] for name, one in told.items() if one["condition"] != "ready"}

    def freeze(self) -> None:
        """Stop it where it stands, as a machine that swaps or a debugger would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on; harmless where it does."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """As a power cut would end it; harmless where nothing runs."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()

    def end(self) -> None:
        """Leave no process behind, whatever happened."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)

    async def gone(self) -> None:
        """Leave no process behind, and wait until that is so; its process id stays known."""
        self.end()
        if self._process is not None:
            await self._process.wait()

    async def stop(self) -> int:
        """Ask it to stop; its exit code."""
        process, self._process = self._process, None
        assert process is not None
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                return await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise AssertionError(f"did not stop within {_STOP_SECONDS} s:\n{self.said()}") from None

    async def incidents(self) -> list[dict[str, Any]]:
        """All of them, as a client of the API reads them, newest first."""
        found: list[dict[str, Any]] = []
        params = {"limit": "100", "state": "all"}
        headers = {"Authorization": f"Bearer {API_KEY}"}
        async with aiohttp.ClientSession(timeout=_CALL_SECONDS, headers=headers) as session:
            while True:
                async with session.get(f"{self._url}/api/v1/incidents", params=params) as answer:
                    answer.raise_for_status()
                    page = await answer.json()
                found += page["incidents"]
                if page["next_cursor"] is None:
                    return found
                params["cursor"] = page["next_cursor"]

    async def counted(self) -> str:
        """Everything it counts, as Prometheus reads it."""
        async with (
            aiohttp.ClientSession(timeout=_CALL_SECONDS) as session,
            session.get(f"{self._url}/metrics") as answer,
        ):
            answer.raise_for_status()
            return await answer.text()

    async def metrics(self, name: str) -> list[float]:
        """The values of all samples of one metric."""
        lines = (await self.counted()).splitlines()
        return [float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{"))]

    def said(self) -> str:
        """The last of what the processes logged."""
        return self._log.read_text(errors="replace")[-4000:] if self._log.exists() else ""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
