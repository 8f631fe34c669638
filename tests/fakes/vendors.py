"""A fake Slack and a fake PagerDuty, and the configuration of a Tocsin that pages them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from alerting.fakes.pagerduty import FakePagerDuty
from alerting.fakes.slack import FakeSlack
from streams.clock import Clock
from streams.settings import KafkaSettings

CHANNEL: Final = "C0CARENOW"  # an id: only with one can Slack be asked whether a message arrived
API_KEY: Final = "key-of-the-person-on-call"
_TOKEN: Final = "xoxb-test"
_ROUTING_KEY: Final = "e" * 32
_POST: Final = "chat.postMessage"


class Vendors:
    """Both vendors on loopback while the block is open."""

    def __init__(self, clock: Clock) -> None:
        self.slack = FakeSlack(clock, token=_TOKEN)
        self.pager = FakePagerDuty(clock, routing_key=_ROUTING_KEY, service="Care on-call")

    async def __aenter__(self) -> Self:
        await self.slack.__aenter__()
        await self.pager.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.pager.__aexit__(kind, error, trace)
        await self.slack.__aexit__(kind, error, trace)

    def document(
        self,
        kafka: KafkaSettings,
        topics: Sequence[Mapping[str, Any]],
        *,
        folder: Path,
        port: int = 0,
        **sections: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The whole configuration, as plain as a YAML file holds it: every incident goes to both vendors at once."""
        slack = {"type": "slack", "channel": CHANNEL, "token": _TOKEN, "api_url": self.slack.api_url}
        pager = {
            "type": "pagerduty",
            "service": "Care on-call",
            "routing_key": _ROUTING_KEY,
            "events_url": self.pager.events_url,
        }
        return {
            "kafka": kafka.model_dump(mode="json"),
            "topics": [dict(topic) for topic in topics],
            "receivers": [{"name": "care", "notifiers": [slack, pager]}],
            "route": {"receiver": "care", "group_wait_seconds": 0},
            "database": {"url": f"sqlite:///{folder / 'tocsin.db'}"},
            "api": {"port": port, "keys": [{"name": "on-call", "key": API_KEY}]},
            **sections,
            "delivery": {"allow_networks": ["127.0.0.0/8"]} | dict(sections.get("delivery", {})),
        }

    def pager_incidents(self) -> dict[str, int]:
        """How many incidents PagerDuty opened, by dedup key; triggers of one that was open are folded into it."""
        opened: dict[str, int] = {}
        running: set[str] = set()
        for event in (accepted.event for accepted in self.pager.events):
            key, action = str(event.get("dedup_key")), event["event_action"]
            if action == "trigger" and key not in running:
                running.add(key)
                opened[key] = opened.get(key, 0) + 1
            elif action == "resolve":
                running.discard(key)
        return opened

    def slack_posts(self) -> dict[str, int]:
        """How many messages of their own, replies left out, stand in the channel, by incident."""
        posts: dict[str, int] = {}
        for call in self.slack.calls:
            if call.method == _POST and "thread_ts" not in call.arguments:
                incident = str(call.arguments["metadata"]["event_payload"]["incident"])
                posts[incident] = posts.get(incident, 0) + 1
        return posts
