import random
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.events import Detection, Direction, PartialCount, Phase, Sample, Tally, Watermark, WindowCount
from streams.excerpt import Excerpt
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.base import Restored
from streams.stages.detect import DetectStage
from streams.topic import Topic
from streams.windows import MINUTE
from tests.fakes.streams_of_counts import HOUR, START, log_of, minutes, partial, records, silence, tally, watermark

KAFKA = KafkaSettings()
GRACE = TimeSettings().grace_seconds
REFUNDS = Topic(id="refunds", name="Refunds", query="refund")
FLIGHTS = Topic(id="flights", name="Flights", query="flight")
NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)
Log = Sequence[PartialCount | Watermark]


def stage(*topics: Topic, detect: DetectSettings | None = None) -> DetectStage:
    return DetectStage(
        3, kafka=KAFKA, time=TimeSettings(), detect=detect or DetectSettings(), topics=topics or (REFUNDS, FLIGHTS)
    )


def run(one: DetectStage, log: Sequence[Record], batch: int = 1) -> list[Outgoing]:
    told = []
    for at in range(0, len(log), batch):
        one.fold(log[at : at + batch], NO_CLOCK)
        told += one.flush(NO_CLOCK, at_end=False)
    return told


def detections(told: Sequence[Outgoing]) -> list[Detection]:
    return [codec.decode_detection(record.value) for record in told if record.kafka_topic == KAFKA.detections]


def windows(told: Sequence[Outgoing]) -> list[WindowCount]:
    return [codec.decode_window(record.value) for record in told if record.kafka_topic == KAFKA.windows]


def restored(snapshots: Sequence[Outgoing], committed: int | None = None) -> tuple[DetectStage, int | None]:
    one = stage()
    changelog = [
        Record(Partition(KAFKA.detect_state, 3), n, made.key, made.value, 0) for n, made in enumerate(snapshots)
    ]
    return one, one.restore(changelog, committed).replay_from


STEADY = minutes(1, 600, 1.0)
NOW = START + 600 * MINUTE
CRISIS = minutes(2, 40, 60.0, negative_share=0.8, start=NOW)
AFTER = minutes(3, 480, 1.0, start=NOW + 40 * MINUTE)
STORY = records(list(log_of([*STEADY, *CRISIS, *AFTER])))


class TestAnEvent:
    told = run(stage(), STORY)

    def test_is_one_episode_from_opening_to_end(self) -> None:
        found = detections(self.told)

        assert {detection.episode for detection in found} == {found[0].episode}
        assert found[0].phase is Phase.OPENED
        assert found[-1].phase is Phase.ENDED
        assert Phase.PEAKED in {detection.phase for detection in found}
        news = [detection for detection in found if detection.phase is not Phase.COUNTED]
        assert [detection.sequence for detection in news] == list(range(len(news)))
        assert len({detection.id for detection in found}) == len(found)
        assert len(news) <= 7

    def test_is_found_within_two_minutes_with_its_onset(self) -> None:
        opened = detections(self.told)[0]

        assert NOW <= opened.at.timestamp() < NOW + 2 * MINUTE
        assert abs(opened.onset.timestamp() - NOW) <= 5 * MINUTE
        assert opened.onset_earliest is not None
        assert opened.onset_latest is not None
        assert opened.onset_earliest.timestamp() <= NOW <= opened.onset_latest.timestamp()
        assert opened.onset_earliest <= opened.onset <= opened.onset_latest <= opened.at
        assert opened.direction is Direction.CRISIS
        assert opened.false_pages_per_week < REFUNDS.pages_per_week

    def test_does_not_raise_what_is_expected_later(self) -> None:
        counts = windows(self.told)

        before = next(count.expected for count in counts if count.start >= NOW - 10 * MINUTE)
        after = counts[-1].expected

        assert before is not None
        assert after == pytest.approx(before, rel=0.15)

    def test_every_window_with_mentions_is_told_once_it_closed(self) -> None:
        counts = windows(self.told)

        assert [count.start for count in counts] == [
            slot.start for slot in [*STEADY, *CRISIS, *AFTER] if slot.tally.mentions
        ]
        assert {count.revision for count in counts} == {0}
        assert sum(count.tally.mentions for count in counts) == sum(
            slot.tally.mentions for slot in [*STEADY, *CRISIS, *AFTER]
        )

    def test_windows_say_nothing_about_expectations_while_warming_up(self) -> None:
        counts = windows(self.told)

        assert counts[0].expected is None
        assert counts[0].score is None
        assert counts[-1].expected is not None
        assert counts[-1].score is not None

    def test_everything_is_keyed_by_topic(self) -> None:
        assert {record.key for record in self.told} == {b"refunds"}

    def test_batching_plays_no_part(self) -> None:
        assert run(stage(), STORY, batch=97) == self.told


def test_stationary_traffic_pages_nobody_in_its_first_hour() -> None:
    opened = 0

    for seed in range(30):
        rate = (0.5, 2.0, 10.0)[seed % 3]
        told = run(stage(), records(list(log_of(minutes(seed, 60, rate, dispersion=0.2)))))
        opened += len(detections(told))

    assert opened == 0


def test_a_burst_in_minute_ten_of_a_new_topic_is_found() -> None:
    quiet, burst = minutes(5, 9, 10.0), minutes(6, 4, 200.0, start=START + 9 * MINUTE)

    found = detections(run(stage(), records(list(log_of([*quiet, *burst])))))

    assert [detection.phase for detection in found][:1] == [Phase.OPENED]
    assert found[0].at.timestamp() < START + 13 * MINUTE


def test_a_collection_that_starts_in_mid_stream_does_not_page() -> None:
    few = [partial(START + day * 86_400) for day in range(5)]
    begins = START + 6 * 86_400
    steady = minutes(7, 2 * 1440, 0.7, start=begins)

    found = detections(run(stage(), records([*few, watermark(begins), *log_of(steady)])))

    assert found == []


def test_collection_that_begins_in_the_middle_of_a_stream_pages_nobody() -> None:
    random_ = random.Random(3)  # noqa: S311 - numbers for a test
    begins = START + 6 * 86_400
    opened = 0

    for seed in range(4):
        trickle = sorted(random_.sample(range(6 * 1440), 70))  # enough for an opinion, not for a proven baseline
        few = [partial(START + minute * MINUTE) for minute in trickle]
        stream = log_of(minutes(seed, 300, 0.7, dispersion=0.2, start=begins))
        opened += len(detections(run(stage(), records([*few, watermark(begins), *stream]))))

    assert opened == 0


def test_a_burst_on_a_quiet_topic_with_a_proven_baseline_is_found_at_once() -> None:
    few = [partial(START + day * 86_400 + hour * HOUR) for day in range(16) for hour in (3, 11, 15, 21)]
    begins = START + 16 * 86_400

    found = detections(run(stage(), records([*few, watermark(begins), *log_of(minutes(7, 20, 2.0, start=begins))])))

    assert [detection.phase for detection in found][:1] == [Phase.OPENED]
    assert found[0].at.timestamp() < begins + 6 * MINUTE


def test_a_burst_on_a_topic_known_to_be_collected_pages_although_it_was_nearly_silent() -> None:
    known = msgspec.structs.replace(REFUNDS, collecting_since=datetime.fromtimestamp(START, UTC))
    few = [partial(START + day * 86_400 + 7) for day in range(5)]
    begins = START + 6 * 86_400

    found = detections(
        run(stage(known), records([*few, watermark(begins), *log_of(minutes(7, 180, 2.0, start=begins))]))
    )

    assert [detection.phase for detection in found][:1] == [Phase.OPENED]


def test_a_rise_of_joy_is_viral() -> None:
    joy = [Tally(mentions=60, positive=50, neutral=10, polarity_sum=30.0, polarity_squares=18.0) for _ in range(10)]
    slots = [*STEADY, *(msgspec.structs.replace(slot, tally=glad) for slot, glad in zip(CRISIS, joy, strict=False))]

    found = detections(run(stage(), records(list(log_of(slots)))))

    assert found[0].direction is Direction.VIRAL


def test_reposts_of_a_playful_post_are_viral_from_beginning_to_end() -> None:
    usual = tally(6, 2)
    playful = Tally(mentions=50, neutral=44, positive=3, negative=3, polarity_sum=0.3, polarity_squares=1.5)
    storm = [msgspec.structs.replace(slot, tally=usual + playful) for slot in CRISIS]

    found = detections(run(stage(), records(list(log_of([*STEADY, *storm, *AFTER])))))

    assert found[0].phase is Phase.OPENED
    assert {detection.direction for detection in found} == {Direction.VIRAL}


def test_a_turn_of_mood_at_flat_volume_is_a_crisis() -> None:
    calm = minutes(8, 2000, 2.0, negative_share=0.1)
    sour = minutes(9, 120, 2.0, negative_share=0.95, start=START + 2000 * MINUTE)

    found = detections(run(stage(), records(list(log_of([*calm, *sour])))))

    assert [(detection.phase, detection.detector) for detection in found][:1] == [(Phase.OPENED, "sentiment-velocity")]
    assert found[0].direction is Direction.CRISIS
    assert found[0].evidence.negative_share is not None
    assert found[0].evidence.negative_share > (found[0].evidence.negative_share_expected or 0.0)
    assert found[0].evidence.expected != found[0].evidence.observed


def test_evidence_counts_what_came_since_the_onset() -> None:
    deltas = [
        PartialCount(
            topic="refunds",
            revision=1,
            second=NOW + second,
            tally=msgspec.structs.replace(tally(2, 2), reach=100, engagement=3),
            platforms={"x": 1, "reviews": 1},
            regions={"AT": 2},
            languages={"de": 2},
            authors=(second * 2**58, second * 2**58 + 2**57),
            terms={"charged": 2, "twice": 1},
            excerpts={
                second * 2**58 + number: codec.encode_excerpt(
                    Excerpt(1000 * (NOW + second), f"x:{second}-{number}", "charged" + " twice" * number, -0.5)
                )
                for number in range(2)
            },
            samples=(
                Sample(key=f"x:{second}", text="charged twice", published_at=NO_CLOCK, polarity=-0.5, reach=second),
            ),
            accepted_ms=1000 * (NOW + second) + 5,
        )
        for second in range(40)
    ]

    found = detections(run(stage(), records([*log_of(STEADY), *deltas])))

    opened = found[0]
    seconds = int(opened.at.timestamp()) - NOW + 1
    assert opened.accepted_ms == 1000 * (NOW + seconds - 1) + 5
    assert opened.evidence.platforms == {"reviews": seconds, "x": seconds}
    assert opened.evidence.regions == {"AT": 2 * seconds}
    assert opened.evidence.languages == {"de": 2 * seconds}
    assert opened.evidence.authors == 2 * seconds
    assert opened.evidence.reach == 100 * seconds
    assert opened.evidence.engagement == 3 * seconds
    assert [(driver.term, driver.mentions) for driver in opened.evidence.drivers] == [("charged", 2 * seconds)]
    assert opened.evidence.excess is not None
    assert opened.evidence.excess.sampled == 2 * seconds
    assert [sample.key for sample in opened.evidence.samples] == [
        f"x:{second}" for second in range(seconds - 1, max(seconds - 6, -1), -1)
    ]
    assert opened.evidence.per_minute > 0
    assert opened.evidence.velocity > 0


def test_an_opening_whose_mentions_are_deleted_is_withdrawn() -> None:
    burst = [partial(NOW + second, 8, 8) for second in range(0, 20, 2)]
    deleted = [partial(NOW + second, -8, -8) for second in range(0, 20, 2)]
    calm = minutes(4, 30, 1.0, start=NOW + MINUTE)

    found = detections(run(stage(), records([*log_of(STEADY), *burst, *deleted, *log_of(calm)])))

    assert (found[0].phase, found[-1].phase) == (Phase.OPENED, Phase.WITHDRAWN)
    assert {detection.episode for detection in found} == {found[0].episode}


def test_an_open_episode_ends_by_the_passing_of_time_alone() -> None:
    end = NOW + 40 * MINUTE

    found = detections(run(stage(), records(list(log_of([*STEADY, *CRISIS, *silence(360, end)])))))

    assert found[-1].phase is Phase.ENDED
    assert found[-1].accepted_ms == 0


def test_a_short_event_is_over_an_hour_after_half_an_hour_of_calm() -> None:
    steady, storm = minutes(1, 600, 2.0), minutes(2, 25, 40.0, negative_share=0.8, start=NOW)
    over = NOW + 25 * MINUTE

    found = detections(run(stage(), records(list(log_of([*steady, *storm, *minutes(3, 400, 2.0, start=over)])))))

    # the default is an hour without evidence; windows of three hours still hold the storm until 205 minutes after it
    assert [detection.phase for detection in found].count(Phase.OPENED) == 1
    assert found[-1].phase is Phase.ENDED
    assert over + 60 * MINUTE <= found[-1].at.timestamp() <= over + 95 * MINUTE


def test_a_second_wave_soon_after_the_end_is_a_second_episode() -> None:
    steady, storm = minutes(1, 600, 2.0), minutes(2, 25, 40.0, start=NOW)
    between, again = NOW + 25 * MINUTE, NOW + 145 * MINUTE
    waves = [*storm, *minutes(3, 120, 2.0, start=between), *minutes(4, 25, 40.0, start=again)]

    found = detections(run(stage(), records(list(log_of([*steady, *waves])))))

    opened = [detection.at.timestamp() for detection in found if detection.phase is Phase.OPENED]
    assert len(opened) == 2
    assert again <= opened[1] < again + 25 * MINUTE


def test_a_second_storm_a_day_later_is_a_second_episode() -> None:
    calm = minutes(11, 1440, 1.0, start=NOW + 40 * MINUTE)
    again = minutes(12, 40, 60.0, start=NOW + 1480 * MINUTE)

    found = detections(run(stage(), records(list(log_of([*STEADY, *CRISIS, *calm, *again])))))

    assert len({detection.episode for detection in found}) == 2


@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_arrival_within_grace_teaches_the_same(seed: int) -> None:
    random_ = random.Random(seed)  # noqa: S311 - numbers for a test
    deltas = [
        partial(
            START + random_.randrange(200 * MINUTE),
            1,
            random_.randrange(2),
            excerpts={number: codec.encode_excerpt(Excerpt(0, f"x:{number}", random_.choice("abc") * 4))},
        )
        for number in range(400)
    ]
    learned = []

    for spread in (0.0, GRACE - 1):
        one = stage()
        timed: list[tuple[float, PartialCount | Watermark]] = [
            (delta.second + random_.uniform(0, spread), delta) for delta in deltas
        ]
        timed += [(START + minute * MINUTE, watermark(START + minute * MINUTE)) for minute in range(205)]
        told = run(one, records([value for _, value in sorted(timed, key=lambda pair: pair[0])]))
        assert one.counts()["mentions_late"] == 0
        state = one._topics._watches["refunds"].snapshot()
        last = {count.start: (count.tally, count.start) for count in windows(told)}
        usual = [state["context"][name] for name in ("negative", "rest", "places")]
        learned.append((state["detectors"], usual, last))

    assert learned[0] == learned[1]


def test_partials_of_unknown_topics_are_counted_and_ignored() -> None:
    one = stage()

    told = run(one, records([partial(START, topic="gone"), watermark(START + 2 * MINUTE)]))

    assert told == []
    assert one.counts()["partials_of_unknown_topics"] == 1


def test_a_late_delta_corrects_its_window_and_is_counted() -> None:
    one = stage()
    now = START + MINUTE + GRACE

    told = run(one, records([partial(START, 2), watermark(now), partial(START, 3), watermark(now + MINUTE)]))

    assert [(count.tally.mentions, count.revision) for count in windows(told)] == [(2, 0), (5, 1)]
    assert one.counts()["mentions_late"] == 3


def test_time_stands_still_until_all_sources_have_reported() -> None:
    one = stage()

    told = run(one, records([partial(START), watermark(START + HOUR, source="a", sources=2)]))
    assert told == []
    assert one.watermark_ms is None
    told = run(one, records([watermark(START + HOUR, source="b", sources=2)], 2))

    assert len(windows(told)) == 1


class TestHistory:
    past = tuple(
        msgspec.structs.replace(value, history=True) for value in log_of(STEADY) if isinstance(value, PartialCount)
    )

    def test_teaches_without_watermarks_and_pages_nobody(self) -> None:
        storm = tuple(
            msgspec.structs.replace(value, history=True) for value in log_of(CRISIS) if isinstance(value, PartialCount)
        )

        told = run(stage(), records([*self.past, *storm]))

        assert all(detection.history for detection in detections(told))
        assert detections(told)[0].phase is Phase.OPENED
        assert all(count.history for count in windows(told))

    def test_its_time_to_live_is_not_learned_as_silence(self) -> None:
        one = stage()
        run(one, records(self.past))
        before = one.expected("refunds", HOUR)
        live = START + 30 * 86_400

        told = run(one, records(list(log_of(minutes(13, 30, 1.0, start=live))), len(self.past)))

        after = one.expected("refunds", HOUR)
        assert before is not None
        assert after is not None
        assert after[0] == pytest.approx(before[0], rel=0.1)
        assert detections(told) == []
        assert [count.history for count in windows(told)][-1] is False

    def test_a_burst_right_after_history_pages(self) -> None:
        live = START + 700 * MINUTE

        found = detections(run(stage(), records([*self.past, *log_of(minutes(14, 5, 60.0, start=live))])))

        assert [(detection.phase, detection.history) for detection in found][:1] == [(Phase.OPENED, False)]

    def test_a_past_that_goes_on_beyond_the_present_is_forgotten(self) -> None:
        one, live = stage(), START + 700 * MINUTE
        mistyped = partial(live + 30 * 86_400, history=True)
        burst = [*minutes(15, 60, 1.0, start=live), *minutes(16, 5, 60.0, start=live + HOUR)]

        run(one, records([*self.past, mistyped, partial(live)]))
        forgotten = one.expected("refunds", HOUR)
        found = detections(run(one, records(list(log_of(burst)), len(self.past) + 2)))

        assert forgotten is None
        assert [(detection.phase, detection.history) for detection in found][:1] == [(Phase.OPENED, False)]

    def test_an_event_that_was_going_on_ends_with_it(self) -> None:
        storm = tuple(
            msgspec.structs.replace(value, history=True) for value in log_of(CRISIS) if isinstance(value, PartialCount)
        )

        found = detections(run(stage(), records([*self.past, *storm, partial(START + 30 * 86_400)])))

        assert found[-1].phase is Phase.ENDED
        assert found[-1].history

    def test_comes_too_late_for_a_live_topic(self) -> None:
        one = stage()

        told = run(one, records([partial(NOW), *self.past]))

        assert told == []
        assert one.counts()["history_ignored"] == len(self.past)


class TestState:
    def test_only_changed_topics_are_written_and_always_to_the_same_partition(self) -> None:
        one = stage()
        run(one, records([partial(START), partial(START, topic="flights")]))
        first = one.snapshot(2)
        run(one, records([partial(START + 1, topic="flights")], 2))

        second = one.snapshot(3)

        assert [record.key for record in first] == [b"topic/flights", b"topic/refunds", b"time"]
        assert [record.key for record in second] == [b"topic/flights", b"time"]
        assert {(record.kafka_topic, record.partition) for record in (*first, *second)} == {(KAFKA.detect_state, 3)}

    def test_an_empty_changelog_starts_at_the_oldest_record(self) -> None:
        assert stage().restore([], None) == Restored(None)

    def test_a_topic_saved_ahead_of_the_others_counts_nothing_twice(self) -> None:
        log = records([partial(START, 2), partial(START, 3), partial(START, 4), watermark(START + 2 * MINUTE)])
        one = stage()
        run(one, log[:1])
        early = one.snapshot(1)
        run(one, log[1:2])
        torn = one.snapshot(2)[:1]

        copy, offset = restored([*early[1:], *torn])

        assert offset == 1
        assert [count.tally.mentions for count in windows(run(copy, log[1:]))] == [9]

    @settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(0, 600), max_size=3), behind=st.integers(0, 60))
    def test_cut_anywhere_and_restored_it_goes_on_byte_for_byte(self, seed: int, cuts: list[int], behind: int) -> None:
        log = records(_random_log(seed))
        cuts = sorted(cut % (len(log) + 1) for cut in cuts)
        whole = stage()
        expected = run(whole, log)

        one, told, position = stage(), [], 0
        changelog: dict[bytes | None, Outgoing] = {}
        for cut in cuts:
            saved = max(position, cut - behind)
            told += run(one, log[position:saved])
            changelog.update((made.key, made) for made in one.snapshot(saved))
            told += run(one, log[saved:cut])
            one, offset = restored(list(changelog.values()), cut)
            assert offset == saved
            one.replay(log[saved:cut])
            position = cut
        told += run(one, log[position:])

        assert told == expected
        assert _everything(one, len(log)) == _everything(whole, len(log))


def test_the_random_logs_that_are_cut_hold_what_could_go_wrong() -> None:
    found, lost, late = [], 0, 0

    for seed in range(5):
        one = stage()
        found += detections(run(one, records(_random_log(seed))))
        lost += one.counts()["mentions_lost"]
        late += one.counts()["mentions_late"]

    assert {Phase.OPENED, Phase.GREW, Phase.ENDED} <= {detection.phase for detection in found}
    assert lost > 0
    assert late > 0


def _everything(one: DetectStage, offset: int) -> list[Outgoing]:
    one._saving.touch_all(one._topics._watches)
    return one.snapshot(offset)


def _random_log(seed: int) -> Log:
    """History or none, steady traffic with a storm in it, silence, late and deleted mentions, two sources."""
    random_ = random.Random(seed)  # noqa: S311 - numbers for a test
    log: list[PartialCount | Watermark] = []
    for topic in ("refunds", "flights", "gone"):
        if random_.random() < 0.5:
            past = minutes(random_.randrange(99), 90, 1.0)
            log += [
                msgspec.structs.replace(value, history=True)
                for value in log_of(past, topic=topic)
                if isinstance(value, PartialCount)
            ]
    second = START + 86_400
    storm_at = random_.randrange(150, 200)
    for number in range(300):
        second += random_.choice((1, 5, 20, 20, 60, 60))
        rate = 40 if storm_at + 40 < number < storm_at + 80 else 10 if storm_at < number < storm_at + 80 else 1
        topic = random_.choice(("refunds", "refunds", "flights"))
        at = second - random_.choice((0, 0, 0, 3, 70, 200, 4000, 20_000))
        count = random_.choice((1, 2, -1, 3)) * rate
        log.append(
            partial(
                at,
                count,
                count // 2,
                topic=topic,
                terms={random_.choice("abcdef") * 4: 1},
                authors=(random_.getrandbits(64),),
                platforms={random_.choice("xyz"): count},
                accepted_ms=number,
            )
        )
        if random_.random() < 0.5:
            source = random_.choice("ab")
            log.append(watermark(second - 5, source=source, sources=2, idle=random_.random() < 0.3))
        if random_.random() < 0.02:
            second += 5 * HOUR
    return log
