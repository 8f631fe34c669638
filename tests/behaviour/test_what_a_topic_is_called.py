"""From mentions to drivers: how a topic and its brand are called drives nothing."""

from datetime import timedelta

from streams import codec
from streams.broker.base import Partition, Record
from streams.events import Driver, Phase
from streams.matching import TopicMatcher
from streams.settings import DetectSettings, KafkaSettings, ScoreSettings, TimeSettings
from streams.stages.detect import DetectStage
from streams.stages.score import ScoreStage
from streams.topic import Topic
from tests.fakes.score_stage import SOURCE, START, WordScorer, at, record

KAFKA, TIME = KafkaSettings(), TimeSettings()
LATE = Topic("late", "Northwind delays", "late OR delayed", brand="Northwind", collecting_since=START)
CALM_MINUTES = 60
LOST = ("luggage", "tickets", "stroller")  # each in a third of the mentions that all name the brand


def own_words(number: int) -> str:
    """Six words that hardly anybody else uses: nobody copies anybody."""
    return " ".join(f"{chr(97 + (number * factor) % 23)}{chr(97 + number % 19)}um" for factor in (1, 3, 5, 7, 11, 13))


def drivers() -> tuple[Driver, ...]:
    """Of a storm on a topic whose past names the brand nowhere, and whose every mention from then on does."""
    score = ScoreStage(
        matcher=TopicMatcher([LATE]),
        scorer=WordScorer(),
        kafka=KAFKA,
        time=TIME,
        settings=ScoreSettings(),
        source=SOURCE,
        sources=1,
        partials_partitions=1,
    )
    detect = DetectStage(0, kafka=KAFKA, time=TIME, detect=DetectSettings(warm_up_mentions=30), topics=(LATE,))
    calm = [record("my train is late", id=f"c{n}", published=30.0 * n) for n in range(2 * CALM_MINUTES)]
    storm = [
        record(f"{own_words(n)} Northwind is late. {LOST[n % 3]}", id=f"s{n}", published=60.0 * CALM_MINUTES + n)
        for n in range(240)
    ]
    found: tuple[Driver, ...] = ()
    for offset, one in enumerate((*calm, *storm)):
        now = START + timedelta(milliseconds=one.timestamp_ms - round(START.timestamp() * 1000) + 500)
        score.fold([one], now)
        for number, made in enumerate(score.flush(now, at_end=True)):
            if made.kafka_topic == KAFKA.partials:
                detect.fold(
                    (Record(Partition(KAFKA.partials, 0), 2 * offset + number, made.key, made.value, 0),), at(0)
                )
        for made in detect.flush(at(0), at_end=False):
            if made.kafka_topic == KAFKA.detections:
                claim = codec.decode_detection(made.value)
                assert claim.phase in {Phase.OPENED, Phase.GREW, Phase.COUNTED}
                found = claim.evidence.drivers
    return found


def test_the_brands_own_name_is_no_driver_where_the_query_does_not_name_it() -> None:
    found = {driver.term for driver in drivers()}

    assert found == set(LOST)
