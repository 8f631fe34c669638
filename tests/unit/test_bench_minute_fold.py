"""The fast path of the benchmarks decides as the whole fold does."""

import pytest

from streams.events import Detection, PartialCount, Phase
from streams.settings import DetectSettings, TimeSettings
from streams.stages.topic_watch import TopicWatch
from streams.topic import Topic
from streams.windows import MINUTE
from tests.bench.minute_fold import MinuteFold
from tests.fakes.streams_of_counts import START, minutes


# Pages a week: so many that every minute is read, so few that most need no reading, and days that hold some pages.
@pytest.mark.parametrize(("pages_per_week", "days"), [(20.0, 3), (10.0, 6)])
def test_whole_minutes_page_as_the_same_minutes_in_the_whole_fold(pages_per_week: float, days: int) -> None:
    slots = minutes(5, days * 1440, 1.0, dispersion=0.5)
    topic = Topic(id="topic", name="Topic", query="topic", pages_per_week=pages_per_week)
    watch = TopicWatch(topic, time=TimeSettings(grace_seconds=0), detect=DetectSettings())
    told: list[object] = []
    for slot in slots:
        end = slot.start + MINUTE - 1
        if slot.tally.mentions:
            told += watch.add(PartialCount(topic="topic", revision=1, second=end, tally=slot.tally), end)[1]
        if watch.is_active:
            told += watch.tick(end + 1)
    expected = [int(found.at.timestamp()) for found in told if isinstance(found, Detection) and found.sequence == 0]

    fold = MinuteFold(pages_per_week=pages_per_week, start=START)
    opened = fold.run([(slot.tally.mentions, slot.tally.negative) for slot in slots])

    assert len(expected) >= 3
    assert [claim.opened for claim in opened] == expected
    assert {claim.phase for claim in opened} == {Phase.OPENED}
