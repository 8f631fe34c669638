import math
import random

import pytest

from alerting.hearing.silent import Basis, Interval, Ratio, Share, learned_ratio, next_hour, seen_ratio, silent_majority

SPOKE, CONTACTED = Share(0.01, 0.1), Share(0.1, 0.4)


def test_by_a_rule_of_thumb_it_is_those_who_spoke_over_the_share_who_do() -> None:
    found = silent_majority(100, 0, spoke=SPOKE, contacted=CONTACTED)

    assert found is not None
    assert found.basis is Basis.PRIOR
    # 100 / sqrt(0.01 * 0.1) are hit, and all but 100 are silent; the ends lie a little beyond 100 / 0.1 and 100 / 0.01
    assert found.people.middle == pytest.approx(100 / math.sqrt(0.001) - 100)
    assert 800 < found.people.low < 100 / 0.1 - 100
    assert 100 / 0.01 - 100 < found.people.high < 11_000


def test_speakers_who_hardly_stand_out_from_what_is_usual_make_it_wider() -> None:
    clear, unclear = (silent_majority(100, 0, spoke=SPOKE, contacted=CONTACTED, usual=usual) for usual in (0.0, 500.0))

    assert clear is not None
    assert unclear is not None
    # 600 came where 500 are usual, give or take a fifth: the hundred may as well be nobody
    assert unclear.people.middle == clear.people.middle
    assert unclear.people.high > 2 * clear.people.high
    assert unclear.people.low < clear.people.low


def test_nobody_can_say_while_nobody_spoke() -> None:
    assert silent_majority(0.4, 90, spoke=SPOKE, contacted=CONTACTED) is None


def test_calls_make_it_narrower_where_they_say_the_same() -> None:
    ratio = Ratio(math.log(6.3), 0.2, 14)  # 630 contacts on 100 speakers; at a share of 0.2 that is 3,150 people

    alone = silent_majority(100, 0, spoke=SPOKE, contacted=CONTACTED)
    found = silent_majority(100, 500, spoke=SPOKE, contacted=CONTACTED, ratio=ratio)

    assert alone is not None
    assert found is not None
    assert found.basis is Basis.CALLS
    assert found.people.high / found.people.low < alone.people.high / alone.people.low


def test_calls_that_say_otherwise_make_it_wider() -> None:
    agrees, differs = Ratio(math.log(6.3), 0.2, 14), Ratio(math.log(0.2), 0.2, 14)

    narrow, wide = (silent_majority(100, 0, spoke=SPOKE, contacted=CONTACTED, ratio=one) for one in (agrees, differs))

    assert narrow is not None
    assert wide is not None
    assert wide.people.high / max(wide.people.low, 1) > narrow.people.high / narrow.people.low


def test_callers_who_had_spoken_tell_how_many_speak() -> None:
    found = silent_majority(200, 1000, spoke=SPOKE, contacted=CONTACTED, linked=(40, 2000))

    assert found is not None
    assert found.basis is Basis.LINKS
    # 40.5 of 2,001 callers had spoken; people who call speak sqrt(1 * 2) times as often as all
    hit = 200 / (40.5 / 2001) * math.sqrt(2)
    assert found.people.middle == pytest.approx(hit - 200 - 1000, rel=1e-6)


def test_a_few_callers_who_had_spoken_tell_nothing() -> None:
    found = silent_majority(200, 1000, spoke=SPOKE, contacted=CONTACTED, linked=(3, 2000))

    assert found is not None
    assert found.basis is Basis.PRIOR


def test_nobody_is_counted_twice_and_nobody_is_less_than_none() -> None:
    found = silent_majority(100, 1_000_000, spoke=SPOKE, contacted=CONTACTED)

    assert found is not None
    assert found.people == Interval(0.0, 0.0, 0.0)


def test_the_ratio_follows_a_drift_and_is_less_sure_of_uneven_days() -> None:
    even = learned_ratio([(100, 300)] * 14)
    drifting = learned_ratio([(100, 300)] * 14 + [(100, 600)] * 14)
    uneven = learned_ratio([(100, 100), (100, 900)] * 7)

    assert even is not None
    assert drifting is not None
    assert uneven is not None
    assert math.exp(even.log) == pytest.approx(3.0, rel=0.01)
    assert 4.5 < math.exp(drifting.log) < 6
    assert uneven.deviation > 1.2 * even.deviation
    assert learned_ratio([(0, 5), (5, 0)]) is None


def test_what_the_event_shows_outweighs_ordinary_days_as_it_grows() -> None:
    usual = learned_ratio([(100, 300)] * 14)

    few, many = seen_ratio(usual, 10, 10), seen_ratio(usual, 1000, 1000)

    assert few is not None
    assert many is not None
    assert 1.0 < math.exp(many.log) < math.exp(few.log) < 3.0
    assert many.deviation < few.deviation
    assert seen_ratio(None, 0, 7) is None


def test_nine_of_ten_hours_end_within_the_interval() -> None:
    rng = random.Random(5)  # noqa: S311  # test data
    inside = 0
    for _ in range(2000):
        truth = math.exp(rng.gauss(math.log(3.0), 0.3))
        came = rng.gauss(120 + 40 * truth, math.sqrt(120 + 40 * truth))
        found = next_hour(120, Interval(40, 40, 40), Ratio(math.log(3.0), 0.3, 14))
        inside += found.low <= came <= found.high

    assert 0.88 < inside / 2000 < 0.97
