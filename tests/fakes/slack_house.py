"""A House that tells a fake Slack, and hears what people press there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from alerting.api.app import create_api
from alerting.api.keys import KeyRing
from alerting.fakes.signed_request import SignedRequest
from alerting.fakes.slack import FakeSlack
from alerting.inbound.build import Inbound, build_inbound
from alerting.incidents.model import Incident
from alerting.notifiers.slack import SlackNotifier
from alerting.settings import Settings
from tests.fakes.asgi_client import Answer, AsgiClient
from tests.fakes.detections import detection
from tests.fakes.egress import LOOPBACK
from tests.fakes.house import House, World

ADA: Final = "U0ADA"
GUEST: Final = "U0GUEST"
READER: Final = "U0READER"
PEOPLE: Final = [
    {"name": "Ada Lovelace", "slack": ADA, "pagerduty": "PADA", "roles": ["responder"]},
    {"name": "Grace Hopper", "slack": "U0GRACE", "pagerduty": "PGRACE", "roles": ["responder"]},
    {"name": "Rita Reader", "slack": READER, "roles": []},
]
_TOKEN: Final = "xoxb-of-the-test"
_APP_TOKEN: Final = "xapp-of-the-test"
_SIGNING: Final = "signing-secret-of-the-test"


@dataclass(frozen=True)
class SlackHouse:
    """A house with one incident that stands in Slack as `reference`."""

    house: House
    slack: FakeSlack
    inbound: Inbound
    client: AsgiClient
    reference: str

    @property
    def incident(self) -> Incident:
        """The incident as it is stored."""
        return self.house.world.incidents[-1]

    async def post(self, request: SignedRequest) -> Answer:
        """Slack calls the app's request URL."""
        return await self.client.request("POST", "/inbound/slack", request.headers, request.body)

    async def post_hook(self, request: SignedRequest) -> Answer:
        """PagerDuty calls the subscription's address."""
        return await self.client.request("POST", "/inbound/pagerduty", request.headers, request.body)

    async def press(self, action_id: str, *, user: str = ADA, selected: str | None = None) -> Answer:
        """A person presses a button, or chooses somebody from a menu, and Slack sends it over HTTP."""
        return await self.post(self.slack.press(self.reference, action_id, user=user, selected=selected))

    async def until_shown(self, words: str) -> None:
        """Wait until the message in Slack, or its thread, shows these words."""
        async with asyncio.timeout(10):
            await self.slack.inbox.until(
                lambda entries: any(
                    words in text
                    for entry in entries
                    for text in (*entry.lines, *(reply.text for reply in entry.replies))
                )
            )


@asynccontextmanager
async def slack_house(**inbound: Any) -> AsyncIterator[SlackHouse]:
    """The house while it runs.

    Args:
        inbound: Further sections of `inbound`.
    """
    world = World()
    clock = world.clock
    async with FakeSlack(clock, token=_TOKEN, app_token=_APP_TOKEN, signing_secret=_SIGNING) as slack:
        notifier = SlackNotifier(
            channel="C0123456789", token=_TOKEN, api_url=slack.api_url, clock=clock, egress=LOOPBACK, buttons=True
        )
        world.notifiers = {"comms": notifier}
        settings = Settings.model_validate(
            {
                "people": PEOPLE,
                "inbound": {
                    "slack": {"signing_secret": _SIGNING, "app_token": _APP_TOKEN, "api_url": slack.api_url},
                    **inbound,
                },
            }
        )
        house = House(world)
        parts = build_inbound(settings, acts=house.acts, clock=clock, egress=LOOPBACK, metrics=house.metrics)
        app = create_api(
            store=house.store,
            acts=house.acts,
            ring=KeyRing({"on-call": "a-key-for-the-tests-0123"}),
            settings=settings.api,
            clock=clock,
            metrics=house.metrics,
            inbound=parts,
        )
        async with house.running():
            world.claim(detection())
            async with asyncio.timeout(10):
                [entry] = await slack.inbox.until(bool)
            yield SlackHouse(house, slack, parts, AsgiClient(app), entry.id.removeprefix("slack:"))
        await notifier.close()
