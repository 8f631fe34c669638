"""Declares topics in Kafka, one change at a time, however many processes do so."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from streams.backoff import Backoff
from streams.broker.base import Broker, Guarantee, Outgoing, Partition
from streams.clock import Clock
from streams.declarations import Declarations
from streams.errors import BrokerUnavailable, Fenced, StateCorrupted, TopicsMismatch
from streams.feedback import Feedback
from streams.settings import KafkaSettings
from streams.shares import Reach
from streams.topic import Declared, Topic

_ATTEMPTS: Final = 5

log = structlog.get_logger(__name__)

Change = Callable[[Declarations], list[Outgoing]]


class TopicRegister:
    """Reads what is declared, decides, writes; nobody else's change can come between, where the broker can fence.

    A writer that opens later fences one that is at work, whose change then counts for nothing and is decided anew on
    what the other one left. A broker without fences is a single process's; there the changes wait for one another.
    """

    def __init__(self, broker: Broker, kafka: KafkaSettings, clock: Clock) -> None:
        self._broker = broker
        self._kafka = kafka
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def declare_file(self, topics: Sequence[Topic], *, by: str) -> int:
        """Make the file's topics what the file says; answers how many changed. Topics of the API stay.

        Raises:
            BrokerUnavailable: Whether it counts is unknown; doing it again is safe.
            TopicsMismatch: There is no Kafka topic for them; Kafka would make one that forgets.
        """
        name = self._kafka.topics
        if name not in await self._broker.describe_topics([name]):
            raise TopicsMismatch((f"the Kafka topic {name} does not exist; `tocsin kafka init` creates it",))

        def change(known: Declarations) -> list[Outgoing]:
            return known.declare_file(self._kafka.topics, topics, by=by, now=self._clock.now())

        return max(0, len(await self._change(change)) - 1)

    async def share_out(self, reach: Reach, per_receiver: float) -> int:
        """Give every topic the share of its receivers' budgets that is its own now; answers how many changed.

        Raises:
            BrokerUnavailable: Whether it counts is unknown; doing it again is safe.
        """

        def change(known: Declarations) -> list[Outgoing]:
            return known.share_out(self._kafka.topics, reach, per_receiver, now=self._clock.now())

        return len(await self._change(change))

    async def erase(self, author: int) -> None:
        """Declare that an author, by its 64-bit hash, is to be forgotten; again changes nothing.

        Raises:
            BrokerUnavailable: Whether it counts is unknown; doing it again is safe.
            TopicRefused: There are 10,000 already.
        """

        def change(known: Declarations) -> list[Outgoing]:
            return known.erase(self._kafka.topics, author, now=self._clock.now())

        await self._change(change)

    async def put(self, topic: Topic, *, by: str, expected: int | None, absent: bool = False) -> Declared:
        """Declare a topic; answers it with its revision, the one it has already where nothing changes.

        Raises:
            BrokerUnavailable: Whether it counts is unknown; doing it again is safe.
            TopicChanged: It is at another revision than `expected`, or there although it has to be `absent`.
            TopicRefused: It comes from the file, or does not fit the other topics or the limits.
            InvalidQuery: The query does not parse.
        """
        outcome: list[Declared] = []

        def change(known: Declarations) -> list[Outgoing]:
            declared = known.put(topic, by=by, now=self._clock.now(), expected=expected, absent=absent)
            outcome[:] = [declared]
            same = known.declared.get(topic.id) is declared
            return [] if same else [known.record(self._kafka.topics, declared)]

        await self._change(change)
        return outcome[0]

    async def remove(self, topic_id: str, *, expected: int | None) -> None:
        """Remove a topic that the API declared.

        Raises:
            BrokerUnavailable: Whether it counts is unknown; doing it again is safe.
            UnknownTopic: There is none.
            TopicChanged: It is at another revision than `expected`.
            TopicRefused: It comes from the file, or others are a part of it.
        """

        def change(known: Declarations) -> list[Outgoing]:
            known.remove(topic_id, expected=expected)
            return [known.tombstone(self._kafka.topics, topic_id, self._clock.now())]

        await self._change(change)

    async def add_feedback(self, topic_id: str, feedback: Feedback) -> Declared:
        """Add a verdict; the topic as it is declared then. Again changes nothing.

        Raises:
            BrokerUnavailable: Whether it counts is unknown; doing it again is safe.
            UnknownTopic: There is no such topic.
            TopicRefused: It has as many verdicts as are kept.
        """
        return await self._judge(topic_id, lambda known: known.add_feedback(topic_id, feedback, now=self._clock.now()))

    async def remove_feedback(self, topic_id: str, feedback_id: str) -> Declared:
        """Withdraw a verdict; the topic as it is declared then. Again changes nothing.

        Raises:
            BrokerUnavailable: Whether it counts is unknown; doing it again is safe.
            UnknownTopic: There is no such topic.
        """
        return await self._judge(
            topic_id, lambda known: known.remove_feedback(topic_id, feedback_id, now=self._clock.now())
        )

    async def _judge(self, topic_id: str, judge: Callable[[Declarations], Declared]) -> Declared:
        outcome: list[Declared] = []

        def change(known: Declarations) -> list[Outgoing]:
            declared = judge(known)
            outcome[:] = [declared]
            same = known.declared.get(topic_id) is declared
            return [] if same else [known.record(self._kafka.topics, declared)]

        await self._change(change)
        return outcome[0]

    async def _change(self, change: Change) -> list[Outgoing]:
        backoff = Backoff()
        async with self._one_at_a_time:
            for _ in range(_ATTEMPTS - 1):
                try:
                    return await self._change_once(change)
                except Fenced:
                    await self._clock.sleep(backoff.next_seconds())
            try:
                return await self._change_once(change)
            except Fenced as exc:
                raise BrokerUnavailable(f"others kept changing topics meanwhile: {exc}") from exc

    async def _change_once(self, change: Change) -> list[Outgoing]:
        log_of_topics = Partition(self._kafka.topics, 0)
        if self._broker.guarantee is not Guarantee.EXACTLY_ONCE:
            outgoing = change(await self._read(log_of_topics))
            await self._broker.send(outgoing)
            return outgoing
        writer = self._broker.writer(f"{self._kafka.prefix}-topics", log_of_topics)
        try:
            await writer.open()
            outgoing = change(await self._read(log_of_topics))
            if outgoing:
                await writer.commit(outgoing, 0)
            return outgoing
        finally:
            await writer.close()

    async def _read(self, partition: Partition) -> Declarations:
        known = Declarations()
        async for records in self._broker.scan(partition, None):
            for record in records:
                try:
                    known.take(record)
                except StateCorrupted as exc:
                    log.warning("topics.unreadable", offset=record.offset, reason=str(exc))
        return known
