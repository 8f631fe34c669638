import random
from datetime import UTC, datetime

import msgspec
import pytest

from streams import codec
from streams.errors import StateCorrupted
from streams.events import Evidence, PartialCount, Sample, Tally
from streams.evidence.context import Context
from streams.evidence.distinct import estimate, smallest
from streams.evidence.explain import Event
from streams.excerpt import Excerpt
from streams.id_index import hash64
from streams.terms import terms
from tests.fakes.streams_of_counts import DAY, HOUR, START

NOTHING = Evidence(observed=0, expected=0, low=0, high=0, window_seconds=60)


def delta(second: int, **more: object) -> PartialCount:
    return PartialCount(topic="refunds", revision=1, second=second, tally=Tally(mentions=1, unscored=1), **more)  # type: ignore[arg-type]


def sample(key: str, polarity: float | None, reach: int) -> Sample:
    return Sample(key=key, text="", published_at=datetime(2026, 1, 1, tzinfo=UTC), polarity=polarity, reach=reach)


class TestDistinct:
    @pytest.mark.parametrize("count", [0, 1, 63, 1000, 50_000])
    def test_estimates_how_many_without_keeping_them(self, count: int) -> None:
        random_ = random.Random(count)  # noqa: S311 - numbers for a test
        hashes = [random_.getrandbits(32) for _ in range(count)]

        sketch: list[int] = []
        for at in range(0, count, 40):
            sketch = smallest((*sketch, *hashes[at : at + 40], *hashes[at : at + 3]))

        assert len(sketch) <= 64
        assert estimate(sketch) == pytest.approx(count, rel=0.4 if count > 63 else 0)


def said(second: int, *texts: str, negative: int = 0, **more: object) -> PartialCount:
    """A delta of mentions with these texts, the first of them negative."""
    excerpts = {}
    for place, text in enumerate(texts):
        polarity = -0.6 if place < negative else 0.0
        excerpt = Excerpt(second * 1000, f"x:{second}-{place}", text, polarity, author_number=place)
        excerpts[hash64(excerpt.key)] = codec.encode_excerpt(excerpt)
    tally = Tally(mentions=len(texts), negative=negative, neutral=len(texts) - negative)
    words = {word: 1 for text in texts for word in terms(text)}
    return PartialCount(
        topic="refunds",
        revision=1,
        second=second,
        tally=tally,
        terms=words,
        excerpts=excerpts,
        **more,  # type: ignore[arg-type]
    )


def event(since: int, mentions: int, negative: int = 0, expected: float = 0.0) -> Event:
    tally = Tally(mentions=mentions, negative=negative, neutral=mentions - negative)
    return Event(since=since, tally=tally, expected=expected, high=2 * expected)


class TestContext:
    def test_drivers_are_what_exceeds_what_is_usual(self) -> None:
        context = Context()
        for number in range(144):
            context.add(said(START + number * 600, "flight to rome", "flight to oslo"))
        context.learn(START + DAY, storm_since=None)
        texts = ["flight to rome", "card charged twice", "my card was charged twice", "charged twice for one flight"]
        context.add(said(START + DAY, *texts, negative=4))

        found = context.enrich(NOTHING, event(START + DAY, 4, 4, expected=1.0), START + DAY + 599)

        assert [(driver.term, driver.mentions, driver.tone) for driver in found.drivers] == [
            ("charged twice", 3, "negative")
        ]
        assert found.drivers[0].first is not None
        assert found.drivers[0].first.key == f"x:{START + DAY}-1"

    def test_the_origin_of_copies_is_found_before_the_event_as_well(self) -> None:
        context = Context()
        alarm = "the water of the new kettle smells of plastic and nobody cares at all"
        for number in range(12):
            context.add(said(START + number * 600, "flight to rome"))
        context.learn(START + 2 * HOUR, storm_since=None)
        context.add(said(START + 2 * HOUR, alarm))
        for at, word in enumerate(("smells", "plastic", "cares", "water")):
            context.add(said(START + 2 * HOUR + 90 + at, alarm.replace(word, f"other{at}")))

        found = context.enrich(NOTHING, event(START + 2 * HOUR + 60, 4), START + 2 * HOUR + 120)

        assert [(driver.kind, driver.mentions) for driver in found.drivers] == [("copies", 4)]
        assert found.drivers[0].first is not None
        assert found.drivers[0].first.key == f"x:{START + 2 * HOUR}-0"

    def test_contributions_and_the_rest_sum_to_the_excess(self) -> None:
        context = Context()
        for number in range(12):
            context.add(said(START + number * 600, "flight to rome", "late bus", negative=1))
        context.learn(START + 2 * HOUR, storm_since=None)
        for second in range(40):
            context.add(said(START + 2 * HOUR + second, "card charged twice", "nice day at the sea", negative=1))

        found = context.enrich(NOTHING, event(START + 2 * HOUR, 80, 40, expected=3.0), START + 2 * HOUR + 60)

        assert found.excess is not None
        explained = sum(driver.contribution or 0.0 for driver in found.drivers)
        assert explained + found.excess.other == pytest.approx(80 - 3.0)
        assert {driver.tone for driver in found.drivers} == {"negative", "neutral"}

    def test_the_drivers_alone_are_those_of_the_whole_explanation(self) -> None:
        context = Context()
        for minute in range(40):
            context.add(said(START + minute * 60, "card charged twice", "refund please", "hello there", negative=2))
        at = START + 40 * 60
        context.learn(at, storm_since=START)

        whole = context.enrich(NOTHING, event(START, 120, 80, expected=5.0), at)
        alone = context.drivers(NOTHING, event(START, 120, 80, expected=5.0), at)

        assert whole.drivers
        assert whole.verbatims
        assert alone == msgspec.structs.replace(NOTHING, drivers=whole.drivers)

    def test_what_is_said_in_an_event_is_not_learned_as_usual(self) -> None:
        context = Context()
        context.add(said(START, *["flight to rome"] * 20))
        context.learn(START + HOUR, storm_since=None)
        context.add(said(START + HOUR, *["refund pending"] * 9))

        context.learn(START + 2 * HOUR, storm_since=START + HOUR)
        context.add(said(START + 2 * HOUR, *["refund pending"] * 9))

        found = context.enrich(NOTHING, event(START + 2 * HOUR, 9), START + 2 * HOUR + 60)
        assert [(driver.term, driver.expected) for driver in found.drivers] == [("refund pending", 0.0)]

    def test_counts_only_what_came_since_the_onset_and_drops_what_cancels(self) -> None:
        context = Context()
        context.add(delta(START, platforms={"old": 5}))
        context.add(delta(START + 600, platforms={"x": 2, "gone": 1}))
        context.add(delta(START + 601, platforms={"x": 1, "gone": -1}))

        found = context.enrich(NOTHING, event(START + 600, 2), START + 700)

        assert found.platforms == {"x": 3}

    def test_the_angriest_and_farthest_mentions_are_shown_once_each(self) -> None:
        context = Context()
        glad, mild, loud = sample("x:1", 0.8, 10_000), sample("x:2", -0.4, 5), sample("x:3", -0.1, 900)
        for second in (0, 600):
            context.add(delta(START + second, samples=(glad, mild, loud)))

        found = context.enrich(NOTHING, event(START, 2), START + 700)

        assert [shown.key for shown in found.samples] == ["x:3", "x:2", "x:1"]

    def test_what_was_taken_back_explains_nothing_and_is_shown_as_deleted(self) -> None:
        context = Context()
        context.add(said(START, "card charged twice", "card charged twice", samples=(sample(f"x:{START}-0", -0.6, 9),)))
        keys = [hash64(f"x:{START}-{place}") for place in (0, 1)]
        context.add(delta(START, deleted=tuple(sorted(keys))))

        found = context.enrich(NOTHING, event(START, 2), START + 60)

        assert found.drivers == ()
        assert [(shown.key, shown.fate) for shown in found.samples] == [(f"x:{START}-0", "deleted")]

    def test_memory_is_bounded_by_three_hours_and_104_excerpts(self) -> None:
        context = Context()
        for number in range(200):
            context.add(said(START + number * 600, *(f"w{number} {word} said" for word in range(32))))
            context.learn(START + number * 600, storm_since=None if number < 100 else START + 100 * 600)

        stretches = context.snapshot()["stretches"]
        assert len(stretches) <= 20
        assert sum(len(state["sample"][1]) for _, state in stretches) <= 104

    def test_looking_often_or_rarely_learns_the_same(self) -> None:
        often, rarely = Context(), Context()
        for number in range(100):
            for context in (often, rarely):
                context.add(said(START + number * 180, f"word{number % 7} again"))
            often.learn(START + number * 180, storm_since=None)
        for context in (often, rarely):
            context.learn(START + 100 * 180, storm_since=None)

        assert often.snapshot() == rarely.snapshot()

    def test_goes_on_from_a_snapshot(self) -> None:
        context, copy = Context(), Context()
        context.add(said(START, "a b c d", authors=(2**64 - 1,), samples=(sample("x:1", None, 1),)))

        copy.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(context.snapshot())))

        once = event(START, 1)
        assert copy.enrich(NOTHING, once, START + 60) == context.enrich(NOTHING, once, START + 60)

    def test_refuses_a_foreign_snapshot(self) -> None:
        with pytest.raises(StateCorrupted):
            Context().restore({"stretches": [[1, {"terms": 3}]], "usual": {}, "learned_until": None})


def test_of_a_silence_of_years_only_the_last_four_weeks_are_learned() -> None:
    context = Context()
    context.add(said(START, "refund pending again"))
    years = 56 * 365 * DAY

    context.learn(START + years, storm_since=None)

    state = context.snapshot()
    assert state["stretches"] == []
    assert state["learned_until"] == START + years - 1200
