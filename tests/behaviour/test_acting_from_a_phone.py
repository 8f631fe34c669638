from datetime import timedelta

import msgspec
import pytest

from alerting.fakes.ntfy import FakeNtfy
from alerting.incidents.model import IncidentState
from alerting.message import message_about
from alerting.notifiers.act_tokens import ActToken, sealed
from alerting.notifiers.ntfy import NtfyNotifier
from tests.fakes.asgi_client import Answer
from tests.fakes.egress import LOOPBACK
from tests.fakes.slack_house import SlackHouse, slack_house

KEY = "the-key-of-the-buttons"
HEARD = {"ntfy": {"secret": KEY}}


async def button_of(it: SlackHouse, *, person: str) -> str:
    """The body that the phone sends when the button is pressed."""
    clock = it.house.world.clock
    async with FakeNtfy(clock, topic="t0p1c", token="tk_1") as vendor:
        notifier = NtfyNotifier(
            url=vendor.url,
            topic="t0p1c",
            token="tk_1",
            name="a phone",
            clock=clock,
            egress=LOOPBACK,
            person=person,
            act_key=KEY.encode(),
        )
        public_url = "https://tocsin.example.com"
        told = message_about(it.incident, it.house.world.outbox[0].change, clock.now(), public_url=public_url)
        await notifier.send(told, reference=None, timeout_seconds=5)
        await notifier.close()
        _, button = vendor.published[0]["actions"]
        assert (button["method"], button["url"]) == ("POST", "https://tocsin.example.com/inbound/ntfy")
        return str(button["body"])


async def press(it: SlackHouse, body: str) -> Answer:
    return await it.client.request("POST", "/inbound/ntfy", {"Content-Type": "text/plain"}, body.encode())


async def test_the_button_acknowledges_under_the_name_of_whose_phone_it_is() -> None:
    async with slack_house(**HEARD) as it:
        answer = await press(it, await button_of(it, person="Ada Lovelace"))
        await it.until_shown("Acknowledged by Ada Lovelace")

        assert answer.status == 200
        assert it.incident.acknowledged_by == "Ada Lovelace"


async def test_somebody_without_the_role_sees_on_the_phone_that_it_did_not_work() -> None:
    async with slack_house(**HEARD) as it:
        answer = await press(it, await button_of(it, person="Rita Reader"))

        assert answer.status == 403
        assert it.incident.state is IncidentState.TRIGGERED


async def test_a_button_counts_for_two_days() -> None:
    async with slack_house(**HEARD) as it:
        body = await button_of(it, person="Ada Lovelace")
        it.house.world.clock.skip(timedelta(days=2, seconds=1))

        answer = await press(it, body)

        assert answer.status == 401
        assert it.incident.state is IncidentState.TRIGGERED


@pytest.mark.parametrize("body", ["", ".", "e30.", "x" * 5000, "\u00e9.\u00e9"])
async def test_a_made_up_token_is_a_401(body: str) -> None:
    async with slack_house(**HEARD) as it:
        assert (await press(it, body)).status == 401


async def test_a_token_of_another_key_or_for_another_act_is_a_401() -> None:
    async with slack_house(**HEARD) as it:
        until = int(it.house.world.clock.now().timestamp()) + 60
        token = ActToken(it.incident.id, "acknowledge", "Ada Lovelace", until)
        another_key = sealed(token, b"another key altogether")
        another_act = sealed(msgspec.structs.replace(token, act="resolve"), KEY.encode())

        assert (await press(it, another_key)).status == 401
        assert (await press(it, another_act)).status == 401
        assert it.incident.state is IncidentState.TRIGGERED
