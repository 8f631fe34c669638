from streams.broker.base import Partition, Record
from streams.broker.memory_log import MemoryLog

PARTITION = Partition("mentions", 0)


def append(log: MemoryLog, key: bytes | None, value: bytes | None) -> None:
    log.append(Record(PARTITION, log.end, key, value, 0))


def test_keeps_the_newest_records_and_their_offsets() -> None:
    log = MemoryLog(keep=10)

    for number in range(100):
        append(log, None, str(number).encode())

    assert log.end == 100
    assert 10 <= log.end - log.oldest <= 20
    assert [record.offset for record in log.read(97, 10)] == [97, 98, 99]


def test_a_compacted_log_keeps_the_newest_record_of_every_key() -> None:
    log = MemoryLog(keep=10, compacted=True)

    for number in range(1000):
        append(log, str(number % 7).encode(), str(number).encode())

    values = {record.key: record.value for record in log.read(0, 1000)}
    assert values == {str(number % 7).encode(): str(number).encode() for number in range(993, 1000)}
    assert log.end == 1000
    assert len(log.read(0, 1000)) <= 20


def test_a_compacted_log_forgets_deleted_keys() -> None:
    log = MemoryLog(keep=2, compacted=True)
    append(log, b"gone", b"1")
    append(log, b"gone", None)

    for number in range(10):
        append(log, b"kept", str(number).encode())

    assert {record.key for record in log.read(0, 100)} == {b"kept"}


def test_a_log_without_a_bound_keeps_everything() -> None:
    log = MemoryLog()

    for _ in range(1000):
        append(log, b"k", b"v")

    assert log.oldest == 0
    assert len(log.read(0, 5000)) == 1000
