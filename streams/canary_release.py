"""Sends canaries off."""

from datetime import datetime

from streams import codec
from streams.broker.base import Outgoing
from streams.canary import CANARY
from streams.mention import Mention

_TEXT = "Tocsin's canary: nobody said this."


def canaries(kafka_topic: str, partitions: int, number: str, now: datetime) -> list[Outgoing]:
    """The mentions of one round: one for each partition.

    Args:
        number: Names the round.
    """
    outgoing: list[Outgoing] = []
    for partition in range(partitions):
        mention = Mention(
            id=f"{number}-{partition}", platform=CANARY, published_at=now, text=_TEXT, lang="en", thread_id=number
        )
        outgoing.append(Outgoing(kafka_topic, mention.key.encode(), codec.encode_mention(mention), partition=partition))
    return outgoing
