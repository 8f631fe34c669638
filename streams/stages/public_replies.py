"""Answers that the brand gave in public, handed on as they come."""

from datetime import UTC, datetime

from streams.broker.base import Outgoing
from streams.codec import encode_reply
from streams.mention import Mention
from streams.public_reply import PublicReply


class PublicReplies:
    """Hears what the brand itself says, and tells which mentions that answers; once for each version.

    Args:
        kafka_topic: Where they go, keyed by what is answered.
    """

    def __init__(self, kafka_topic: str) -> None:
        self._kafka_topic = kafka_topic
        self._heard: list[Outgoing] = []

    def hear(self, mention: Mention, event_ms: int) -> None:
        """Take a mention in; what the brand did not say, takes back, or says to nobody answers nothing."""
        if mention.author is None or not mention.author.is_brand_reply or mention.op == "delete":
            return
        named = dict.fromkeys(name for name in (mention.parent_id, mention.thread_id) if name and name != mention.id)
        answers = tuple(f"{mention.platform}:{name}"[:1025] for name in named)
        if answers:
            reply = PublicReply(mention.key, answers, datetime.fromtimestamp(event_ms / 1000, UTC))
            self._heard.append(Outgoing(self._kafka_topic, answers[0].encode(), encode_reply(reply)))

    def take(self) -> list[Outgoing]:
        """What was heard since the last time."""
        heard, self._heard = self._heard, []
        return heard
