"""What systemd starts: units that it accepts, and a process that tells it how it does."""

import asyncio
import shutil
import signal
import socket
import sys
from pathlib import Path

import pytest
import yaml

from tests.fakes.served import free_port

pytestmark = pytest.mark.integration

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "tocsin@.service"
TOCSIN = Path(sys.executable).with_name("tocsin")
SECONDS = 60.0
MOST_EXPOSED = 20  # of 100; systemd calls everything below 40 OK


async def told_by(*command: str) -> tuple[int, str]:
    """The exit code and what was said."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(SECONDS):
        said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.fixture
def analyze() -> str:
    """The tool that judges units."""
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("there is no systemd-analyze; the Debian package systemd has it")
    return found


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit of one role, with the `tocsin` of these tests in place of the installed one."""
    path = tmp_path / "tocsin@score.service"
    path.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/tocsin/bin/tocsin", str(TOCSIN)), encoding="utf-8")
    return path


async def test_systemd_has_nothing_to_say_against_the_unit(analyze: str, unit: Path) -> None:
    code, said = await told_by(analyze, "verify", str(unit))

    assert code == 0, said
    assert unit.name not in said


async def test_the_unit_may_do_little(analyze: str, unit: Path) -> None:
    code, said = await told_by(
        analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", str(unit)
    )

    assert code == 0, said


async def test_the_process_tells_systemd_that_it_is_ready_that_it_lives_and_that_it_stops(tmp_path: Path) -> None:
    config = tmp_path / "tocsin.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "kafka": {
                    "bootstrap_servers": f"127.0.0.1:{free_port()}"
                },  # nobody there: people are answered all the same
                "database": {"url": f"sqlite:///{tmp_path / 'tocsin.db'}"},
                "receivers": [{"name": "log", "notifiers": [{"type": "log"}]}],
                "route": {"receiver": "log"},
                "api": {"port": free_port()},
            }
        ),
        encoding="utf-8",
    )
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(0)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000", "PATH": "/usr/bin:/bin"}
        process = await asyncio.create_subprocess_exec(
            TOCSIN, "alert", "--config", str(config), env=environment, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(SECONDS):
                first = (await loop.sock_recv(channel, 4096)).decode()
                signs = [(await loop.sock_recv(channel, 4096)).decode() for _ in range(3)]
                process.send_signal(signal.SIGTERM)
                last = ""
                while last != "STOPPING=1":
                    last = (await loop.sock_recv(channel, 4096)).decode()
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    assert first.startswith("READY=1\nSTATUS=listening on http://127.0.0.1:")
    assert signs == ["WATCHDOG=1"] * 3
    assert process.returncode == 0
