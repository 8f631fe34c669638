"""The refund crisis as sloppy sources deliver it: repeated, corrected, deleted, in part unreadable."""

import random
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from streams import codec
from streams.broker.base import Outgoing
from streams.mention import Mention
from streams.settings import KafkaSettings, StreamSettings
from streams.topic_settings import TopicSettings
from tests.fakes import refund_crisis
from tests.fakes.clock import START

WORDS = ("refund", "delivery", "lamp", "worst", "scam", "terrible", "pending", "arvella")
AFTERWARDS_SECONDS = 40.0
UNREADABLE_EVERY = 150


def settings(kafka: KafkaSettings) -> StreamSettings:
    """A topic for each of the words, thresholds low enough for a short recording."""
    return refund_crisis.settings(kafka).model_copy(
        update={
            "topics": tuple(
                TopicSettings(id=word, name=word.title(), query=word, collecting_since=START) for word in WORDS
            )
        }
    )


def mentions(seed: int) -> list[Mention]:
    """In the order in which they arrive: of every ten one is repeated, one corrected and one deleted soon after."""
    rng = random.Random(seed)  # noqa: S311  # a recording, not a secret
    arriving: list[tuple[float, Mention]] = []
    for said in refund_crisis.mentions(seed):
        first = msgspec.structs.replace(said, seq=1)
        second = (said.published_at - START).total_seconds()
        arriving.append((second, first))
        later = second + rng.uniform(1, AFTERWARDS_SECONDS)
        dice = rng.random()
        if dice < 0.1:
            arriving.append((later, first))
        elif dice < 0.2:
            arriving.append((later, _version(first, later, text=f"{rng.choice(WORDS)} and {rng.choice(WORDS)}")))
        elif dice < 0.3:
            arriving.append((later, _version(first, later, op="delete")))
    arriving.sort(key=lambda pair: pair[0])
    return [mention for _, mention in arriving]


def _version(first: Mention, later: float, **changed: str) -> Mention:
    return msgspec.structs.replace(first, seq=2, ingested_at=START + timedelta(seconds=later), **changed)


def outgoing(kafka: KafkaSettings, recorded: Sequence[Mention]) -> list[Outgoing]:
    """The records in order, with one that is no mention after every 150."""
    records: list[Outgoing] = []
    for number, mention in enumerate(recorded, 1):
        records.append(Outgoing(kafka.mentions, mention.key.encode(), codec.encode_mention(mention)))
        if number % UNREADABLE_EVERY == 0:
            records.append(Outgoing(kafka.mentions, b"x:?%d" % number, b"no mention %d" % number))
    return records


def standing(recorded: Sequence[Mention], word: str) -> int:
    """How many mentions say `word` when everything has arrived, counted from their newest versions alone."""
    newest: dict[str, Mention] = {}
    for mention in recorded:
        known = newest.get(mention.key)
        if known is None or (mention.seq or 0) > (known.seq or 0):
            newest[mention.key] = mention
    return sum(mention.op != "delete" and word in mention.text.lower() for mention in newest.values())
