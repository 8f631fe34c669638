"""Who is on call: on pages, over HTTP, on the console and on the command line."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerting.cli.main import app
from alerting.duty import Duty
from alerting.settings import Settings
from tests.fakes.api_house import api_house, sign_in
from tests.fakes.clock import START, FakeClock
from tests.fakes.detections import detection
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

LOG = [{"type": "log"}]
CONFIGURATION = {
    "people": [{"name": "Maya"}, {"name": "Ben"}],
    "receivers": [
        {"name": "comms", "notifiers": LOG},
        {"name": "maya", "people": ["Maya"], "notifiers": LOG},
        {"name": "ben", "people": ["Ben"], "notifiers": LOG},
    ],
    "schedules": [
        {
            "name": "payments",
            "time_zone": "Europe/Berlin",
            "rotation": {"people": ["Maya", "Ben"], "begins_on": "2026-01-05"},
        }
    ],
    "policies": [{"name": "payments", "steps": [{"targets": [{"schedule": "payments"}]}]}],
    "owners": [{"name": "Payments", "policy": "payments"}],
    "route": {"receiver": "comms"},
}


def settings() -> Settings:
    return Settings.model_validate(CONFIGURATION)


async def test_the_page_says_whether_the_owner_is_on_call_now() -> None:
    comms, maya, ben = ScriptedNotifier(), ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=comms, maya=maya, ben=ben)

    async with House(world, calls=Duty.from_settings(settings()).calls).running():
        world.claim(detection())
        await world.clock.settle()

    # Maya's week ends on the Monday after START, at nine in Berlin.
    assert [attempt.message.note for attempt in maya.attempts] == [
        "On call for Payments: Maya until Mon 12 Jan 08:00 UTC"
    ]
    assert ben.attempts == []
    assert comms.attempts[0].message.note == maya.attempts[0].message.note


async def test_the_api_says_who_until_when_and_where_nobody_is() -> None:
    async with api_house(clock=FakeClock(), duty=Duty.from_settings(settings())) as house:
        now = await house.api.get("/api/v1/on-call")
        later = await house.api.get("/api/v1/on-call?at=2026-01-12T10:00:00%2B01:00")
        before = await house.api.get("/api/v1/on-call?at=2026-01-01T00:00:00Z")
        wrong = await house.api.get("/api/v1/on-call?at=1850-01-01T00:00:00Z")

    [schedule] = now.json()["schedules"]
    assert (schedule["people"], schedule["owners"], schedule["until"]) == (
        ["Maya"],
        ["Payments"],
        "2026-01-12T08:00:00Z",
    )
    assert schedule["gaps"] == []
    assert later.json()["schedules"][0]["people"] == ["Ben"]
    [first] = before.json()["schedules"][0]["gaps"]
    assert first == {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-05T08:00:00Z"}
    assert wrong.status == 422


async def test_the_console_has_a_page_for_it() -> None:
    async with api_house(clock=FakeClock(), duty=Duty.from_settings(settings())) as house:
        await sign_in(house.browser)
        page = await house.browser.get("/on-call")

    assert "<strong><bdi>Maya</bdi></strong> until 12 Jan 08:00" in page.text


def test_the_check_finds_gaps_and_people_who_cannot_be_called(tmp_path: Path) -> None:
    beginning = START.date() + timedelta(days=36_500)  # a rotation of the future: until then nobody is on call
    file = tmp_path / "tocsin.yaml"
    file.write_text(
        f"""
people: [{{name: Maya}}]
schedules:
  - name: payments
    rotation: {{people: [Maya], begins_on: {beginning}}}
  - name: now
    rotation: {{people: [Maya], begins_on: 2020-01-06}}
""",
        encoding="utf-8",
    )

    told = CliRunner().invoke(app, ["check", str(file)])

    assert told.exit_code == 0
    assert "schedule payments: nobody is on call from " in told.output
    assert "schedule now: 'Maya' takes turns and cannot be called: no receiver leads to them" in told.output
    assert "schedule now: nobody" not in told.output


@pytest.mark.parametrize("at", ["yesterday", "2026-13-01"])
def test_a_time_that_is_none_is_told(at: str) -> None:
    told = CliRunner().invoke(app, ["on-call", "--at", at])

    assert told.exit_code == 2
    assert "2026-01-05T09:00" in told.output
