"""Silences and alerts by Alertmanager's own tool, as Debian ships it."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from streams.clock import SystemClock
from tests.fakes.api_house import KEY, ApiHouse, api_house, served
from tests.fakes.stored import incident
from tests.kafka.selection import required

pytestmark = pytest.mark.integration

SECONDS = 30.0


@pytest.fixture
def amtool() -> str:
    """Alertmanager's tool, of the Debian package `prometheus-alertmanager`."""
    found = shutil.which("amtool")
    if found is None and required(os.environ, "AMTOOL"):
        pytest.fail("TOCSIN_REQUIRE_AMTOOL is set, but there is no amtool", pytrace=False)
    if found is None:
        pytest.skip("there is no amtool; the Debian package prometheus-alertmanager has it")
    return found


class Amtool:
    """The tool with a key, pointed at an address."""

    def __init__(self, path: str, address: str, config: Path, authorization: dict[str, Any]) -> None:
        config.write_text(json.dumps(authorization), encoding="utf-8")
        self._command = [path, f"--alertmanager.url={address}", f"--http.config.file={config}"]

    async def __call__(self, *words: str) -> tuple[int, str]:
        """Its exit code and what it says: on standard output, else on standard error."""
        process = await asyncio.create_subprocess_exec(
            *self._command, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(SECONDS):
            told, complained = await process.communicate()
        assert process.returncode is not None
        return process.returncode, (complained if process.returncode else told).decode()


BEARER = {"authorization": {"type": "Bearer", "credentials": KEY}}
BASIC = {"basic_auth": {"username": "jo", "password": KEY}}


@pytest.mark.parametrize("authorization", [BEARER, BASIC], ids=["bearer", "basic"])
async def test_it_adds_lists_and_expires_silences(amtool: str, authorization: dict[str, Any], tmp_path: Path) -> None:
    async with api_house(clock=SystemClock()) as house, served(house.app) as address:
        tool = Amtool(amtool, address, tmp_path / "http.json", authorization)
        house.store.add(incident(1))

        added = await tool(
            "silence", "add", "topic-1", 'owner=""', "--author=Jo", "--comment=the flood is known", "--duration=2h"
        )
        silence_id = added[1].strip()
        listed = await tool("silence", "query", "-o", "json")
        filtered = await tool("silence", "query", "alertname=other", "-q")
        alerts = await tool("alert", "query", "--silenced", "-o", "json")
        updated = await tool("silence", "update", "--comment=it goes on", "--duration=3h", silence_id)
        expired = await tool("silence", "expire", silence_id)
        left = await tool("silence", "query", "-q")
        over = await tool("silence", "query", "--expired", "-o", "extended")

    assert added[0] == 0, added[1]
    [one] = json.loads(listed[1])
    assert (one["id"], one["createdBy"], one["comment"]) == (silence_id, "Jo", "the flood is known")
    assert {matcher["name"]: matcher["value"] for matcher in one["matchers"]} == {"topic": "topic-1", "owner": ""}
    assert filtered == (0, "")
    [alert] = json.loads(alerts[1])
    assert alert["status"] == {"inhibitedBy": [], "silencedBy": [silence_id], "state": "suppressed"}
    assert alert["labels"]["alertname"] == "topic-1"
    assert updated[0] == 0, updated[1]
    assert expired == (0, "")
    assert left == (0, "")
    assert silence_id in over[1]
    assert "it goes on" in over[1]


async def test_it_lists_what_is_open_by_matchers(amtool: str, tmp_path: Path) -> None:
    async with api_house(clock=SystemClock()) as house, served(house.app) as address:
        tool = Amtool(amtool, address, tmp_path / "http.json", BEARER)
        house.store.add(incident(1))
        house.store.add(incident(2, title="<b>\u202e\x1b[31m"))

        every = await tool("alert", "query")
        some = await tool("alert", "query", "alertname=~topic-[2-9]", "-o", "json")
        shown = await tool("config", "show")
        routes = await tool("config", "routes", "test", "topic=refunds")

    assert (every[0], "topic-1" in every[1], "topic-2" in every[1]) == (0, True, True)
    assert [one["labels"]["topic"] for one in json.loads(some[1])] == ["topic-2"]
    assert shown[0] == 0, shown[1]
    assert routes == (0, "comms\n")


async def test_refusals_say_what_is_wrong(amtool: str, tmp_path: Path) -> None:
    async with api_house(clock=SystemClock()) as house, served(house.app) as address:
        tool = Amtool(amtool, address, tmp_path / "http.json", BEARER)
        stranger = Amtool(amtool, address, tmp_path / "wrong.json", {"authorization": {"credentials": "wrong" * 5}})

        wide = await tool("silence", "add", "alertname=~.+", "--author=Jo", "--comment=all of it")
        meant = await tool("silence", "add", "alertname=~.+", "--author=Jo", "--comment=confirm: all of it")
        unknown = await tool("silence", "add", "colour=red", "--author=Jo", "--comment=red")
        refused = await stranger("silence", "query")

    assert wide[0] == 1
    assert (
        "too wide: its matchers hold for anything at all; begin the comment with 'confirm:' if that is meant" in wide[1]
    )
    assert meant[0] == 0, meant[1]
    assert unknown[0] == 1
    assert "unknown label 'colour'" in unknown[1]
    assert refused[0] == 1
    assert _kept(house) == ["all of it"]


def _kept(house: ApiHouse) -> list[str]:
    return [str(getattr(one, "reason", "")) for one in house.store.kept.values()]
