"""The dead letters of the mentions: looked at, and sent once more."""

from contextlib import aclosing
from datetime import UTC, datetime
from typing import Final

import msgspec

from streams import codec
from streams.broker.base import Broker, Outgoing, Partition, Record
from streams.canary import CANARY
from streams.errors import InvalidMention, UnknownLetter
from streams.settings import KafkaSettings


class DeadLetter(msgspec.Struct, frozen=True):
    """A record that was no mention. Everything in it is as hostile as the internet.

    Attributes:
        partition: Of the Kafka topic of dead letters; with `offset` its name.
        at: When it was put there.
        text: What came, decoded as well as it can be.
        reason: Why it is no mention.
        origin: Where it had come: `mentions-3@17`.
        is_whole: False where it was cut for its size.
    """

    partition: int
    offset: int
    at: datetime
    key: str | None
    text: str
    reason: str
    origin: str
    is_whole: bool


class DeadLetterBox:
    """Reads dead letters where they lie, outside any group: nothing is taken out by looking."""

    def __init__(self, broker: Broker, kafka: KafkaSettings) -> None:
        self._broker = broker
        self._letters = kafka.dead_letters
        self._mentions = kafka.mentions

    async def newest(self, limit: int) -> tuple[DeadLetter, ...]:
        """At most `limit`, the newest first; each partition is read back as far.

        Raises:
            BrokerUnavailable: Kafka does not answer.
        """
        described = (await self._broker.describe_topics([self._letters])).get(self._letters)
        found: list[DeadLetter] = []
        for number in range(described.partitions if described else 0):
            place = Partition(self._letters, number)
            async with aclosing(self._broker.scan(place, -limit)) as packs:  # type: ignore[type-var]  # a generator
                async for records in packs:
                    found += map(_letter, records)
        return tuple(sorted(found, key=lambda letter: (letter.at, letter.offset), reverse=True)[:limit])

    async def letter(self, partition: int, offset: int) -> DeadLetter:
        """The letter of this name.

        Raises:
            UnknownLetter: There is none, or none any more.
            BrokerUnavailable: Kafka does not answer.
        """
        described = (await self._broker.describe_topics([self._letters])).get(self._letters)
        if described is not None and partition < described.partitions:
            place = Partition(self._letters, partition)
            async with aclosing(self._broker.scan(place, offset, offset + 1)) as packs:  # type: ignore[type-var]
                async for records in packs:
                    for record in records:
                        if record.offset == offset:
                            return _letter(record)
        raise UnknownLetter(f"there is no dead letter {partition}/{offset}")

    async def send_again(self, text: str) -> str:
        """Put a mention where mentions come; answers its key, `platform:id`. A repetition counts once, as always.

        Raises:
            InvalidMention: It is none.
            BrokerUnavailable: It may have been written; sending it again does no harm.
        """
        value = text.encode("utf-8", "surrogatepass")
        mention = codec.decode_mention(value)
        if mention.platform == CANARY:
            raise InvalidMention(f"the platform {CANARY} is Tocsin's own")
        await self._broker.send([Outgoing(self._mentions, mention.key.encode("utf-8", "surrogatepass"), value)])
        return mention.key


_UNKNOWN: Final = b""


def _letter(record: Record) -> DeadLetter:
    headers = dict(record.headers)

    def said(name: str) -> str:
        return headers.get(name, _UNKNOWN).decode("utf-8", "replace")

    return DeadLetter(
        partition=record.partition.number,
        offset=record.offset,
        at=datetime.fromtimestamp(record.timestamp_ms / 1000, UTC),
        key=None if record.key is None else record.key.decode("utf-8", "replace"),
        text=(record.value or b"").decode("utf-8", "replace"),
        reason=said("reason"),
        origin=f"{said('kafka_topic')}-{said('partition')}@{said('offset')}",
        is_whole="cut_from_bytes" not in headers,
    )
