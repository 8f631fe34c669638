"""Role processes that start in milliseconds: born of one process that has imported everything already.

`python -m tests.fakes.role_nursery` reads one JSON object a line, `{"role": "score", "settings": {...}}`, and answers
each with the process id of the role that runs from then on. When its input ends, everybody in it ends.
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import structlog

from streams.log import set_up_logging
from streams.settings import StreamSettings
from tests.fakes import role_process

ROOT: Final = Path(__file__).parents[2]

log = structlog.get_logger()


class RoleNursery:
    """Starts role processes, and leaves none behind.

    Args:
        log: Where they write what they log.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: Process | None = None
        self._one_at_a_time = asyncio.Lock()

    async def __aenter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.fakes.role_nursery",
                stdin=PIPE,
                stdout=PIPE,
                stderr=log,
                cwd=ROOT,
                start_new_session=True,
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def bear(self, role: str, settings: StreamSettings) -> int:
        """Start a role; its process id."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        wanted = {"role": role, "settings": settings.model_dump(mode="json")}
        async with self._one_at_a_time:
            self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
            return int(await self._process.stdout.readline())


def serve() -> None:
    """Fork a process for every line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to look after the dead
    for line in sys.stdin:
        wanted: dict[str, Any] = json.loads(line)
        pid = os.fork()
        if not pid:
            live(wanted["role"], wanted["settings"])
        print(pid, flush=True)
    os.killpg(0, signal.SIGKILL)  # whoever started us is gone, perhaps without a goodbye


def live(role: str, settings: dict[str, Any]) -> None:
    """Be that role until somebody kills it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    set_up_logging(json=True)
    try:
        asyncio.run(role_process.main(role, StreamSettings.model_validate(settings)))
    except Exception:
        log.exception("role.ended", role=role)
    finally:
        os._exit(1)  # a role ends by being killed; nothing of the nursery is to be cleaned up here


if __name__ == "__main__":
    serve()
