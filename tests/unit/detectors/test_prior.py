import math

import pytest

from streams.detectors.prior import Lean, Lesson, Prior, Scatter, prior_of

PEER = Lesson({"climb": Lean(0.4, 2.0)}, Scatter(0.5, 1.5, 2.0, 0.3))


def of(*rates: float) -> Prior:
    prior = prior_of([Lesson({"climb": Lean(0.4, 2.0)}, Scatter(rate, 1.5, 2.0, 0.3)) for rate in rates])
    assert prior is not None
    return prior


def test_fewer_than_five_peers_teach_nothing() -> None:
    assert prior_of([PEER] * 4) is None
    assert prior_of([PEER] * 5) is not None


def test_a_new_topic_begins_at_the_usual_rate_of_its_peers_and_soon_at_its_own() -> None:
    prior = of(0.1, 0.2, 0.2, 0.2, 0.4)

    assert prior.rate_after(0, 0.0) == pytest.approx(0.2)
    assert 0.2 < prior.rate_after(10, 10.0) < 1.0
    assert prior.rate_after(1000, 1000.0) == pytest.approx(1.0, rel=0.01)


def test_peers_that_are_alike_weigh_more_than_peers_that_are_not() -> None:
    alike, unlike = of(*[0.2] * 20), of(*[0.2 * 10**power for power in (-2, -1, 0, 1, 2)] * 4)

    assert alike.shape > unlike.shape
    assert alike.per_minute == pytest.approx(unlike.per_minute)


def test_a_lean_is_drawn_to_none_the_more_the_fewer_peers_show_it() -> None:
    few, many = of(*[0.2] * 5).lean("climb"), of(*[0.2] * 60).lean("climb")

    assert few.offset == pytest.approx(0.4 * 5 / 8)
    assert math.log(few.ratio) == pytest.approx(math.log(2.0) * 5 / 8)
    assert few.offset < many.offset < 0.4


def test_calm_peers_say_how_high_chance_rises_and_nothing_of_a_rhythm_that_was_not_seen() -> None:
    calm = prior_of([Lesson({"climb": Lean(-0.5, 0.6)}, Scatter(0.5, 1.5, 2.0, 0.3))] * 20)

    assert calm is not None
    assert calm.reach("climb").offset == 0.0
    assert math.log(calm.reach("climb").ratio) == pytest.approx(math.log(0.6) * 20 / 23)
    assert calm.lean("climb") == Lean()


def test_however_calm_the_peers_are_half_of_the_caution_stays() -> None:
    calm = prior_of([Lesson({"climb": Lean(0.0, 0.1)}, Scatter(0.5, 1.5, 2.0, 0.3))] * 20)

    assert calm is not None
    assert calm.reach("climb").ratio == 0.5


def test_a_score_that_no_peer_knows_leans_nowhere() -> None:
    assert of(*[0.2] * 5).lean("other") == Lean()


def test_what_two_detectors_of_a_topic_teach_belongs_together() -> None:
    both = Lesson({"souring": Lean(0.1)}).with_more(PEER)

    assert set(both.leans) == {"souring", "climb"}
    assert both.scatter == PEER.scatter


def test_the_order_of_the_peers_plays_no_part() -> None:
    rates = [0.1, 0.3, 0.7, 1.9, 5.3, 11.0]

    assert of(*rates) == of(*reversed(rates))
