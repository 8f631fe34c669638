"""At least once: first every record, then the position."""

from collections.abc import Awaitable, Callable, Sequence

from streams.broker.base import Outgoing, Partition
from streams.broker.kafka_writer import Committed

Send = Callable[[Sequence[Outgoing]], Awaitable[None]]
CommitPosition = Callable[[str, Partition, int], Awaitable[None]]


class KafkaPlainWriter:
    """Writes without transactions, for brokers that have none; a kill between the steps repeats the records."""

    def __init__(
        self, group: str, partition: Partition, *, send: Send, committed: Committed, commit: CommitPosition
    ) -> None:
        self._group = group
        self._partition = partition
        self._send = send
        self._committed = committed
        self._commit = commit

    async def open(self) -> int | None:
        """Answer the committed next offset; nobody is fenced beyond what the group itself does."""
        return await self._committed(self._group, self._partition)

    async def commit(
        self, outgoing: Sequence[Outgoing], next_offset: int, *, changelog: Sequence[Outgoing] = ()
    ) -> int | None:
        """Make first the records durable, then the changelog, then the position; see the contract."""
        for records in (outgoing, changelog):
            if records:
                await self._send(records)
        await self._commit(self._group, self._partition, next_offset)
        return None  # others may write at the same time: nothing follows from where our records stand

    async def close(self) -> None:
        """Nothing is held open."""
