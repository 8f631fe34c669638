"""A case travels both ways, signed both ways: told to the ticket system, and heard back from it without a key."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from alerting.api import problems
from alerting.api.inbound import inbound_router
from alerting.casebook import CaseWish
from alerting.directives.errand import Hook
from alerting.fakes.webhook import FakeWebhook
from alerting.hook_settings import HookSettings
from alerting.inbound.build import Inbound, build_inbound
from alerting.notifiers.hook import HookClient
from alerting.settings import Settings
from tests.fakes.asgi_client import Answer, AsgiClient
from tests.fakes.detections import detection
from tests.fakes.egress import LOOPBACK
from tests.fakes.house import House, World

OURS = "whsec_" + base64.b64encode(b"the secret of what we tell").decode()
THEIRS = "whsec_" + base64.b64encode(b"the secret of what they say").decode()
SAID = {"system": "zendesk", "case": "4711", "status": "solved", "thread": "t-1"}


def inbound(house: House) -> Inbound:
    settings = Settings.model_validate({"inbound": {"cases": {"secrets": [THEIRS]}}})
    return build_inbound(settings, acts=house.acts, clock=house.world.clock, egress=LOOPBACK, metrics=house.metrics)


def headers(world: World, body: bytes, *, key: str = THEIRS, late: int = 0, name: str = "msg_1") -> dict[str, str]:
    """As the specification says, written down here once more."""
    stamp = str(int(world.clock.now().timestamp()) - late)
    secret = base64.b64decode(key.removeprefix("whsec_"))
    digest = hmac.new(secret, name.encode() + b"." + stamp.encode() + b"." + body, hashlib.sha256).digest()
    return {
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,AAAA v1,{base64.b64encode(digest).decode()}",
    }


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[World, House, AsgiClient, FakeWebhook]]:
    """An incident with a case, of which the ticket system was told; and the door by which it answers."""
    world = World()
    async with FakeWebhook(world.clock, secret=OURS) as ticket_system:
        hook = HookClient(
            "cases",
            HookSettings(url=ticket_system.url, secret=SecretStr(OURS)),  # type: ignore[arg-type]
            world.clock,
            LOOPBACK,
        )
        house = House(world, hooks={Hook.CASES: hook})
        app = FastAPI()
        app.include_router(inbound_router(inbound(house), world.clock, house.cases))
        problems.install(app)
        async with house.running():
            world.claim(detection())
            await world.clock.settle()
            wish = CaseWish(system="zendesk", case="4711", thread="t-1", incident=world.incidents[0].id)
            await house.cases.link(wish, by="jo")
            async with asyncio.timeout(20):
                await ticket_system.inbox.until(lambda entries: len(entries) > 0)
            yield world, house, AsgiClient(app), ticket_system
        await hook.close()


async def said(world: World, client: AsgiClient, body: bytes, *, key: str = THEIRS, late: int = 0) -> Answer:
    return await client.request("POST", "/inbound/cases", headers(world, body, key=key, late=late), body)


async def test_what_we_tell_is_signed_and_what_they_say_stands_on_the_incident() -> None:
    body = json.dumps(SAID).encode()
    async with linked() as (world, _, client, _told):
        answer = await said(world, client, body)
        again = await said(world, client, body)

    assert (answer.status, again.status) == (204, 204)
    assert [entry.text for entry in world.tables.entries].count("zendesk 4711 says: solved") == 1
    assert world.incidents[0].cases == ("zendesk 4711: solved",)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"key": OURS}, 401),
        ({"late": 301}, 401),
        ({"late": -301}, 401),
        ({"body": b"{}"}, 422),
        ({"body": json.dumps({**SAID, "case": "4712"}).encode()}, 404),
        ({"body": json.dumps({**SAID, "thread": "another"}).encode()}, 422),
    ],
)
async def test_what_is_not_theirs_is_late_or_makes_no_sense_changes_nothing(
    change: dict[str, object], status: int
) -> None:
    async with linked() as (world, _, client, _told):
        arguments: dict[str, object] = {"body": json.dumps(SAID).encode(), **change}
        answer = await said(world, client, **arguments)  # type: ignore[arg-type]
        unsigned = await client.request("POST", "/inbound/cases", {}, json.dumps(SAID).encode())

    assert answer.status == status
    assert unsigned.status == 401
    assert world.incidents[0].cases == ("zendesk 4711",)


def status(said: str) -> bytes:
    return json.dumps({**SAID, "status": said}).encode()


async def test_what_somebody_recorded_and_sends_again_sets_no_older_status() -> None:
    async with linked() as (world, _, client, _told):
        opened, solved = status("open"), status("solved")
        recorded = headers(world, opened, name="msg_1")
        await client.request("POST", "/inbound/cases", recorded, opened)
        await world.clock.advance(60)
        await client.request("POST", "/inbound/cases", headers(world, solved, name="msg_2"), solved)
        await world.clock.advance(60)
        replayed = await client.request("POST", "/inbound/cases", recorded, opened)

    assert replayed.status == 204
    assert world.incidents[0].cases == ("zendesk 4711: solved",)


async def test_a_message_that_is_sent_once_more_with_a_new_time_is_still_the_same_message() -> None:
    async with linked() as (world, _, client, _told):
        opened, solved = status("open"), status("solved")
        await client.request("POST", "/inbound/cases", headers(world, opened, name="msg_1"), opened)
        await client.request("POST", "/inbound/cases", headers(world, solved, name="msg_2"), solved)
        await world.clock.advance(60)
        again = await client.request("POST", "/inbound/cases", headers(world, opened, name="msg_1"), opened)
        reopened = await client.request("POST", "/inbound/cases", headers(world, opened, name="msg_3"), opened)

    assert (again.status, reopened.status) == (204, 204)
    texts = [entry.text for entry in world.tables.entries if "says" in entry.text]
    assert texts == [f"zendesk 4711 says: {said}" for said in ("open", "solved", "open")]


async def test_what_overtook_another_message_on_its_way_counts() -> None:
    async with linked() as (world, _, client, _told):
        opened, solved = status("open"), status("solved")
        earlier = headers(world, opened, name="msg_1", late=10)
        await client.request("POST", "/inbound/cases", headers(world, solved, name="msg_2"), solved)
        await client.request("POST", "/inbound/cases", earlier, opened)

    assert world.incidents[0].cases == ("zendesk 4711: solved",)
