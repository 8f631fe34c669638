"""The client's records as ours."""

from collections.abc import Iterable
from typing import Protocol

from streams.broker.base import Partition, Record


class ClientRecord(Protocol):
    """What we use of a record as the client returns it."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Iterable[tuple[str, bytes]]


def records_of(partition: Partition, found: Iterable[ClientRecord]) -> tuple[Record, ...]:
    """The records of one partition, in the order given."""
    return tuple(
        [
            Record(partition, record.offset, record.key, record.value, record.timestamp, tuple(record.headers))
            for record in found
        ]
    )
