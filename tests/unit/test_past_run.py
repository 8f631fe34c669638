"""The past by hand is the past on Kafka: what the backtest's run says is what the detect stage writes."""

from datetime import UTC, datetime

import msgspec

from streams import codec
from streams.events import Detection, PartialCount, Phase, WindowCount
from streams.past_run import PastRun
from streams.settings import DetectSettings, StreamSettings
from streams.stages.detect import DetectStage
from streams.topic import Topic
from streams.windows import MINUTE, Slot
from tests.fakes.streams_of_counts import START, minutes, records, silence, tally

OFTEN = 8.0  # pages a week, so that a day and a half holds one
TOPICS = tuple(Topic(id=name, name=name, query=name, pages_per_week=OFTEN) for name in ("busy", "rare"))
SETTINGS = StreamSettings(detect=DetectSettings(pages_per_week=OFTEN))


def the_past() -> list[PartialCount]:
    busy = minutes(3, 2000, 2.0, dispersion=0.4)
    burst = [Slot(slot.start, MINUTE, tally(25 if index // 15 in {70, 110} else 1)) for index, slot in enumerate(busy)]
    rare = [*minutes(5, 700, 0.02), *silence(800, START + 700 * MINUTE), *minutes(6, 500, 4.0, start=START + 90_000)]
    counted = [
        PartialCount(topic=topic, revision=1, second=slot.start, tally=slot.tally, history=True, seconds=MINUTE)
        for topic, slots in (("busy", [*busy[:900], *burst[900:]]), ("rare", rare))
        for slot in slots
    ]
    return sorted(counted, key=lambda partial: partial.second)


def as_written(past: list[PartialCount]) -> tuple[list[Detection], dict[tuple[str, int], WindowCount]]:
    stage = DetectStage(0, kafka=SETTINGS.kafka, time=SETTINGS.time, detect=SETTINGS.detect, topics=TOPICS)
    now = datetime.fromtimestamp(0, UTC)
    opened, windows = [], {}
    stage.fold(records(past), now)
    for outgoing in stage.flush(now, at_end=False):
        if outgoing.kafka_topic == SETTINGS.kafka.detections:
            detection = codec.decode_detection(outgoing.value or b"")
            if detection.phase is Phase.OPENED:
                opened.append(detection)
        elif outgoing.kafka_topic == SETTINGS.kafka.windows:
            window = codec.decode_window(outgoing.value or b"")
            windows[window.topic, window.start] = window
    return opened, windows


def without_evidence(detections: list[Detection]) -> list[Detection]:
    return [msgspec.structs.replace(one, evidence=None) for one in detections]


def test_a_past_run_decides_what_the_detect_stage_writes() -> None:
    past = the_past()
    run = PastRun(SETTINGS, TOPICS)
    paged = [partial for partial in past if run.add(partial)]

    opened, windows = as_written(past)

    assert {one.topic for one in opened} == {"busy"}
    assert {topic for topic, _ in windows} == {"busy", "rare"}
    assert run.windows == windows
    assert without_evidence(run.opened) == without_evidence(opened)
    for one, written in zip(run.opened, opened, strict=True):
        assert (one.evidence.observed, one.evidence.expected) == (written.evidence.observed, written.evidence.expected)
    assert [partial.topic for partial in paged] == [one.topic for one in opened]


def test_a_run_that_keeps_no_windows_pages_as_one_that_does() -> None:
    past = the_past()
    kept, bare = PastRun(SETTINGS, TOPICS), PastRun(SETTINGS, TOPICS, keep_windows=False)

    for partial in past:
        assert bare.add(partial) == kept.add(partial)

    assert bare.opened == kept.opened
    assert bare.windows == {}


def test_partial_counts_of_topics_that_nobody_watches_lead_to_nothing() -> None:
    run = PastRun(SETTINGS, TOPICS)

    paged = run.add(PartialCount(topic="other", revision=1, second=START, tally=tally(5), history=True))

    assert not paged
    assert run.expected("other", MINUTE) is None
