"""What a replay finds, on a broker in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.decision_replay import replay_decisions
from streams.errors import StateCorrupted
from streams.kafka_topics import specs
from streams.replay_report import Kind, ReplayReport
from streams.settings import KafkaSettings, StreamSettings
from streams.snapshot_choice import begins
from streams.stages.detect import DetectStage
from tests.fakes.clock import FakeClock
from tests.fakes.decided_days import day, definitions

SETTINGS = StreamSettings(kafka=KafkaSettings(partitions=2))
KAFKA = SETTINGS.kafka
NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)


def stage(number: int) -> DetectStage:
    return DetectStage(number, kafka=KAFKA, time=SETTINGS.time, detect=SETTINGS.detect)


async def scanned(broker: MemoryBroker, kafka_topic: str, number: int) -> list[Record]:
    return [record async for pack in broker.scan(Partition(kafka_topic, number), None) for record in pack]


async def world(forged: Sequence[Outgoing] = (), lost: int | None = None) -> MemoryBroker:
    """A day of partials and everything that detect writes of them.

    Args:
        forged: Written behind it.
        lost: Which of the detections is left out.
    """
    broker = MemoryBroker(MemoryCluster(clock=FakeClock()))
    await broker.create_topics(specs(SETTINGS))
    await broker.send([*definitions(KAFKA), *day(KAFKA, 0)])
    for number in range(KAFKA.partitions):
        one, log = stage(number), await scanned(broker, KAFKA.partials, number)
        one.fold(log, NO_CLOCK)
        told = [made for made in one.flush(NO_CLOCK, at_end=True) if made.kafka_topic == KAFKA.detections]
        if lost is not None and told:
            del told[lost]
        await broker.send([*told, *one.snapshot(log[-1].offset + 1)])
    await broker.send(forged)
    return broker


async def replayed(broker: MemoryBroker) -> ReplayReport:
    return await replay_decisions(broker, SETTINGS)


async def written(broker: MemoryBroker) -> list[Record]:
    return [one for number in range(KAFKA.partitions) for one in await scanned(broker, KAFKA.detections, number)]


async def test_what_was_decided_is_decided_again_byte_for_byte() -> None:
    broker = await world()

    report = await replayed(broker)

    assert report.differences == ()
    assert sum(reach.reproduced for reach in report.partitions) == len(await written(broker)) >= 3
    assert [reach.start for reach in report.partitions] == [0, 0]


async def test_a_detection_that_somebody_changed_is_found_with_the_field() -> None:
    first = (await written(await world()))[0]
    detection = codec.decode_detection(first.value)
    changed = msgspec.structs.replace(detection, evidence=msgspec.structs.replace(detection.evidence, observed=1))
    forged = Outgoing(KAFKA.detections, first.key, codec.encode_detection(changed), first.headers)

    (difference,) = (await replayed(await world([forged]))).differences

    assert (difference.kind, difference.id, difference.topic) == (Kind.CHANGED, detection.id, "refunds")
    assert difference.field == "evidence.observed"
    assert (difference.written, difference.replayed) == ("1", str(detection.evidence.observed))


async def test_a_detection_that_the_log_does_not_lead_to_is_found() -> None:
    first = (await written(await world()))[0]
    invented = msgspec.structs.replace(codec.decode_detection(first.value), id="ff" * 16)
    forged = [
        Outgoing(KAFKA.detections, first.key, codec.encode_detection(invented), headers)
        for headers in (first.headers, ())
    ]

    report = await replayed(await world(forged))

    assert [(one.kind, one.id) for one in report.differences] == [(Kind.UNEXPECTED, "ff" * 16)] * 2
    assert {one.offset is None for one in report.differences} == {True, False}


async def test_a_detection_that_was_not_written_is_found() -> None:
    (difference,) = (await replayed(await world(lost=1))).differences

    assert difference.kind is Kind.MISSING
    assert difference.topic == "refunds"
    assert difference.offset is not None


async def test_a_record_that_is_no_detection_is_named_by_its_place() -> None:
    report = await replayed(await world([Outgoing(KAFKA.detections, b"refunds", b"{", (("decided-at", b"0:1"),))]))

    assert [one.id.startswith("unreadable, ") for one in report.differences] == [True]


async def test_what_older_versions_wrote_says_no_place_and_is_counted() -> None:
    broker = MemoryBroker(MemoryCluster(clock=FakeClock()))
    await broker.create_topics(specs(SETTINGS))
    first = (await written(await world()))[0]
    await broker.send([Outgoing(KAFKA.detections, first.key, first.value)])

    report = await replayed(broker)

    assert (report.unplaced, report.differences) == (1, ())


async def test_an_empty_kafka_has_nothing_to_replay() -> None:
    broker = MemoryBroker(MemoryCluster(clock=FakeClock()))

    assert await replayed(broker) == ReplayReport((), ())


class TestWhereAReplayBegins:
    """On the state of one partition, the first records of whose log are gone."""

    def anchors(self, *cuts: int) -> tuple[list[Record], list[Record], list[Record]]:
        """The log, the anchors and the changelog with a snapshot at each of these days' ends."""
        log: list[Record] = []
        anchors: list[Record] = []
        newest: dict[bytes | None, Record] = {}
        one, place = stage(0), Partition(KAFKA.partials, 0)
        for number in range(max(cuts) + 1):
            made = [record for record in (*definitions(KAFKA), *day(KAFKA, number)) if record.partition in {None, 0}]
            fresh = [Record(place, len(log) + n, made[n].key, made[n].value, 0) for n in range(len(made))]
            one.fold(fresh, NO_CLOCK)
            log += fresh
            for saved in one.snapshot(len(log)) if number in cuts else ():
                record = Record(Partition(saved.kafka_topic, 0), len(anchors), saved.key, saved.value, 0)
                if saved.kafka_topic == KAFKA.detect_anchors:
                    anchors.append(record)
                else:
                    newest[saved.key] = record
        return log, anchors, list(newest.values())

    def test_a_whole_log_needs_no_state(self) -> None:
        log, anchors, newest = self.anchors(0, 1)

        begin, committed = begins(lambda: stage(0), anchors, newest, 0)

        assert (begin.start, begin.since, committed) == (0, None, len(log))

    @pytest.mark.parametrize(("first", "day_of_begin"), [(1, 0), (1000, 1)])
    def test_is_the_oldest_anchor_that_the_log_goes_on_from(self, first: int, day_of_begin: int) -> None:
        _, anchors, newest = self.anchors(0, 1, 2)

        begin, _ = begins(lambda: stage(0), anchors, newest, first)

        assert begin.since is not None
        assert begin.since.day == 1 + day_of_begin
        assert begin.start >= first

    def test_without_an_anchor_it_is_the_changelog(self) -> None:
        log, _, newest = self.anchors(0)

        begin, _ = begins(lambda: stage(0), [], newest, 5)

        assert begin.start == len(log)

    def test_anchors_of_another_version_are_passed_over(self) -> None:
        log, anchors, newest = self.anchors(0, 1)
        old = [msgspec.structs.replace(one, value=codec.encode_snapshot({"version": 1})) for one in anchors]

        begin, _ = begins(lambda: stage(0), old, newest, 5)

        assert begin.start == len(log)

    def test_it_refuses_where_no_state_can_be_read(self) -> None:
        with pytest.raises(StateCorrupted, match="begins at offset 5"):
            begins(lambda: stage(0), [], [], 5)

    def test_from_an_anchor_on_everything_is_decided_as_it_was(self) -> None:
        log, anchors, newest = self.anchors(0, 1)
        whole, cut = stage(0), 100
        whole.fold(log, NO_CLOCK)
        begin, _ = begins(lambda: stage(0), anchors, newest, cut)

        begin.stage.fold(log[begin.start :], NO_CLOCK)

        again = begin.stage.flush(NO_CLOCK, at_end=True)
        assert len([made for made in again if made.kafka_topic == KAFKA.detections]) >= 3
        assert again == whole.flush(NO_CLOCK, at_end=True)[-len(again) :]
