"""Chains over ten years in twenty time zones, against a model that adds up waits and watches a clock on the wall."""

import random
from bisect import bisect_right
from datetime import datetime, time, timedelta

import msgspec
import pytest

from alerting.callout import CallOut, chain_of
from alerting.incidents.calls import call_due_at
from alerting.incidents.escalation import Escalation
from alerting.incidents.model import Incident
from alerting.oncall.roster import Roster
from alerting.oncall_settings import PolicySettings, RotationSettings, ScheduleSettings
from tests.fakes.stored import incident
from tests.unit.oncall.test_rotation import BEGINS, PEOPLE, ZONES, turns_by_walking

INCIDENTS = 40
CALLS = 7
WAITS = (5.0, 12.5, 30.0)  # minutes
POLICY = PolicySettings.model_validate(
    {
        "name": "payments",
        "steps": [
            {"targets": [{"schedule": "payments"}], "wait_minutes": WAITS[0]},
            {"targets": [{"person": "Lead"}], "wait_minutes": WAITS[1]},
            {"targets": [{"schedule": "payments"}, {"person": "Lead"}], "wait_minutes": WAITS[2]},
        ],
    }
)


def calls_out(zone: str) -> CallOut:
    settings = ScheduleSettings(
        name="payments", time_zone=zone, rotation=RotationSettings(people=PEOPLE, begins_on=BEGINS)
    )
    contacts = {person: (person.lower(),) for person in (*PEOPLE, "Lead")}
    return CallOut({"payments": chain_of(POLICY)}, on_call=Roster((settings,)).people_on_call, contacts=contacts)


def who_by_walking(turns: list[datetime], at: datetime) -> str:
    return PEOPLE[(bisect_right(turns, at) - 1) % len(PEOPLE)].lower()


def dues_by_adding(opened: datetime) -> list[datetime]:
    dues = [opened]
    for number in range(CALLS - 1):
        dues.append(dues[-1] + timedelta(minutes=WAITS[number % len(WAITS)]))
    return dues


@pytest.mark.parametrize("zone", ZONES)
def test_everybody_is_called_when_it_is_their_turn_and_never_more_than_a_second_late(zone: str) -> None:
    rng = random.Random(zone)  # noqa: S311  # repeatable
    turns = turns_by_walking(zone, BEGINS, time(9))
    calls = calls_out(zone)
    openings = [rng.choice(turns[1:-1]) - timedelta(seconds=rng.uniform(0, 3600)) for _ in range(INCIDENTS // 2)]
    openings += [turns[1] + (turns[-1] - turns[1]) * rng.random() * 0.999 for _ in range(INCIDENTS // 2)]

    for opened in openings:
        running: Incident = msgspec.structs.replace(incident(1), escalation=Escalation(chain_of(POLICY), opened))
        for number, due in enumerate(dues_by_adding(opened)):
            now = due + timedelta(seconds=rng.random())  # whoever looks twice a second is not later
            assert call_due_at(running) == due
            running, lines = calls.made(running, now)
            assert running.escalation is not None
            call = running.escalation.calls[-1]
            asked = [[who_by_walking(turns, now)], ["lead"], [who_by_walking(turns, now), "lead"]][number % 3]
            assert (call.number, call.due_at, list(call.receivers), len(lines)) == (number, due, asked, 1)
