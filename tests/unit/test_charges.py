import pytest

from streams.basis import Weighed
from streams.charges import Charges
from streams.detectors.base import Reading

SHARES = {"volume": 0.8, "mood": 0.2}
VOLUME = ("volume", Reading(4.0, 0.1, 0, 0, 60))
MOOD = ("mood", Reading(4.0, 0.1, 0, 0, 60))


def test_a_detector_that_is_alone_may_spend_all_of_the_budget() -> None:
    assert Charges(SHARES).charged([MOOD]) == [MOOD]


def test_detectors_that_both_have_an_opinion_pay_for_one_another() -> None:
    charged = [reading.false_pages_per_week for _, reading in Charges(SHARES).charged([VOLUME, MOOD])]

    assert charged == pytest.approx([0.1 / 0.8, 0.1 / 0.2])


def test_caution_makes_all_odds_more_common_and_never_more_than_fourteen_a_week() -> None:
    charges = Charges(SHARES, caution=2.0)

    assert [reading.false_pages_per_week for _, reading in charges.charged([VOLUME])] == pytest.approx([0.2])
    assert charges.charged([("volume", Reading(0.0, 14.0, 0, 0, 60))])[0][1].false_pages_per_week == 14.0


def test_the_basis_adds_up() -> None:
    score = Weighed("30 minutes", 12, 3.0, 1.2, 0.1, location=0.5, scale=0.2, blocks=9)

    basis = Charges(SHARES, caution=1.5).basis(0.25, [VOLUME, MOOD], lambda name: (score,) if name == "volume" else ())

    volume, mood = basis.opinions
    assert (basis.pages_per_week, basis.caution) == (0.25, 1.5)
    assert (volume.detector, volume.weighed, mood.weighed) == ("volume", (score,), ())
    for opinion in basis.opinions:
        assert opinion.charged == pytest.approx(basis.caution * opinion.false_pages_per_week / opinion.share)


def test_nobody_with_an_opinion_is_a_basis_without_any() -> None:
    assert Charges(SHARES).basis(0.25, [], lambda _: ()).opinions == ()


def test_the_rarest_odds_are_known_before_all_are_charged() -> None:
    charges = Charges(SHARES, caution=1.5)

    for readings in ([VOLUME, MOOD], [MOOD], [VOLUME]):
        assert charges.least(readings) == min(one.false_pages_per_week for _, one in charges.charged(readings))
