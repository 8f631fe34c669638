"""Working on an incident over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from alerting.incidents.model import IncidentState
from tests.fakes.api_house import NAME, api_house
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stored import entry, incident

WIDE = incident(1, topic="refunds", joined=("refunds", "app"))
PATH = f"/api/v1/incidents/{WIDE.id}"


def stored(*more: int) -> MemoryStore:
    store = MemoryStore()
    store.add(WIDE, entry(WIDE))
    for number in more:
        store.add(incident(number, joined=(f"topic-{number}",)))
    return store


async def test_each_act_answers_the_incident_as_it_stands_with_its_etag() -> None:
    clock = FakeClock()
    until = (clock.now() + timedelta(hours=1)).isoformat()
    async with api_house(store=stored(), clock=clock) as house:
        assigned = await house.api.post_json(f"{PATH}/assign", {"to": "Ravi", "comment": "please"})
        await house.api.post_json(f"{PATH}/comment", {"text": "looking"})
        snoozed = await house.api.post_json(f"{PATH}/snooze", {"until": until})
        stated = await house.api.request(
            "PUT",
            f"{PATH}/statement",
            {"Content-Type": "application/json"},
            b'{"status": "Provider down", "cause": "DNS"}',
        )
        passed = await house.api.post_json(f"{PATH}/pass", {"to": "App"})
        shown = await house.api.get(PATH)

    assert (assigned.status, assigned.json()["assignee"], assigned.headers["etag"]) == (200, "Ravi", '"2"')
    assert snoozed.json()["snoozed_until"] is not None
    assert (stated.json()["statement"]["status"], stated.json()["statement"]["by"]) == ("Provider down", NAME)
    assert (passed.json()["owner"], passed.json()["assignee"]) == ("App", None)
    assert [line["transition"] for line in shown.json()["timeline"]] == [
        *("opened", "assigned", "commented", "snoozed", "stated", "passed_on")
    ]
    assert [promise["promise"] for promise in shown.json()["promises"]] == ["acknowledge", "resolve"]


async def test_merging_answers_the_one_that_lives_and_splitting_the_new_one() -> None:
    async with api_house(store=stored(2)) as house:
        merged = await house.api.post_json(f"/api/v1/incidents/{incident(2).id}/merge", {"into": WIDE.id})
        younger = await house.api.get(f"/api/v1/incidents/{incident(2).id}")
        split = await house.api.post_json(f"{PATH}/split", {"topics": ["app"]})

    assert (merged.json()["id"], merged.json()["topics"]) == (WIDE.id, ["refunds", "app", "topic-2"])
    assert [part["reason"] for part in merged.json()["parts"]][-1] == "by_hand"
    assert (younger.json()["state"], younger.json()["merged_into"]) == ("resolved", WIDE.id)
    assert split.json()["topics"] == ["app"]


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        ("assign", {}, 422),
        ("assign", {"to": ""}, 422),
        ("comment", {"text": "x" * 501}, 422),
        ("snooze", {"until": "2026-01-05T12:00:00"}, 422),
        ("snooze", {"until": "2020-01-05T12:00:00Z"}, 409),
        ("merge", {"into": WIDE.id}, 409),
        ("merge", {"into": "inc_none"}, 404),
        ("split", {"topics": []}, 422),
        ("split", {"topics": ["refunds", "app"]}, 409),
        ("split", {"topics": ["stores"]}, 409),
    ],
)
async def test_what_cannot_be_done_is_refused(act: str, body: dict[str, Any], status: int) -> None:
    async with api_house(store=stored()) as house:
        answer = await house.api.post_json(f"{PATH}/{act}", body)

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_act_on_another_revision_is_refused() -> None:
    async with api_house(store=stored()) as house:
        answer = await house.api.post_json(f"{PATH}/comment", {"text": "late"}, If_Match='"7"')

    assert answer.status == 412


async def test_what_is_resolved_cannot_be_assigned() -> None:
    store = MemoryStore()
    store.add(incident(3, state=IncidentState.RESOLVED))
    async with api_house(store=store) as house:
        answer = await house.api.post_json(f"/api/v1/incidents/{incident(3).id}/assign", {"to": "Ravi"})

    assert answer.status == 409
