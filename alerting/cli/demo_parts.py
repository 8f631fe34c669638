"""The embedded parts that the demo stands on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alerting.fakes.ntfy import FakeNtfy
from alerting.fakes.pagerduty import FakePagerDuty
from alerting.fakes.slack import FakeSlack
from alerting.settings import Settings
from streams.broker.base import Broker
from streams.broker.embedded import EmbeddedKafka
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.broker.registry import MEMORY_ADDRESS, open_broker
from streams.clock import Clock
from streams.errors import BrokerUnavailable
from streams.settings import KafkaSettings
from streams.simulate.care import account_of
from streams.simulate.programme import PLATFORMS
from streams.simulate.scenario import Scenario

SLACK_CHANNEL: Final = "#comms-now"
# Who is on call at the shop: two take turns by the week, and one is called if nobody answers.
TURNS: Final = ("Maya", "Ben")
LEAD: Final = "Ines"
LEAD_AFTER_MINUTES: Final = 1
PHONES: Final = {f"phone-of-{name.lower()}": f"{name}'s phone" for name in (*TURNS, LEAD)}
_PARTITIONS: Final = 2


@dataclass(frozen=True, slots=True)
class DemoBroker:
    """Where the demo's streams live.

    Attributes:
        words: Which broker it is and what it guarantees.
        producing: For the simulator, already entered.
        consuming: For Tocsin itself, which enters it.
    """

    settings: KafkaSettings
    words: str
    producing: Broker
    consuming: Broker


@asynccontextmanager
async def demo_broker(choice: str, clock: Clock) -> AsyncIterator[DemoBroker]:
    """An embedded broker while the block is open.

    Args:
        choice: `tansu`, `memory`, or `auto`: Tansu where there is one for this platform.

    Raises:
        BrokerUnavailable: Tansu was asked for and cannot be had.
    """
    base = KafkaSettings(partitions=_PARTITIONS)
    if choice != "memory":
        embedded = EmbeddedKafka(clock=clock)
        try:
            await embedded.__aenter__()
        except BrokerUnavailable:
            if choice == "tansu":
                raise
        else:
            try:
                settings = embedded.settings(base)
                words = f"embedded Tansu at {settings.bootstrap_servers} (at least once, in memory)"
                async with open_broker(settings) as producing:
                    yield DemoBroker(settings, words, producing, open_broker(settings))
            finally:
                await embedded.__aexit__(None, None, None)
            return
    cluster = MemoryCluster(clock=clock)
    settings = base.model_copy(update={"bootstrap_servers": MEMORY_ADDRESS})
    async with MemoryBroker(cluster) as producing:
        yield DemoBroker(settings, "this process (at least once, in memory)", producing, MemoryBroker(cluster))


def demo_settings(
    scenario: Scenario,
    kafka: KafkaSettings,
    *,
    folder: Path,
    key: str,
    port: int,
    slack: FakeSlack,
    slack_token: str,
    pager: FakePagerDuty,
    routing_key: str,
    phones: FakeNtfy,
    phones_token: str,
    public_url: str | None,
) -> Settings:
    """What `tocsin serve` would read from a file; detection is set as it is there."""
    receiver = {
        "name": "shop",
        "notifiers": [
            {"type": "slack", "channel": SLACK_CHANNEL, "token": slack_token, "api_url": slack.api_url},
            {
                "type": "pagerduty",
                "service": "Payments on-call",
                "routing_key": routing_key,
                "events_url": pager.events_url,
            },
        ],
    }
    phone = {"type": "ntfy", "url": phones.url, "token": phones_token}
    return Settings.model_validate(
        {
            **_on_call(scenario),
            "kafka": kafka.model_dump(),
            "topics": [
                {
                    "id": topic.id,
                    "name": topic.name,
                    "brand": scenario.brand,
                    "owner": topic.owner,
                    "query": topic.query,
                }
                for topic in scenario.topics
            ],
            "score": {"own_accounts": {scenario.brand: [f"{one}:{account_of(scenario.brand)}" for one in PLATFORMS]}},
            "receivers": [
                receiver,
                *(
                    {
                        "name": name,
                        "people": [who.partition("'")[0]],
                        "notifiers": [{**phone, "topic": name, "name": who}],
                    }
                    for name, who in PHONES.items()
                ),
            ],
            "route": {"receiver": "shop"},
            "delivery": {"allow_networks": ["127.0.0.0/8"]},  # where its vendors are
            "database": {"url": f"sqlite:///{folder / 'tocsin.db'}"},
            "api": {"port": port, "keys": [{"name": "demo", "key": key}], "public_url": public_url},
        }
    )


def _on_call(scenario: Scenario) -> dict[str, object]:
    """Every topic's owner calls whoever is on call this week, then the lead."""
    owners = dict.fromkeys(topic.owner for topic in scenario.topics if topic.owner)
    return {
        "people": [{"name": name, "roles": ["responder"]} for name in (*TURNS, LEAD)],
        "schedules": [{"name": "shop", "rotation": {"people": list(TURNS), "begins_on": "2026-01-05"}}],
        "policies": [
            {
                "name": "shop",
                "steps": [
                    {"targets": [{"schedule": "shop"}], "wait_minutes": LEAD_AFTER_MINUTES},
                    {"targets": [{"person": LEAD}], "wait_minutes": 10},
                ],
            }
        ],
        "owners": [{"name": owner, "policy": "shop"} for owner in owners],
    }
