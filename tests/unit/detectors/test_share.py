import math

import pytest

from streams.detectors.share import at_least


@pytest.mark.parametrize(("scored", "share"), [(6, 0.2), (40, 0.45), (300, 0.03)])
def test_is_the_sum_of_the_binomial_terms(scored: int, share: float) -> None:
    for negative in range(scored + 1):
        terms = [math.comb(scored, k) * share**k * (1 - share) ** (scored - k) for k in range(negative, scored + 1)]

        assert at_least(negative, scored, share) == pytest.approx(math.fsum(terms), rel=1e-9)


def test_a_share_of_nought_or_one_still_has_odds() -> None:
    assert 0.0 < at_least(2, 10, 0.0) < 1e-5
    assert at_least(10, 10, 1.0) == pytest.approx(1.0, abs=1e-2)


@pytest.mark.parametrize(("negative", "scored", "share"), [(10, 3000, 0.5), (100, 5000, 0.2), (1, 10**9, 0.3)])
def test_hardly_any_negative_ones_of_many_are_no_rarity(negative: int, scored: int, share: float) -> None:
    # the first terms of the sum are smaller than any float: 0.5 ** 3000
    assert at_least(negative, scored, share) == pytest.approx(1.0)


def test_the_chances_of_as_many_and_of_fewer_add_up_on_both_sides_of_the_usual() -> None:
    chances = [at_least(negative, 400, 0.3) for negative in range(402)]

    assert chances == sorted(chances, reverse=True)
    assert chances[120] - chances[121] == pytest.approx(math.comb(400, 120) * 0.3**120 * 0.7**280, rel=1e-6)
