"""A real Apache Kafka node for tests and benchmarks: KRaft, one process, loopback only."""

import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from tests.kafka.jars import POM, kafka_jars

HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 20.0
_CLUSTER_ID: Final = "dG9jc2luLXRlc3RzLTAwMQ"
_PORTS: Final = (20_000, 32_000)


class Ports(NamedTuple):
    """Where a node listens on loopback.

    Attributes:
        client: For whoever comes directly.
        controller: For the other nodes.
        behind: For a proxy, and for nobody else.
        door: What the node tells those who came through the proxy: there the proxy has to listen.
    """

    client: int
    controller: int
    behind: int
    door: int


class ApacheKafka:
    """A node that keeps its ports and its data between `stop` or `kill` and `restart`.

    Args:
        folder: Where data and logs go; None makes a temporary folder that `close` removes.
        overrides: Broker properties beyond or instead of the usual ones.
        ports: Where it listens; None takes free ones.

    Raises:
        ApacheKafkaMissing: On `start`: Java >= 17 or Maven is missing, or the jars cannot be fetched.
    """

    def __init__(
        self, folder: Path | None = None, *, overrides: dict[str, str] | None = None, ports: Ports | None = None
    ) -> None:
        self._own_folder = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="tocsin-kafka-"))
        self._overrides = overrides or {}
        self._process: subprocess.Popen[bytes] | None = None
        self.ports = ports or free_ports()

    @property
    def bootstrap_servers(self) -> str:
        """Its address, host:port."""
        return f"{HOST}:{self.ports.client}"

    @property
    def log_file(self) -> Path:
        """What the node printed."""
        return self.folder / "kafka.log"

    @property
    def pid(self) -> int | None:
        """The node's process id; None while it does not run."""
        return None if self._process is None else self._process.pid

    def start(self) -> Self:
        """Format the storage if it is new, start the node and wait until it answers."""
        self.begin()
        self.wait_until_ready()
        return self

    def begin(self) -> None:
        """Format the storage if it is new and start the process."""
        classpath = f"{kafka_jars()}/*"
        properties = self.folder / "server.properties"
        if not properties.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            properties.write_text(self._properties())
            self._java(classpath, "kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(properties))
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command(classpath, "-Xms256m", "-Xmx512m"), "kafka.Kafka", str(properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    restart = start

    def stop(self) -> None:
        """Stop the node politely, by force after 20 seconds."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Kill the node as a power cut would, as far as the process is concerned (SIGKILL)."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def close(self) -> None:
        """Stop the node and remove a temporary folder."""
        self.stop()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _properties(self) -> str:
        controller, behind = f"{HOST}:{self.ports.controller}", f"{HOST}:{self.ports.behind}"
        properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.bootstrap_servers},PROXIED://{behind},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap_servers},PROXIED://{HOST}:{self.ports.door}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self.folder / "data"),
            "auto.create.topics.enable": "false",
            "num.partitions": "1",
            "default.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "broker.session.timeout.ms": "2000",  # a killed node may come back after this
            "broker.heartbeat.interval.ms": "500",
            "group.min.session.timeout.ms": "1000",
            "log.cleaner.backoff.ms": "500",
            "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
            "log.initial.task.delay.ms": "500",
            "num.network.threads": "2",
            "num.io.threads": "4",
            **self._overrides,
        }
        return "".join(f"{key}={value}\n" for key, value in properties.items())

    def _command(self, classpath: str, *options: str) -> list[str]:
        settings = POM.with_name("log4j2.properties")
        return [
            "java",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xshare:auto",
            *options,
            f"-Dlog4j2.configurationFile={settings}",
            f"-Dkafka.logs.dir={self.folder}",
            "-cp",
            classpath,
        ]

    def _java(self, classpath: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._command(classpath, "-Xmx256m"), *arguments],
            capture_output=True,
            check=False,
            timeout=_START_SECONDS,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[0]} failed: {done.stdout.decode()}{done.stderr.decode()}")

    def wait_until_ready(self) -> None:
        """Return once it answers.

        Raises:
            RuntimeError: It ended, or needs too long; with the end of its log.
        """
        deadline = time.monotonic() + _START_SECONDS
        while True:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"Apache Kafka ended while starting:\n{self.log_file.read_text()[-3000:]}")
            try:
                # The broker opens its port only after it registered and was unfenced.
                socket.create_connection((HOST, self.ports.client), timeout=1).close()
            except OSError:
                if time.monotonic() > deadline:
                    self.kill()
                    raise RuntimeError(
                        f"Apache Kafka did not start within {_START_SECONDS:g} seconds:\n"
                        f"{self.log_file.read_text()[-3000:]}"
                    ) from None
                time.sleep(0.05)  # noqa: TID251 - a fixture waits for another process, no test runs meanwhile
                continue
            return


def free_ports() -> Ports:
    """Ports that nobody has, below those that outgoing connections take: a node that is down finds its own again."""
    taken: list[socket.socket] = []
    try:
        while len(taken) < len(Ports._fields):
            one = socket.socket()
            taken.append(one)
            try:
                one.bind((HOST, random.randrange(*_PORTS)))  # noqa: S311 - no secret
            except OSError:
                taken.pop().close()
        return Ports(*(one.getsockname()[1] for one in taken))
    finally:
        for one in taken:
            one.close()
