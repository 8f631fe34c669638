"""How much of a batch is worked on before everybody else gets a turn."""

from collections.abc import Iterator, Sequence
from typing import Final

from streams.broker.base import Record

TURN_BYTES: Final = 128 * 1024
_LONG_SECONDS: Final = 0.01
_SHARE_OF_OTHERS: Final = 0.05


def turns(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """The records in their order, an eighth of a megabyte at a time; one that is larger has a turn of its own.

    A record of the partials holds what hundreds of topics counted: taken all at once, a batch of them would keep
    heartbeats and commits waiting for seconds.
    """
    begin = size = 0
    for at, record in enumerate(records):
        size += len(record.value or b"")
        if size > TURN_BYTES and at > begin:
            yield records[begin:at]
            begin, size = at, len(record.value or b"")
    yield records[begin:]


def pause_seconds(turn_seconds: float) -> float:
    """So long the others get after a turn: a twentieth of its time, or one look round after a short one.

    They get on only between turns, and what they wait for comes over a network: a heartbeat, the many answers that a
    commit needs before its timeout, a scrape.

    >>> pause_seconds(0.002), pause_seconds(0.5)
    (0.0, 0.025)
    """
    return 0.0 if turn_seconds <= _LONG_SECONDS else turn_seconds * _SHARE_OF_OTHERS
