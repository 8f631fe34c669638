"""Whoever publishes scheduled posts: does what signed events say, and nothing else."""

from datetime import datetime
from typing import Any

import msgspec

from alerting.fakes.webhook import FakeWebhook


class ScheduledPost(msgspec.Struct, frozen=True):
    """A post that is to go out."""

    topic: str
    region: str
    at: datetime


def held(post: ScheduledPost, publisher: FakeWebhook) -> bool:
    """Whether the publisher would hold the post, by what it received so far."""
    standing: dict[str, dict[str, Any]] = {}
    for call in publisher.received:
        data = call.body["data"]
        if call.body["type"] == "posts.hold":
            standing[data["id"]] = data
        elif call.body["type"] == "posts.release":
            standing.pop(data["id"], None)
    return any(
        post.at < datetime.fromisoformat(hold["ends_at"])
        and (not hold["topics"] or post.topic in hold["topics"])
        and (
            not hold["area"] or any(post.region == each or post.region.startswith(f"{each}-") for each in hold["area"])
        )
        for hold in standing.values()
    )
