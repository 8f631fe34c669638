"""Days of two topics as partial counts: ten steady hours each, then a crisis of the first."""

from typing import Final

from streams import codec
from streams.broker.base import Outgoing
from streams.definition import Definition
from streams.events import PartialCount, Watermark
from streams.settings import KafkaSettings
from streams.windows import MINUTE
from tests.fakes.streams_of_counts import DAY, START, log_of, minutes

STEADY_MINUTES: Final = 300
CRISIS_MINUTES: Final = 15
TOPICS: Final = ("refunds", "flights")


def definitions(kafka: KafkaSettings) -> list[Outgoing]:
    """Both topics, as score would tell them."""
    return [
        Outgoing(kafka.partials, topic.encode(), codec.encode_definition(Definition(topic, 1, subject=topic)))
        for topic in TOPICS
    ]


def day(kafka: KafkaSettings, number: int) -> list[Outgoing]:
    """What one day, counted from 0, leads score to write; watermarks go to every partition."""
    start = START + number * DAY
    steady = minutes(2 * number, STEADY_MINUTES, 1.0, start=start)
    after = start + STEADY_MINUTES * MINUTE
    crisis = minutes(2 * number + 1, CRISIS_MINUTES, 60.0, negative_share=0.8, start=after)
    calm = minutes(7, 120, 1.0, start=after + CRISIS_MINUTES * MINUTE)
    made: list[Outgoing] = []
    for value in log_of([*steady, *crisis, *calm]):
        made += _records(kafka, value)
        if isinstance(value, PartialCount) and value.second % 300 < MINUTE:
            made += _records(kafka, PartialCount("flights", 1, value.second, minutes(3, 1, 1.0)[0].tally))
    return made


def _records(kafka: KafkaSettings, value: PartialCount | Watermark | Definition) -> list[Outgoing]:
    if isinstance(value, PartialCount):
        return [Outgoing(kafka.partials, value.topic.encode(), codec.encode_partial(value))]
    assert isinstance(value, Watermark)
    told = codec.encode_watermark(value)
    return [Outgoing(kafka.partials, None, told, partition=number) for number in range(kafka.partitions)]
