"""What every detector promises, run on each in the registry."""

import importlib
import inspect
import pkgutil
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streams.detectors
from streams.detectors.base import ANY_NUMBER, Detector
from streams.detectors.registry import DETECTORS, GROUP_DETECTORS, SHARES, build_detectors
from streams.detectors.trail import Trail
from streams.errors import StateCorrupted
from streams.events import Tally
from streams.settings import DetectSettings
from streams.topic import Topic
from streams.windows import MINUTE, Slot
from tests.fakes import streams_of_counts
from tests.fakes.streams_of_counts import START, silence, tally

TOPIC = Topic(id="refunds", name="Refunds", query="refund")
SETTINGS = DetectSettings()
GROUP = Topic(id="peers.shops", name="Shops", query="", members=("acme", "rival"))
TABLES = {**DETECTORS, **GROUP_DETECTORS}


def slot(start: int, tally: Tally) -> Slot:
    """A minute; of a peer group every member says as much."""
    return Slot(start, MINUTE, tally, tuple((member, tally) for member in GROUP.members))


def with_more(minute: Slot, more: Tally) -> Slot:
    """The minute with more mentions; of a peer group all of them are one member's."""
    name, said = minute.members[-1]
    members = (*minute.members[:-1], (name, said + more))
    return msgspec.structs.replace(minute, tally=minute.tally + more, members=members)


def minutes(seed: int, count: int, per_minute: float, *, negative_share: float = 0.2, start: int = START) -> list[Slot]:
    """Steady minutes of every member."""
    found = streams_of_counts.minutes(seed, count, per_minute, negative_share=negative_share, start=start)
    return [slot(one.start, one.tally) for one in found]


STEADY = minutes(1, 3000, 1.0)
NOW = START + len(STEADY) * MINUTE
OUTCRY = [slot(NOW, tally(60, 55, 0.9)), slot(NOW + MINUTE, tally(80, 76, 0.9))]

every_detector = pytest.mark.parametrize("name", sorted(TABLES))


def fresh(name: str) -> Detector:
    return TABLES[name](GROUP if name in GROUP_DETECTORS else TOPIC, SETTINGS, None, Trail())


def taught(name: str) -> Detector:
    """One that learned the steady minutes."""
    detector = fresh(name)
    detector.restore(msgspec.msgpack.decode(TAUGHT[name]))
    return detector


def learned(name: str, slots: Sequence[Slot] = STEADY) -> Detector:
    detector = fresh(name)
    for one in slots:
        detector.learn_one(one, storm=False)
    return detector


def packed(detector: Detector) -> bytes:
    return msgspec.msgpack.encode(detector.snapshot())


TAUGHT = {name: packed(learned(name)) for name in TABLES}


def test_every_module_with_a_detector_stands_in_the_registry() -> None:
    found = set()
    for module in pkgutil.iter_modules(streams.detectors.__path__):
        for _, kind in inspect.getmembers(importlib.import_module(f"streams.detectors.{module.name}"), inspect.isclass):
            if kind is not Detector and hasattr(kind, "score_one") and hasattr(kind, "learn_one"):
                found.add(vars(kind)["name"])

    assert found == set(TABLES)


def test_build_makes_one_of_each_under_its_own_name() -> None:
    assert [detector.name for detector in build_detectors(TOPIC, SETTINGS)] == list(DETECTORS)
    assert [detector.name for detector in build_detectors(GROUP, SETTINGS)] == list(GROUP_DETECTORS)


def test_the_detectors_share_one_budget() -> None:
    assert set(SHARES) == set(DETECTORS)
    assert all(share > 0 for share in SHARES.values())


@every_detector
class TestEveryDetector:
    def test_has_no_opinion_before_it_learned_anything(self, name: str) -> None:
        assert fresh(name).score_one(OUTCRY, NOW + 90) is None
        assert fresh(name).expected(MINUTE) is None

    def test_has_no_opinion_while_warming_up(self, name: str) -> None:
        detector = learned(name, STEADY[:20])

        assert detector.score_one(OUTCRY, NOW + 90) is None

    def test_finds_an_outcry(self, name: str) -> None:
        reading = taught(name).score_one(OUTCRY, NOW + 90)

        assert reading is not None
        assert 0.0 < reading.false_pages_per_week < TOPIC.pages_per_week
        assert reading.score > 0.0
        assert reading.window_start <= reading.since <= NOW + 90

    def test_finds_nothing_in_a_moment_like_any_other(self, name: str) -> None:
        reading = taught(name).score_one([slot(NOW, tally(1))], NOW + 59)

        assert reading is not None
        assert reading.false_pages_per_week > TOPIC.pages_per_week

    def test_more_of_the_same_is_no_less_surprising(self, name: str) -> None:
        detector = taught(name)

        readings = [
            detector.score_one([slot(NOW, tally(count, count, 0.9))], NOW + 59) for count in (5, 10, 20, 40, 80)
        ]
        scores = [reading.score for reading in readings if reading is not None]

        assert len(scores) == 5
        assert scores == sorted(scores)

    def test_scoring_and_explaining_change_nothing(self, name: str) -> None:
        detector = taught(name)
        before = packed(detector)

        for at in range(NOW, NOW + 120, 7):
            reading = detector.score_one(OUTCRY, at)
            assert reading is not None
            assert detector.score_one(OUTCRY, at) == reading
            detector.explain_one(reading, OUTCRY)
            detector.expected(MINUTE)

        assert packed(detector) == before

    @given(
        counts=st.lists(st.integers(0, 9) | st.integers(0, 90), min_size=8, max_size=40), storm_at=st.integers(0, 60)
    )
    @settings(deadline=None, max_examples=10)
    def test_what_is_kept_between_decisions_changes_none_of_them(
        self, name: str, counts: list[int], storm_at: int
    ) -> None:
        keeping, afresh = fresh(name), fresh(name)
        keeping.restore(msgspec.msgpack.decode(TAUGHT[name]))
        seen = [slot(NOW + at * MINUTE, tally(count, count // 2)) for at, count in enumerate(counts)]

        for at in range(3, len(seen)):
            for second in (0, 59):
                recent, now = seen[at - 3 : at + 1], seen[at].start + second
                afresh.restore(msgspec.msgpack.decode(packed(keeping)))
                assert keeping.score_one(recent, now) == afresh.score_one(recent, now)
                assert keeping.weigh(recent, now) == afresh.weigh(recent, now)
            keeping.learn_one(seen[at - 3], storm=storm_at <= at < storm_at + 5)

    @given(
        counts=st.lists(st.integers(0, 9) | st.integers(0, 90), min_size=5, max_size=25),
        angry=st.floats(0.0, 1.0),
        where=st.integers(0, 3),
        second=st.integers(0, 59),
        pages=st.sampled_from([0.25, 1.87, 5.0, 13.9]),
    )
    @settings(deadline=None, max_examples=30)
    def test_while_there_is_room_no_reading_is_rare(
        self, name: str, counts: list[int], angry: float, where: int, second: int, pages: float
    ) -> None:
        detector = fresh(name)
        detector.restore(msgspec.msgpack.decode(TAUGHT[name]))
        seen = [slot(NOW + at * MINUTE, tally(count, round(count * angry))) for at, count in enumerate(counts)]

        for at in range(3, len(seen)):
            recent = seen[at - 3 : at + 1]
            room = detector.room(recent, seen[at].start + second, pages)
            if room is not None:
                for mentions in {0, room // 2, room}:
                    more = tally(mentions, mentions, 1.0)
                    fuller = [with_more(one, more) for one in recent[where:][:1]]
                    then = [*recent[:where], *fuller, *recent[where + 1 :]]
                    for later in {second, 59}:
                        reading = detector.score_one(then, seen[at].start + later)
                        assert reading is None or reading.false_pages_per_week > pages
            detector.learn_one(seen[at - 3], storm=False)

    def test_there_is_room_in_a_moment_like_any_other_and_none_in_an_outcry(self, name: str) -> None:
        detector = taught(name)

        assert (detector.room([slot(NOW, tally(1))], NOW + 59, 1.87) or 0) >= 1
        assert detector.room(OUTCRY, NOW + 90, 1.87) is None

    def test_there_is_any_room_before_it_learned_anything(self, name: str) -> None:
        assert fresh(name).room(OUTCRY, NOW + 90, 1.87) == ANY_NUMBER

    def test_explains_with_the_counts_of_its_window(self, name: str) -> None:
        detector = taught(name)
        reading = detector.score_one(OUTCRY, NOW + 119)
        assert reading is not None

        evidence = detector.explain_one(reading, OUTCRY).evidence

        learned = [one for one in STEADY if one.start >= reading.window_start]
        assert evidence.observed == sum(
            one.tally.mentions for one in [*learned, *OUTCRY] if one.start >= reading.window_start
        )
        assert evidence.window_seconds == reading.window_seconds
        assert evidence.low <= evidence.expected <= evidence.high

    def test_weighs_nothing_while_warming_up(self, name: str) -> None:
        assert learned(name, STEADY[:20]).weigh(OUTCRY, NOW + 90) == ()

    @pytest.mark.parametrize("recent", [OUTCRY, [slot(NOW, tally(1))], []], ids=["outcry", "usual", "silence"])
    def test_the_rarest_of_the_scores_it_weighs_is_its_reading(self, name: str, recent: list[Slot]) -> None:
        detector = taught(name)
        before = packed(detector)

        for at in range(NOW, NOW + 120, 13):
            reading = detector.score_one(recent, at)
            assert reading is not None
            weighed = detector.weigh(recent, at)
            assert min(score.false_pages_per_week for score in weighed) == reading.false_pages_per_week
            assert len({score.name for score in weighed}) == len(weighed) < 20

        assert packed(detector) == before

    def test_the_same_past_yields_the_same_model(self, name: str) -> None:
        assert packed(learned(name)) == TAUGHT[name]

    @pytest.mark.parametrize("cut", [0, 10, 49, 60, 721, 2999])
    def test_a_restored_snapshot_behaves_the_same_for_ever_after(self, name: str, cut: int) -> None:
        original, copy = learned(name, STEADY[:cut]), fresh(name)
        copy.restore(msgspec.msgpack.decode(packed(original)))

        for one in STEADY[cut:]:
            for detector in (original, copy):
                detector.learn_one(one, storm=one.start % 7 == 0)
            end = one.start + MINUTE
            recent = [slot(end, one.tally)]
            if one.start % (50 * MINUTE) == 0:
                assert copy.score_one(recent, end + 30) == original.score_one(recent, end + 30)

        assert packed(copy) == packed(original)

    @pytest.mark.parametrize("cut", [700, 1440, 1470, 2880])
    def test_a_snapshot_of_an_event_that_lasts_behaves_the_same(self, name: str, cut: int) -> None:
        original, copy = taught(name), fresh(name)
        lasting = minutes(4, 3000, 5.0, negative_share=0.6, start=NOW)
        for number, one in enumerate(lasting[:cut]):
            original.learn_one(one, storm=number < 1440)

        copy.restore(msgspec.msgpack.decode(packed(original)))

        for number, one in enumerate(lasting[cut:], start=cut):
            for detector in (original, copy):
                detector.learn_one(one, storm=number < 1440)
        assert packed(copy) == packed(original)
        if (expected := original.expected(MINUTE)) is not None:
            assert expected[0] == pytest.approx(5.0, rel=0.1)

    def test_a_storm_is_not_taken_for_the_new_normal(self, name: str) -> None:
        detector = taught(name)
        before = detector.score_one(OUTCRY, NOW + 90)
        expected = detector.expected(MINUTE)

        for one in minutes(2, 360, 30.0, negative_share=0.9, start=NOW):
            detector.learn_one(one, storm=True)
        later = NOW + 360 * MINUTE
        for one in silence(180, later):
            detector.learn_one(one, storm=False)
        end = later + 180 * MINUTE
        moved = [slot(one.start - NOW + end, one.tally) for one in OUTCRY]
        after = detector.score_one(moved, end + 90)

        assert before is not None
        assert after is not None
        assert after.false_pages_per_week < TOPIC.pages_per_week
        now_expected = detector.expected(MINUTE)
        assert (now_expected is None) == (expected is None)
        if expected is not None and now_expected is not None:
            assert now_expected[0] <= expected[0]

    def test_time_that_was_not_observed_counts_as_neither_silent_nor_busy(self, name: str) -> None:
        detector = taught(name)
        expected = detector.expected(MINUTE)
        later = NOW + 30 * 86_400

        for one in minutes(3, 240, 1.0, start=later):
            detector.learn_one(one, storm=False)

        now_expected = detector.expected(MINUTE)
        assert (now_expected is None) == (expected is None)
        if expected is not None and now_expected is not None:
            assert now_expected[0] == pytest.approx(expected[0], rel=0.1)

    @pytest.mark.parametrize("state", [{}, {"detector": "other", "version": 1}, [], "x"])
    def test_refuses_a_foreign_snapshot(self, name: str, state: object) -> None:
        with pytest.raises(StateCorrupted):
            fresh(name).restore(state)  # type: ignore[arg-type]

    def test_refuses_a_snapshot_with_a_hole(self, name: str) -> None:
        state = learned(name, STEADY[:100]).snapshot()
        del state["whole" if name in GROUP_DETECTORS else "trail"]

        with pytest.raises(StateCorrupted):
            fresh(name).restore(state)
