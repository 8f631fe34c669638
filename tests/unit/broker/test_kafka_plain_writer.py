"""At least once is a matter of order: records, then the changelog, then the position."""

from collections.abc import Sequence

import pytest

from streams.broker.base import Outgoing, Partition
from streams.broker.kafka_plain_writer import KafkaPlainWriter
from streams.errors import BrokerUnavailable

SOURCE = Partition("mentions", 0)
RECORD = Outgoing("detections", b"k", b"record")
STATE = Outgoing("state", b"k", b"state", partition=0)


class Kafka:
    """Writes down what becomes durable, and dies before a step of its choice."""

    def __init__(self, *, dies_before: int | None = None) -> None:
        self.durable: list[object] = []
        self._left = dies_before

    def _step(self, what: object) -> None:
        if self._left is not None:
            if self._left == 0:
                raise BrokerUnavailable("killed")
            self._left -= 1
        self.durable.append(what)

    async def send(self, records: Sequence[Outgoing]) -> None:
        self._step([record.value for record in records])

    async def committed(self, group: str, partition: Partition) -> int | None:
        raise NotImplementedError

    async def commit(self, group: str, partition: Partition, position: int) -> None:
        self._step((group, partition, position))


def writer(kafka: Kafka) -> KafkaPlainWriter:
    return KafkaPlainWriter("score", SOURCE, send=kafka.send, committed=kafka.committed, commit=kafka.commit)


async def test_records_come_first_then_the_changelog_then_the_position() -> None:
    kafka = Kafka()

    await writer(kafka).commit([RECORD, RECORD], 7, changelog=[STATE])

    assert kafka.durable == [[b"record", b"record"], [b"state"], ("score", SOURCE, 7)]


@pytest.mark.parametrize(("steps", "durable"), [(0, []), (1, [[b"record"]]), (2, [[b"record"], [b"state"]])])
async def test_a_kill_between_two_steps_leaves_what_came_before_and_nothing_behind(
    steps: int, durable: list[object]
) -> None:
    kafka = Kafka(dies_before=steps)

    with pytest.raises(BrokerUnavailable):
        await writer(kafka).commit([RECORD], 7, changelog=[STATE])

    assert kafka.durable == durable


async def test_where_there_is_nothing_to_write_the_position_alone_moves() -> None:
    kafka = Kafka()

    await writer(kafka).commit([], 7)

    assert kafka.durable == [("score", SOURCE, 7)]
