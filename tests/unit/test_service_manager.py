import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerting.service_manager import ServiceManager
from tests.fakes.clock import FakeClock


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A socket as systemd opens one, and its address."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(path)
        channel.settimeout(0)
        yield channel, path


def heard(channel: socket.socket) -> list[str]:
    """Everything that was told so far."""
    found = []
    while True:
        try:
            found.append(channel.recv(4096).decode())
        except BlockingIOError:
            return found


def test_says_when_it_is_ready_and_when_it_stops(listening: tuple[socket.socket, str]) -> None:
    channel, path = listening
    manager = ServiceManager({"NOTIFY_SOCKET": path}, FakeClock())

    manager.ready("listening on http://127.0.0.1:8080/")
    manager.stopping()

    assert heard(channel) == ["READY=1\nSTATUS=listening on http://127.0.0.1:8080/", "STOPPING=1"]


async def test_gives_signs_of_life_twice_as_often_as_asked(listening: tuple[socket.socket, str]) -> None:
    channel, path = listening
    clock, stop = FakeClock(), asyncio.Event()
    manager = ServiceManager({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000"}, clock)

    async with asyncio.TaskGroup() as group:
        group.create_task(manager.watch(stop), name="watch")
        await clock.advance(60)
        stop.set()

    # At once and after every 15 of 60 seconds.
    assert heard(channel) == ["WATCHDOG=1"] * 5


@pytest.mark.parametrize("asked", [{}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}])
async def test_gives_no_sign_that_nobody_asked_for(listening: tuple[socket.socket, str], asked: dict[str, str]) -> None:
    channel, path = listening
    manager = ServiceManager({"NOTIFY_SOCKET": path, **asked}, FakeClock())

    await manager.watch(asyncio.Event())

    assert heard(channel) == []


async def test_a_watchdog_that_names_this_process_is_heard(listening: tuple[socket.socket, str]) -> None:
    channel, path = listening
    clock, stop = FakeClock(), asyncio.Event()
    asked = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": str(os.getpid())}

    async with asyncio.TaskGroup() as group:
        group.create_task(ServiceManager(asked, clock).watch(stop), name="watch")
        await clock.advance(0)
        stop.set()

    assert heard(channel) == ["WATCHDOG=1"]


def test_an_address_in_the_abstract_namespace_is_understood() -> None:
    name = f"tocsin-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind("\0" + name)
        channel.settimeout(0)

        ServiceManager({"NOTIFY_SOCKET": "@" + name}, FakeClock()).stopping()

        assert heard(channel) == ["STOPPING=1"]


def test_nobody_who_listens_is_no_trouble(tmp_path: Path) -> None:
    ServiceManager({}, FakeClock()).ready("")
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}, FakeClock()).ready("")
