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
