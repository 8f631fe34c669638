"""Decisions once more from the log: the detect stage's fold over the partials, compared with what it wrote."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from streams import codec
from streams.broker.base import Broker, Partition, Record
from streams.canary import CANARY
from streams.errors import StateCorrupted
from streams.replay_report import Difference, Kind, Reach, ReplayReport
from streams.settings import StreamSettings
from streams.snapshot_choice import Begin, begins
from streams.stages.detect import DetectStage
from streams.stages.detect_output import place_of

_CANARY_KEY: Final = CANARY.encode()  # what the models say of it is dropped, and is in no snapshot
_NO_CLOCK: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Written(msgspec.Struct, frozen=True):
    record: Record
    place: tuple[int, int] | None


async def replay_decisions(
    broker: Broker, settings: StreamSettings, *, progress: Callable[[int, int], None] | None = None
) -> ReplayReport:
    """Fold the partials that are still there once more, and compare each detection with the one in Kafka.

    It begins with nothing where the log is whole, else with the oldest anchor that the log still goes on from. What
    is not covered by a commit yet is left out. Nothing is written.

    Args:
        settings: As the detect role has them: other settings decide otherwise.
        progress: Told the partition and the offset that is reached.

    Raises:
        BrokerUnavailable: Kafka does not answer, or a Kafka topic is missing.
        StateCorrupted: The partials hold something that is not ours.
    """
    kafka = settings.kafka
    shapes = await broker.describe_topics([kafka.partials, kafka.detections])
    written, unplaced, odd = await _written(broker, kafka.detections, _partitions(shapes, kafka.detections))
    reaches: list[Reach] = []
    differences = list(odd)
    for number in range(_partitions(shapes, kafka.partials)):
        own = {key: one for key, one in written.items() if one.place is not None and one.place[0] == number}
        found = await _replay(broker, settings, number, own, progress)
        if found is not None:
            reaches.append(found[0])
            differences += found[1]
    return ReplayReport(tuple(reaches), tuple(differences), unplaced)


def _partitions(shapes: Mapping[str, Any], name: str) -> int:
    return shapes[name].partitions if name in shapes else 0


async def _written(
    broker: Broker, kafka_topic: str, partitions: int
) -> tuple[dict[tuple[str, int], _Written], int, list[Difference]]:
    """Every detection by id and how often that id was seen with other content; what is there twice the same is one."""
    found: dict[tuple[str, int], _Written] = {}
    unplaced, odd = 0, []
    for number in range(partitions):
        placed = False
        async for records in broker.scan(Partition(kafka_topic, number), None):
            for record in records:
                if record.key == _CANARY_KEY:
                    continue
                place = place_of(record.headers)
                identity, topic = _identity(record)
                if place is None and not placed:
                    unplaced += 1
                    continue
                if place is None:
                    said = f"offset {record.offset} of {record.partition} does not say where it was decided"
                    odd.append(Difference(Kind.UNEXPECTED, identity, topic, -1, None, written=said))
                    continue
                placed = True
                times = 0
                while (known := found.get((identity, times))) is not None and known.record.value != record.value:
                    times += 1
                found.setdefault((identity, times), _Written(record, place))
    return found, unplaced, odd


def _identity(record: Record) -> tuple[str, str]:
    try:
        detection = codec.decode_detection(record.value)
    except StateCorrupted:
        return f"unreadable, {record.partition} offset {record.offset}", (record.key or b"").decode(errors="replace")
    return detection.id, detection.topic


async def _replay(
    broker: Broker,
    settings: StreamSettings,
    number: int,
    written: Mapping[tuple[str, int], _Written],
    progress: Callable[[int, int], None] | None,
) -> tuple[Reach, list[Difference]] | None:
    partials = Partition(settings.kafka.partials, number)
    first = await _first_offset(broker, partials)
    if first is None:
        return None
    begin, committed = await _begin(broker, settings, number, first)
    stop = max([committed, *(one.place[1] + 1 for one in written.values() if one.place is not None)])
    again: dict[str, Record] = {}
    async for records in broker.scan(partials, begin.start, stop):
        begin.stage.fold(records, _NO_CLOCK)
        for made in begin.stage.flush(_NO_CLOCK, at_end=False):
            if made.kafka_topic == settings.kafka.detections and made.key != _CANARY_KEY:
                record = Record(partials, 0, made.key, made.value, 0, made.headers)
                again[_identity(record)[0]] = record
        if progress is not None:
            progress(number, records[-1].offset + 1)
    differences, reproduced, beyond = _compare(number, begin, written, again)
    reach = Reach(number, begin.start, max(stop, begin.start), begin.since, reproduced, beyond)
    return reach, differences


async def _first_offset(broker: Broker, partition: Partition) -> int | None:
    async with aclosing(broker.scan(partition, None)) as packs:  # type: ignore[type-var]  # scan is a generator
        async for records in packs:
            return records[0].offset
    return None


async def _begin(broker: Broker, settings: StreamSettings, number: int, first: int) -> tuple[Begin, int]:
    """Where to begin, and how far what the role wrote is certainly committed."""
    kafka = settings.kafka
    anchors: list[Record] = []
    newest: dict[bytes | None, Record] = {}
    async for records in broker.scan(Partition(kafka.detect_anchors, number), None):
        anchors += records
    async for records in broker.scan(Partition(kafka.detect_state, number), None):
        newest.update({record.key: record for record in records})

    def fresh() -> DetectStage:
        return DetectStage(number, kafka=kafka, time=settings.time, detect=settings.detect)

    return begins(fresh, anchors, [record for record in newest.values() if record.value is not None], first)


def _compare(
    number: int, begin: Begin, written: Mapping[tuple[str, int], _Written], again: Mapping[str, Record]
) -> tuple[list[Difference], int, int]:
    differences, reproduced, beyond = [], 0, 0
    seen: set[str] = set()
    for (identity, _), one in written.items():
        offset = one.place[1] if one.place is not None else 0
        topic = (one.record.key or b"").decode(errors="replace")
        expected = again.get(identity)
        seen.add(identity)
        if expected is None and offset < begin.start_of(topic):
            beyond += 1
        elif expected is None:
            differences.append(Difference(Kind.UNEXPECTED, identity, topic, number, offset))
        elif expected.value != one.record.value:
            field, there, here = _first_difference(one.record.value, expected.value)
            differences.append(Difference(Kind.CHANGED, identity, topic, number, offset, field, there, here))
        elif place_of(expected.headers) != one.place:
            there, here = str(one.place), str(place_of(expected.headers))
            differences.append(Difference(Kind.CHANGED, identity, topic, number, offset, "decided-at", there, here))
        else:
            reproduced += 1
    for identity, record in again.items():
        if identity not in seen:
            place = place_of(record.headers)
            topic = (record.key or b"").decode(errors="replace")
            differences.append(Difference(Kind.MISSING, identity, topic, number, None if place is None else place[1]))
    return differences, reproduced, beyond


def _first_difference(written: bytes | None, replayed: bytes | None) -> tuple[str, str, str]:
    """Path and both values of the first field that differs; the bytes themselves where that is not readable."""
    try:
        there, here = codec.decode_document(written or b""), codec.decode_document(replayed or b"")
    except ValueError:
        return "", _short(written), _short(replayed)
    path: list[str] = []
    while isinstance(there, (dict, list)) and type(there) is type(here):
        pairs = _pairs(there, here)
        found = next(((key, a, b) for key, a, b in pairs if a != b), None)
        if found is None:
            return ".".join(path), "the same values in other bytes", ""
        key, there, here = found
        path.append(key)
    return ".".join(path), _short(there), _short(here)


def _pairs(there: Any, here: Any) -> Sequence[tuple[str, Any, Any]]:
    if isinstance(there, dict):
        return [(key, there.get(key), here.get(key)) for key in (*here, *(key for key in there if key not in here))]
    length = max(len(there), len(here))
    padded = [[*side, *[None] * (length - len(side))] for side in (there, here)]
    return [(str(index), a, b) for index, (a, b) in enumerate(zip(*padded, strict=True))]


def _short(value: Any) -> str:
    return ascii(value)[:200]
