import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.history import curve, merge, pack, unpack
from streams.errors import StateCorrupted
from streams.events import Tally, WindowCount
from tests.fakes.stored import MIDNIGHT, window

counts = st.integers(min_value=0, max_value=2**40)
millionths = st.integers(min_value=-(10**12), max_value=10**12).map(lambda whole: whole / 10**6)
unsure = st.none() | st.floats(min_value=0, max_value=1e9, width=32)
tallies = st.builds(
    Tally,
    mentions=counts,
    negative=counts,
    neutral=counts,
    positive=counts,
    unscored=counts,
    polarity_sum=millionths,
    polarity_squares=millionths,
    reach=counts,
    engagement=counts,
    delayed=counts,
)
windows = st.builds(
    WindowCount,
    topic=st.just("refunds"),
    start=st.integers(min_value=-86_400, max_value=2**33),
    seconds=st.sampled_from((60, 300)),
    tally=tallies,
    revision=st.integers(min_value=0, max_value=9),
    expected=unsure,
    low=unsure,
    high=unsure,
    score=unsure,
    history=st.booleans(),
)


class TestBlock:
    @given(st.lists(windows, max_size=30))
    def test_gives_back_what_was_packed_in_order_of_start(self, given_windows: list[WindowCount]) -> None:
        ordered = merge(given_windows)

        assert unpack("refunds", pack(reversed(ordered))) == ordered

    def test_a_quiet_day_takes_a_few_kilobytes(self) -> None:
        day = [window(MIDNIGHT + 60 * minute, 1 + minute % 7) for minute in range(1440)]

        assert len(pack(day)) < 10_000

    @pytest.mark.parametrize(
        "damage",
        [
            lambda _: b"",
            lambda block: b"\x02" + block[1:],
            lambda block: block[:-4],
            lambda block: block[:40] + bytes([block[40] ^ 255]) + block[41:],
            lambda block: block[:1] + b"not zlib",
        ],
        ids=["empty", "of another version", "cut off", "with a flipped byte", "of another kind"],
    )
    def test_a_damaged_block_is_refused(self, damage: object) -> None:
        block = pack([window(MIDNIGHT + 60 * minute, 1 + minute) for minute in range(60)])
        assert callable(damage)

        with pytest.raises(StateCorrupted, match="refunds"):
            unpack("refunds", damage(block))


class TestMerge:
    def test_of_the_same_window_the_higher_revision_stays(self) -> None:
        older, newer = window(MIDNIGHT, 5), window(MIDNIGHT, 6, revision=1)

        assert merge([older], [newer]) == [newer]
        assert merge([newer], [older]) == [newer]

    def test_of_equal_revisions_the_first_stays(self) -> None:
        first, second = window(MIDNIGHT, 5), window(MIDNIGHT, 6)

        assert merge([first], [second]) == [first]

    def test_windows_of_different_width_are_different_windows(self) -> None:
        minute, quarter = window(MIDNIGHT, 5), window(MIDNIGHT, 50, seconds=900)

        assert merge([quarter], [minute]) == [minute, quarter]


class TestCurve:
    def test_is_the_windows_themselves_at_their_own_width(self) -> None:
        (point,) = curve([window(MIDNIGHT, 6, expected=4.0)], 60)

        assert (point.start, point.seconds, point.mentions, point.negative, point.positive) == (MIDNIGHT, 60, 6, 6, 0)
        assert (point.expected, point.low, point.high) == (4.0, 2.0, 6.0)
        assert (point.polarity, point.score) == (-0.5, 0.5)

    def test_a_band_of_four_windows_is_twice_as_wide_as_that_of_one(self) -> None:
        (point,) = curve([window(MIDNIGHT + 60 * minute, 6, expected=4.0) for minute in range(4)], 240)

        assert point.expected == 4 * 4.0
        assert (point.low, point.high) == (16.0 - 2 * 2.0, 16.0 + 2 * 2.0)

    def test_silent_windows_are_expected_to_be_like_the_others(self) -> None:
        loud = [window(MIDNIGHT, 6, expected=4.0), window(MIDNIGHT + 300, 6, expected=4.0)]

        first, _ = curve(loud, 300)

        assert first.mentions == 6
        assert first.expected == pytest.approx(5 * 4.0)

    def test_of_the_last_window_only_what_has_passed_is_expected(self) -> None:
        loud = [window(MIDNIGHT, 6, expected=4.0), window(MIDNIGHT + 120, 6, expected=4.0)]

        (point,) = curve(loud, 900)

        assert point.expected == pytest.approx(3 * 4.0)

    def test_nothing_is_expected_while_a_part_is_unknown(self) -> None:
        (point,) = curve([window(MIDNIGHT, 6), window(MIDNIGHT + 60, 6, expected=None)], 300)

        assert (point.expected, point.low, point.high) == (None, None, None)

    def test_a_band_never_reaches_below_zero(self) -> None:
        (point,) = curve([window(MIDNIGHT + 60 * minute, 1, expected=0.5) for minute in range(4)], 240)

        assert point.low is not None
        assert point.low >= 0.0

    def test_what_was_counted_in_wide_windows_stays_wide(self) -> None:
        points = curve([window(MIDNIGHT, 90, seconds=900), window(MIDNIGHT + 900, 6)], 60)

        assert [(point.start, point.seconds, point.mentions) for point in points] == [
            (MIDNIGHT, 900, 90),
            (MIDNIGHT + 900, 60, 6),
        ]

    def test_polarity_is_unknown_where_nothing_was_scored(self) -> None:
        unscored = msgspec.structs.replace(window(MIDNIGHT), tally=Tally(mentions=3, unscored=3))

        (point,) = curve([unscored], 60)

        assert point.polarity is None

    def test_of_nothing_is_nothing(self) -> None:
        assert curve([], 60) == ()
        assert curve([window(MIDNIGHT, 0)], 60) == ()
