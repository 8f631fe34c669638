"""A snapshot is written in slices, and after any of them a kill changes nothing that is decided, learned or known."""

import random
from collections.abc import Sequence
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.broker.base import Outgoing, Partition, Record
from streams.definition import Definition
from streams.events import PartialCount, Sample, Watermark
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.base import Restored
from streams.stages.detect import DetectStage
from streams.stages.sliced_snapshot import SLICE_TOPICS
from streams.windows import MINUTE
from tests.fakes.clock import START as NOW
from tests.fakes.streams_of_counts import START, minutes, partial, records, watermark

KAFKA = KafkaSettings()
CHANGELOG = Partition(KAFKA.detect_state, 0)
WEEK_MINUTES = 8 * 1440
PEERS = tuple(f"peer-{number}" for number in range(6))
YOUNG = tuple(f"young-{number}" for number in range(12))
LIVE = tuple(f"live-{number}" for number in range(4))
JANE = 4711


def stage(slice_topics: int = SLICE_TOPICS) -> DetectStage:
    return DetectStage(
        0, kafka=KAFKA, time=TimeSettings(grace_seconds=60), detect=DetectSettings(), slice_topics=slice_topics
    )


def learned() -> list[Record]:
    """What is defined, and a week of the past for those who are to teach."""
    past = sorted(
        (
            partial(slot.start, slot.tally.mentions, topic=peer, history=True)
            for number, peer in enumerate(PEERS)
            for slot in minutes(number, WEEK_MINUTES, 0.05)
            if slot.tally.mentions
        ),
        key=lambda one: one.second,
    )
    return records([*(Definition(topic=topic, revision=1) for topic in (*PEERS, *YOUNG, *LIVE)), *past])


LEARNED = learned()


def spoken() -> list[PartialCount | Watermark | Definition]:
    """Teachers go on learning while new topics ask them; live ones hear, close minutes, storm, forget a person."""
    random_ = random.Random(7)  # noqa: S311 - numbers for a test
    young = list(YOUNG)
    values: list[PartialCount | Watermark | Definition] = []
    for minute in range(60):
        second = START + (WEEK_MINUTES + minute) * MINUTE
        teachers = random_.sample(PEERS, 1 + minute % 2)
        values += [partial(second, random_.randrange(1, 3), topic=peer, history=True) for peer in teachers]
        if minute % 4 == 3 and young:
            values.append(partial(second, 5, topic=young.pop(), history=True))
        for number in range(2):
            topic, count = random_.choice(LIVE), 9 if 40 < minute < 44 else 2
            sample = Sample(key=f"x:{minute}-{number}", text="late", published_at=NOW, author_number=JANE)
            said = partial(second + number, count, count // 2, topic=topic, samples=(sample,), terms={"late": count})
            values.append(said)
        erased = (JANE,) if minute % 10 == 5 else ()
        mark = watermark(second + MINUTE)
        values.append(Watermark(mark.source, mark.event_ms, idle=False, sources=1, erased=erased))
        if minute == 30:
            values.append(Definition(topic=LIVE[0], revision=2, subject="another"))
            values.append(Definition(topic=LIVE[1], revision=2, removed=True))
    return values


SPOKEN = records(spoken(), len(LEARNED))
LOG = [*LEARNED, *SPOKEN]


class Kafka:
    """The log, the changelog and the position, as a lane writes them: all that a kill leaves."""

    def __init__(self, changelog: Sequence[Outgoing], position: int) -> None:
        self.newest: dict[bytes | None, bytes | None] = {}
        self.position = position
        self.told: list[Outgoing] = []
        self._write(changelog)

    def owner(self) -> tuple[DetectStage, Restored]:
        """A stage that takes the partition over."""
        one = stage(slice_topics=4)
        kept = [(key, value) for key, value in self.newest.items() if value is not None]
        found = one.restore([Record(CHANGELOG, n, *item, 0) for n, item in enumerate(kept)], self.position)
        one.replay(LOG[found.replay_from or 0 : self.position])
        return one, found

    def commit(self, one: DetectStage, position: int, *, saves: bool) -> None:
        """A transaction, with the next slice where a snapshot is under way or one begins."""
        self.told += one.flush(NOW, at_end=False)
        sliced = one.snapshot_slice(position) if saves or one.is_saving else []
        self._write([*one.changes(position), *sliced])
        self.position = position

    def _write(self, changelog: Sequence[Outgoing]) -> None:
        for made in changelog:
            if made.kafka_topic == KAFKA.detect_state:
                self.newest.pop(made.key, None)  # the newest of each key, in the order of writing
                self.newest[made.key] = made.value


def everything(one: DetectStage) -> dict[bytes | None, bytes | None]:
    one._saving.touch_all(one._topics._definitions)
    return {made.key: made.value for made in one.snapshot(len(LOG)) if made.kafka_topic == KAFKA.detect_state}


@cache
def base() -> list[Outgoing]:
    """The snapshot of who has a past."""
    one = stage()
    one.fold(LEARNED, NOW)
    return one.snapshot(len(LEARNED))


@cache
def undisturbed() -> tuple[list[Outgoing], dict[bytes | None, bytes | None]]:
    one, _ = Kafka(base(), len(LEARNED)).owner()
    one.fold(SPOKEN, NOW)
    return one.flush(NOW, at_end=False), everything(one)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    writes=st.lists(st.tuples(st.integers(1, 16), st.booleans(), st.integers(0, 2)), min_size=6, max_size=24),
    lost=st.integers(0, 9),
)
def test_killed_after_any_slice_it_goes_on_byte_for_byte(writes: list[tuple[int, bool, int]], lost: int) -> None:
    kafka = Kafka(base(), len(LEARNED))
    one, _ = kafka.owner()

    for count, saves, lives in [*writes, (len(LOG), True, 0)]:
        until = min(kafka.position + count, len(LOG))
        one.fold(LOG[kafka.position : until], NOW)
        kafka.commit(one, until, saves=saves)
        if not lives:  # a kill
            one.fold(LOG[until : until + lost], NOW)  # in vain: never written
            one, found = kafka.owner()
            assert found.rebuilds == ()

    told, known = undisturbed()
    assert kafka.told == told
    assert everything(one) == known


def test_what_is_told_and_learned_meanwhile_is_worth_the_test() -> None:
    told, known = undisturbed()

    assert {made.kafka_topic for made in told} >= {KAFKA.windows, KAFKA.feeds}
    assert sum(b"topic/young" in (key or b"") for key in known) == len(YOUNG)
    borrowed = [value for key, value in known.items() if b"topic/young" in (key or b"") and b"climb" in (value or b"")]
    assert len(borrowed) == len(YOUNG)


def test_a_slice_holds_no_more_topics_than_it_may_and_the_last_one_tells_the_time_of_the_first() -> None:
    one, _ = Kafka(base(), len(LEARNED)).owner()
    one._saving.touch_all((*PEERS, *YOUNG, *LIVE))

    slices = [one.snapshot_slice(len(LEARNED))]
    while one.is_saving:
        one.fold(SPOKEN[len(slices) : len(slices) + 1], NOW)
        slices.append(one.snapshot_slice(len(LEARNED) + len(slices)))

    keys = [[made.key for made in made_of if made.kafka_topic == KAFKA.detect_state] for made_of in slices]
    assert [len(of_slice) for of_slice in keys] == [4] * 5 + [2 + 1]  # 22 topics that are defined, and the time
    assert slices[-1][-1] == base()[-1]
    assert keys[-1][-1] == b"time"


def test_a_snapshot_of_the_end_has_what_one_under_way_still_lacked() -> None:
    one, _ = Kafka(base(), len(LEARNED)).owner()
    one._saving.touch_all((*PEERS, *YOUNG, *LIVE))
    begun = one.snapshot_slice(len(LEARNED))
    one.fold(SPOKEN[:1], NOW)

    ended = one.snapshot(len(LEARNED) + 1)

    kafka = Kafka([*begun, *ended], len(LEARNED) + 1)
    _, found = kafka.owner()
    assert not one.is_saving
    assert found == Restored(len(LEARNED) + 1)
    assert len({key for key in kafka.newest if key != b"time"}) == len((*PEERS, *YOUNG, *LIVE))
