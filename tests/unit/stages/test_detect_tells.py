"""What the detect stage says beside detections: what they rest on, where they were decided, what rises below them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.definition import Definition
from streams.events import Detection, Phase
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.detect import DetectStage
from streams.stages.detect_output import place_of
from streams.topic import Topic
from streams.watched import Watched
from streams.windows import MINUTE
from tests.fakes.streams_of_counts import DAY, START, log_of, minutes, records

KAFKA = KafkaSettings()
NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)
REFUNDS = Topic(id="refunds", name="Refunds", query="refund")
STEADY = minutes(1, 600, 1.0)
NOW = START + 600 * MINUTE
RAMP = [slot for n in range(24) for slot in minutes(n, 5, 1.15**n, start=NOW + 5 * n * MINUTE)]
CRISIS = minutes(2, 30, 60.0, negative_share=0.8, start=NOW)


def stage(topic: Topic = REFUNDS) -> DetectStage:
    return DetectStage(3, kafka=KAFKA, time=TimeSettings(), detect=DetectSettings(), topics=(topic,))


def run(one: DetectStage, log: Sequence[Record]) -> list[Outgoing]:
    one.fold(log, NO_CLOCK)
    return one.flush(NO_CLOCK, at_end=False)


def detections(told: Sequence[Outgoing]) -> list[Detection]:
    return [codec.decode_detection(one.value) for one in told if one.kafka_topic == KAFKA.detections]


def watch_list(told: Sequence[Outgoing]) -> list[Watched | None]:
    found = [one.value for one in told if one.kafka_topic == KAFKA.watch]
    return [None if value is None else codec.decode_watched(value) for value in found]


class TestWhatADetectionRestsOn:
    told = run(stage(), records(list(log_of([*STEADY, *CRISIS]))))
    opened = detections(told)[0]

    def test_is_every_score_of_every_detector_with_an_opinion(self) -> None:
        basis = self.opened.basis

        assert basis is not None
        assert basis.pages_per_week == REFUNDS.pages_per_week
        assert {opinion.detector for opinion in basis.opinions} == {"volume", "sentiment-velocity"}
        assert all(opinion.weighed for opinion in basis.opinions)

    def test_adds_up_to_the_odds_that_were_told(self) -> None:
        assert self.opened.basis is not None
        charged = {opinion.detector: opinion.charged for opinion in self.opened.basis.opinions}

        assert charged[self.opened.detector] == min(charged.values()) == self.opened.false_pages_per_week
        for opinion in self.opened.basis.opinions:
            rarest = min(score.false_pages_per_week for score in opinion.weighed)
            assert rarest == opinion.false_pages_per_week
            assert opinion.charged == pytest.approx(min(rarest / opinion.share, 14.0))

    def test_stays_small(self) -> None:
        assert len(codec.encode_detection(self.opened)) < 16_000

    def test_comes_with_the_place_in_the_log_that_decided(self) -> None:
        log = records(list(log_of([*STEADY, *CRISIS])), first_offset=70)
        found = [one for one in run(stage(), log) if one.kafka_topic == KAFKA.detections]

        place = place_of(found[0].headers)
        assert place is not None
        again = run(stage(), [record for record in log if record.offset <= place[1]])
        earlier = run(stage(), [record for record in log if record.offset < place[1]])
        assert place[0] == 3
        assert found[0] in again
        assert detections(earlier) == []


@pytest.mark.parametrize("value", [b"", b"3", b"x:1", b"3:-1", b"3:\xff", b"3:12345678901234567890"])
def test_a_place_that_cannot_be_read_is_none(value: bytes) -> None:
    assert place_of((("decided-at", value),)) is None
    assert place_of(()) is None


def until_the_page(topic: Topic = REFUNDS) -> list[Record]:
    """A slow ramp, up to the record before the one that pages."""
    ramp = records(list(log_of([*STEADY, *RAMP])))
    for made in run(stage(topic), ramp):
        place = place_of(made.headers)
        if place is not None:
            return ramp[: place[1]]
    raise AssertionError("the ramp is meant to page")


class TestTheWatchList:
    rising = until_the_page()
    calm = tuple(log_of(minutes(3, 240, 1.0, start=NOW + 150 * MINUTE)))

    def eased(self) -> list[Record]:
        return [*self.rising, *records(list(self.calm), first_offset=len(self.rising))]

    def test_holds_a_topic_that_rises_and_does_not_page(self) -> None:
        found = watch_list(run(stage(), self.rising))

        assert found
        for one in found:
            assert one is not None
            assert one.topic == "refunds"
            assert one.since == found[0].since  # type: ignore[union-attr]
            assert one.since.timestamp() >= NOW
            assert REFUNDS.pages_per_week <= one.false_pages_per_week < 14.0
            assert {opinion.detector for opinion in one.basis.opinions} >= {one.detector}

    def test_lets_go_of_a_topic_that_eased(self) -> None:
        told = run(stage(), self.eased())

        assert detections(told) == []
        assert watch_list(told)[-1] is None

    def test_lets_go_of_a_topic_that_pages(self) -> None:
        told = run(stage(), records(list(log_of([*STEADY, *RAMP]))))

        kinds = [one.kafka_topic for one in told if one.kafka_topic in {KAFKA.watch, KAFKA.detections}]
        opened = kinds.index(KAFKA.detections)

        assert detections(told)[0].phase is Phase.OPENED
        assert kinds.index(KAFKA.watch) < opened
        assert watch_list(told)[opened] is None

    def test_lets_go_of_a_topic_that_nobody_tracks_any_more(self) -> None:
        gone = Definition(topic="refunds", revision=30, removed=True)
        told = run(stage(), [*self.rising, *records([gone], first_offset=len(self.rising))])

        assert watch_list(told)[-1] is None

    def test_is_the_same_from_a_snapshot_on(self) -> None:
        log, cut = self.eased(), len(self.rising)
        one, other = stage(), stage()
        before = run(one, log[:cut])
        kept = [made for made in one.snapshot(cut) if made.kafka_topic == KAFKA.detect_state]
        other.restore([Record(Partition(KAFKA.detect_state, 3), n, m.key, m.value, 0) for n, m in enumerate(kept)], cut)

        after = watch_list(run(one, log[cut:]))

        assert watch_list(before)
        assert after
        assert watch_list(run(other, log[cut:])) == after


def test_a_topic_whose_pages_were_called_false_takes_more_to_page() -> None:
    cautious = Topic(id="refunds", name="Refunds", query="refund", caution=4.0)

    assert len(until_the_page(cautious)) > len(until_the_page())


class TestAnchors:
    def anchors(self, one: DetectStage, offset: int) -> list[bytes | None]:
        return [made.key for made in one.snapshot(offset) if made.kafka_topic == KAFKA.detect_anchors]

    def test_a_topics_first_snapshot_of_a_day_is_kept_with_its_time(self) -> None:
        log = records(list(log_of(STEADY)))
        one = stage()
        run(one, log[:600])
        first = self.anchors(one, 600)
        run(one, log[600:])
        same_day = self.anchors(one, len(log))

        assert first == [b"topic/refunds", b"time"]
        assert same_day == []

    def test_the_next_day_has_its_own(self) -> None:
        one = stage()
        run(one, records(list(log_of(STEADY))))
        self.anchors(one, 1200)
        run(one, records(list(log_of(minutes(5, 10, 1.0, start=START + DAY))), first_offset=1200))

        assert self.anchors(one, 1220) == [b"topic/refunds", b"time"]

    def test_they_stand_in_front_so_that_the_changelog_ends_the_transaction(self) -> None:
        one = stage()
        run(one, records(list(log_of(STEADY))))

        topics = [made.kafka_topic for made in one.snapshot(1200)]

        assert topics[-1] == KAFKA.detect_state
        assert topics == sorted(topics)
