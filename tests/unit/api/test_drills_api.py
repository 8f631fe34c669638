"""`/api/v1/drills`: who may test a way, and what is answered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alerting.access import Role
from alerting.api.permissions import needed
from alerting.errors import DeliveryRejected
from tests.fakes.api_house import NAME, ApiHouse, api_house
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier


@asynccontextmanager
async def house_with_drills(*script: str | Exception) -> AsyncIterator[tuple[ApiHouse, World]]:
    """An API beside a process that delivers."""
    world = World(comms=ScriptedNotifier(*script))
    async with House(world).running() as house, api_house(drills=house.drills, clock=world.clock) as served:
        yield served, world


async def test_a_drill_is_accepted_and_can_be_followed_to_its_end() -> None:
    async with house_with_drills() as (house, world):
        begun = await house.api.post_json("/api/v1/drills", {"receiver": "comms"})
        await world.clock.settle()
        shown = await house.api.get(begun.headers["location"])
        listed = await house.api.get("/api/v1/drills")

    assert begun.status == 202
    assert begun.json()["by"] == NAME
    (message,) = shown.json()["messages"]
    assert shown.json()["over"]
    assert (message["state"], message["notifier"], message["destination"]) == ("sent", "slack:0", "#slack")
    assert [hop["hop"] for hop in message["hops"]] == ["accepted", "leased", "begun", "answered"]
    assert message["next_attempt_at"] is None
    assert [one["id"] for one in listed.json()["drills"]] == [begun.json()["id"]]


async def test_a_refused_test_says_why() -> None:
    async with house_with_drills(DeliveryRejected("channel_not_found")) as (house, world):
        begun = await house.api.post_json("/api/v1/drills", {"receiver": "comms"})
        await world.clock.settle()
        shown = await house.api.get(begun.headers["location"])

    (message,) = shown.json()["messages"]
    assert (message["state"], message["reason"]) == ("rejected", "channel_not_found")


async def test_an_unknown_receiver_or_drill_is_a_problem() -> None:
    async with house_with_drills() as (house, _):
        nobody = await house.api.post_json("/api/v1/drills", {"receiver": "nobody"})
        empty = await house.api.post_json("/api/v1/drills", {"receiver": ""})
        unknown = await house.api.get("/api/v1/drills/drl_0")

    assert (nobody.status, empty.status, unknown.status) == (422, 422, 404)
    assert "known are comms" in nobody.json()["detail"]


def test_whoever_only_looks_may_not_send_tests() -> None:
    assert needed("POST", "/api/v1/drills") is Role.RESPONDER
    assert needed("GET", "/api/v1/drills/drl_1") is Role.VIEWER
