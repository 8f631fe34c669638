"""How slowly a sum of evidence falls is told by how its parts rise together."""

import random

import msgspec
import pytest

from streams.detectors.dependence import Dependence
from streams.errors import StateCorrupted

HALF_DAYS = 56
MEMBERS = ("acme", "bolt", "cargo", "dart")


def nats(random_: random.Random) -> float:
    """As much as chance shows at most in half a day: n of them are passed with probability 1 - exp(-exp(-n))."""
    return max(random_.gammavariate(1.0, 1.0) - 0.5, 0.0)


def taught(*, alike: bool, half_days: int = HALF_DAYS, storms: int = 0) -> Dependence:
    random_ = random.Random(1)  # noqa: S311 - numbers for a test
    dependence = Dependence()
    for number in range(half_days):
        common = nats(random_)
        found = {name: common if alike else nats(random_) for name in MEMBERS}
        dependence.learn(dict.fromkeys(MEMBERS, 12.0) if number < storms else found)
        dependence.learn(dict.fromkeys(MEMBERS, 0.0))  # the highest of half a day counts
        dependence.close_block()
    return dependence


def test_without_a_past_members_share_some_of_their_day() -> None:
    assert Dependence().scale(3) == pytest.approx(1.0 + 2.0 * 0.3)


def test_the_evidence_of_one_member_has_a_scale_of_one() -> None:
    assert taught(alike=True).scale(1) == taught(alike=True).scale(0) == 1.0


def test_the_sum_of_independent_members_falls_hardly_slower_than_the_evidence_of_one() -> None:
    # what was taken for likely, 0.3, is worth ten half days of 42 that four weeks are remembered as
    assert taught(alike=False).correlation < 0.3 * 10.0 / 42.0 + 0.1


def test_the_sum_of_members_that_rise_together_falls_as_much_slower_as_there_are_of_them() -> None:
    # (10 * 0.3 + 40 * 1) / (10 + 40) = 0.86
    assert taught(alike=True).scale(3) == pytest.approx(1.0 + 2.0 * 0.86, rel=0.05)


def test_a_storm_that_all_share_is_one_of_their_highest_days() -> None:
    calm, stormy = taught(alike=False), taught(alike=False, storms=1)

    assert calm.correlation < stormy.correlation < calm.correlation + 0.2


def test_a_half_day_of_a_single_member_says_nothing() -> None:
    dependence = Dependence()

    dependence.learn({"acme": 3.0})
    dependence.close_block()

    assert dependence.correlation == Dependence().correlation


def test_goes_on_from_a_snapshot() -> None:
    dependence, restored = taught(alike=True, half_days=5), Dependence()
    dependence.learn({"acme": 1.0, "bolt": 2.0})

    restored.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(dependence.snapshot())))
    for one in (dependence, restored):
        one.close_block()

    assert restored.snapshot() == dependence.snapshot()
    assert restored.scale(3) == dependence.scale(3)


@pytest.mark.parametrize("state", [{}, {"highest": [], "means": []}, {"highest": {}, "means": [[1, 0.5]]}])
def test_what_is_no_snapshot_is_refused(state: dict[str, object]) -> None:
    with pytest.raises(StateCorrupted, match="dependence"):
        Dependence().restore(state)
