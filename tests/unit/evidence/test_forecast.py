import math

import pytest

from streams.errors import StateCorrupted
from streams.evidence.cascades import Cascades
from streams.evidence.forecast import forecast
from streams.evidence.virality import of_posts
from streams.excerpt import Excerpt

MINUTE = 60


def fading(first: float, half_life: float, minutes: int) -> list[int]:
    return [round(first * 0.5 ** (minute / half_life)) for minute in range(minutes)]


class TestForecast:
    def test_of_what_fades_by_half_every_ten_minutes_little_more_comes(self) -> None:
        found = forecast(fading(60, 10, 60), 60.0)

        # a geometric series: what is left after six halvings is a 64th of all
        whole = 60 / (1 - 0.5**0.1)
        assert found is not None
        assert found.final == pytest.approx(whole, rel=0.1)
        assert found.low <= whole <= found.high
        assert found.past_peak
        assert found.doubling < 0.05

    def test_of_what_still_grows_more_is_to_come_than_came(self) -> None:
        found = forecast([round(2 * 1.09**minute) for minute in range(40)], 60.0)

        assert found is not None
        assert found.doubling > 0.7
        assert not found.past_peak
        assert found.high > found.final > 2 * found.so_far

    def test_the_interval_holds_the_forecast_and_never_less_than_came(self) -> None:
        for counts in ([30], [5] * 30, [0] * 50 + [25], [1, 0] * 60, [400, 0, 0, 0]):
            found = forecast(counts, 60.0)

            assert found is not None
            assert sum(counts) <= found.low <= found.final <= found.high
            assert 0.0 <= found.doubling <= 1.0
            assert math.isfinite(found.high)

    def test_of_nineteen_mentions_anything_could_become(self) -> None:
        assert forecast([19], 60.0) is None


class TestCascades:
    def test_follows_the_posts_that_are_passed_on_most(self) -> None:
        cascades = Cascades()
        for minute in range(30):
            cascades.add(minute * MINUTE, {"x:1": (3, 0, 3), f"x:{100 + minute}": (1, 0, 0)})

        (found, *others) = cascades.largest(30 * MINUTE, 3)

        assert (found.key, sum(found.counts), len(found.counts), found.tone) == ("x:1", 90, 31, "positive")
        assert all(sum(other.counts) == 1 for other in others)
        assert len(cascades.snapshot()) <= 6

    def test_goes_on_from_a_snapshot_and_refuses_a_foreign_one(self) -> None:
        cascades, copy = Cascades(), Cascades()
        cascades.add(0, {"x:1": (30, 20, 0)})

        copy.restore(cascades.snapshot())

        assert copy.largest(60, 3) == cascades.largest(60, 3)
        with pytest.raises(StateCorrupted):
            copy.restore([["x:1"]])

    def test_says_who_wrote_a_post_where_it_was_sampled(self) -> None:
        cascades = Cascades()
        for minute in range(10):
            cascades.add(minute * MINUTE, {"x:1": (8, 8, 0), "x:2": (2, 0, 0)})

        found = of_posts(cascades.largest(10 * MINUTE, 3), {"x:1": Excerpt(0, "x:1", "lost my bag", author="jo")})

        assert [(post.key, post.author, post.text, post.tone) for post in found] == [
            ("x:1", "jo", "lost my bag", "negative"),
            ("x:2", None, None, "neutral"),
        ]
