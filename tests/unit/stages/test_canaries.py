"""Canaries on their way through score and detect."""

import msgspec
import pytest

from streams import codec
from streams.broker.base import Partition, Record
from streams.canary import CANARY, Canary
from streams.canary_release import canaries
from streams.events import PartialCount, Watermark
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.detect import DetectStage
from streams.stages.detect_canaries import DetectCanaries
from tests.fakes.score_stage import SOURCE, START, at, make_stage, of_partials, record

MENTIONS = "mentions"
NUMBER = SOURCE.number
ROUND = "a1"


def canary(seconds: float = 0, partitions: int = 4) -> Record:
    """The canary of this stage's partition, as Kafka holds it."""
    sent = canaries(MENTIONS, partitions, ROUND, at(seconds))[NUMBER]
    return Record(SOURCE, 7, sent.key, sent.value, round(at(seconds).timestamp() * 1000))


def flights(*records: Record) -> list[PartialCount]:
    stage = make_stage()
    stage.restore([], None)
    stage.fold(records, at(1))
    out = stage.flush(at(1), at_end=False)
    return [value for value in of_partials(out) if isinstance(value, PartialCount) and value.canary is not None]


def test_a_round_has_a_canary_for_every_partition() -> None:
    sent = canaries(MENTIONS, 3, ROUND, START)

    assert [one.partition for one in sent] == [0, 1, 2]
    assert {codec.decode_mention(one.value).platform for one in sent} == {CANARY}
    assert {codec.decode_mention(one.value).thread_id for one in sent} == {ROUND}
    assert len({one.key for one in sent}) == 3


def test_a_canary_is_scored_and_folded_like_a_mention_and_flies_on() -> None:
    [partial] = flights(canary())

    sent_ms = round(START.timestamp() * 1000)
    assert partial.topic == CANARY
    assert partial.tally.mentions == partial.tally.neutral == 1
    assert partial.canary == Canary(ROUND, sent_ms, source=NUMBER, sources=4, target=NUMBER % 3, targets=3)


def test_a_canary_counts_for_no_topic_no_feed_and_no_time() -> None:
    stage = make_stage()
    stage.restore([], None)
    stage.fold([record("refund", published=0)], at(1))
    stage.flush(at(1), at_end=False)
    before = stage.watermark_ms

    stage.fold([canary(600)], at(601))
    out = stage.flush(at(601), at_end=False)

    assert [value.topic for value in of_partials(out) if isinstance(value, PartialCount)] == [CANARY]
    assert stage.watermark_ms == before
    assert {key: count for key, count in stage.counts().items() if count} == {
        "read": 1,
        "matched": 1,
        "partials": 1,
        "canaries": 1,
    }


def test_a_silent_partition_stays_idle_when_a_canary_comes() -> None:
    stage = make_stage()
    stage.restore([], None)
    stage.fold([record("refund", published=0)], at(0))
    stage.flush(at(0), at_end=True)

    stage.fold([canary(30)], at(30))
    told = of_partials(stage.flush(at(30), at_end=True))
    watermarks = [value for value in told if isinstance(value, Watermark)]

    assert {watermark.idle for watermark in watermarks} == {True}  # idle_seconds is 10
    assert not any(watermark.arrivals.get(CANARY) for watermark in watermarks)


def test_what_was_counted_already_lets_no_canary_fly_again() -> None:
    stage = make_stage()
    stage.restore([], 8)

    stage.replay([canary()])
    out = stage.flush(at(1), at_end=False)

    assert not any(isinstance(value, PartialCount) for value in of_partials(out))


def detect_stage() -> DetectStage:
    return DetectStage(0, kafka=KafkaSettings(), time=TimeSettings(), detect=DetectSettings())


def folded(stage: DetectStage, *partials: PartialCount) -> list[bytes]:
    """The values of the detections that came out."""
    place = Partition("tocsin.partials", 0)
    records = [Record(place, offset, None, codec.encode_partial(one), 0) for offset, one in enumerate(partials)]
    stage.fold(records, START)
    return [one.value or b"" for one in stage.flush(START, at_end=False) if one.kafka_topic == "tocsin.detections"]


def test_each_flight_becomes_one_detection_that_says_what_it_is() -> None:
    [flight] = flights(canary())
    stage = detect_stage()

    [value] = folded(stage, flight)

    detection = codec.decode_detection(value)
    assert detection.canary == flight.canary
    assert (detection.topic, detection.detector) == (CANARY, CANARY)
    assert detection.evidence.observed == 1
    assert stage.counts()["canaries"] == 1
    assert stage.counts()["partials_read"] == 0


def test_a_storm_of_canaries_claims_nothing_and_is_in_no_snapshot() -> None:
    [flight] = flights(canary())
    second = flight.second
    storm = [msgspec.structs.replace(flight, second=second + number) for number in range(500)]
    stage = detect_stage()

    told = [codec.decode_detection(value) for value in folded(stage, *storm)]

    assert len(told) == len(storm)
    assert all(detection.canary is not None for detection in told)
    assert not any(CANARY.encode() in (one.key or b"") for one in stage.snapshot(len(storm)))


def test_the_models_learn_what_canaries_usually_do() -> None:
    [flight] = flights(canary())
    canaries = DetectCanaries(TimeSettings(), DetectSettings())

    told = [
        canaries.take(msgspec.structs.replace(flight, second=second), second)
        for second in range(flight.second, flight.second + 300 * 60, 60)
    ]

    assert told[0] is not None
    assert told[-1] is not None
    assert told[0].evidence.expected == 0.0
    assert told[-1].evidence.expected == pytest.approx(1.0, abs=0.2)  # one a minute
