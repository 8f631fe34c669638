import math

import pytest

from streams.detectors.base import Reading
from streams.detectors.block_maxima import BLOCKS_PER_WEEK
from streams.errors import StateCorrupted
from streams.watch_tier import Step, WatchTier

BUDGET = 0.25
PAGE = math.log(BLOCKS_PER_WEEK / BUDGET)
NOW = 1_767_225_600


def shows(share: float, *, calm: bool = False) -> Reading:
    """A reading with that share of the nats that a page takes."""
    return Reading(share * PAGE, BLOCKS_PER_WEEK * math.exp(-share * PAGE), NOW, NOW, 60, calm)


def risen() -> WatchTier:
    tier = WatchTier(BUDGET)
    assert tier.decide(NOW, shows(0.6), paged=False) is Step.RISING
    return tier


def test_comes_on_at_half_of_the_evidence_of_a_page() -> None:
    tier = WatchTier(BUDGET)

    assert tier.decide(NOW, shows(0.49), paged=False) is None
    assert tier.decide(NOW + 1, shows(0.51), paged=False) is Step.RISING
    assert tier.since == NOW + 1


def test_is_asked_only_where_it_could_have_an_answer() -> None:
    tier = WatchTier(BUDGET)

    assert not tier.is_worth_asking([("volume", shows(0.4)), ("mood", shows(0.0))])
    assert tier.is_worth_asking([("volume", shows(0.5)), ("mood", shows(0.0))])
    assert WatchTier(BUDGET, caution=0.25).is_worth_asking([("volume", shows(0.4))])
    assert risen().is_worth_asking([])


def test_what_is_over_or_unknown_does_not_come_on() -> None:
    tier = WatchTier(BUDGET)

    assert tier.decide(NOW, shows(0.8, calm=True), paged=False) is None
    assert tier.decide(NOW, None, paged=False) is None
    assert not tier.is_on


def test_does_not_flicker_between_the_two_levels() -> None:
    tier = risen()

    steps = [tier.decide(NOW + at, shows(0.3 if at % 2 else 0.6), paged=False) for at in range(0, 4 * 3600, 60)]

    assert set(steps) == {None}


def test_eases_after_an_hour_with_less_than_a_quarter_and_not_before() -> None:
    tier = risen()

    assert tier.decide(NOW + 3599, shows(0.2), paged=False) is None
    assert tier.decide(NOW + 3600, shows(0.2), paged=False) is Step.EASED
    assert not tier.is_on


def test_silence_eases_as_well() -> None:
    assert risen().decide(NOW + 3600, None, paged=False) is Step.EASED


def test_is_told_again_only_when_a_good_deal_came_on_top() -> None:
    tier = risen()

    assert tier.decide(NOW + 60, shows(0.7), paged=False) is None
    assert tier.decide(NOW + 61, shows(0.76), paged=False) is Step.ROSE
    assert tier.decide(NOW + 62, shows(0.76), paged=False) is None


def test_a_page_takes_the_topic_off_the_list_and_keeps_it_off() -> None:
    tier = risen()

    assert tier.decide(NOW + 60, shows(1.2), paged=True) is Step.EASED
    assert tier.decide(NOW + 61, shows(1.2), paged=True) is None


def test_there_is_no_room_below_a_page_at_fourteen_a_week() -> None:
    assert WatchTier(14.0).decide(NOW, shows(3.0), paged=False) is None


def test_a_restored_tier_goes_on() -> None:
    tier, copy = risen(), WatchTier(BUDGET)
    copy.restore(tier.snapshot())

    assert copy.since == tier.since
    assert copy.decide(NOW + 3600, None, paged=False) is Step.EASED


@pytest.mark.parametrize("state", [[], "x", [1, 2], [None, 1, 1], 7])
def test_refuses_a_foreign_snapshot(state: object) -> None:
    with pytest.raises(StateCorrupted):
        WatchTier(BUDGET).restore(state)
