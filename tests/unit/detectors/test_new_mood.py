import pytest

from streams.detectors.new_mood import DAY_BLOCKS, NewMood
from streams.errors import StateCorrupted

USUAL = 0.2
SCORED = 20.0


def event(*shares: float) -> NewMood:
    """An event of so many half hours, each with its share of negative mentions."""
    new = NewMood()
    for share in shares:
        new.add([SCORED, share * SCORED, -0.4 * share * SCORED, 0.16 * share * SCORED, 0.0])
    return new


def test_a_mood_that_lasted_and_is_as_sour_still_is_usual_from_then_on() -> None:
    means = event(*[0.45] * DAY_BLOCKS).calm(USUAL)

    assert means == pytest.approx([20.0, 9.0, -3.6, 1.44, 0.0])


@pytest.mark.parametrize(
    "shares",
    [
        pytest.param([0.45] * 23, id="for less than half a day"),
        pytest.param([0.45] * 42 + [0.2] * 6, id="until hours ago"),
        pytest.param([0.21] * DAY_BLOCKS, id="hardly another one"),
    ],
)
def test_a_mood_stays_as_it_was_where_it_turned(shares: list[float]) -> None:
    assert event(*shares).calm(USUAL) is None


def test_two_halves_of_an_event_within_a_day_are_one() -> None:
    new = event(*[0.45] * 12)
    for _ in range(10):
        assert new.calm(USUAL) is None
    for _ in range(12):
        new.add([SCORED, 9.0, -3.6, 1.44, 0.0])

    assert new.calm(USUAL) is not None


def test_it_is_over_after_a_whole_day_without_an_event() -> None:
    new = event(*[0.45] * 12)

    for _ in range(DAY_BLOCKS - 1):
        new.calm(USUAL)
    nearly = new.is_over
    new.calm(USUAL)

    assert (nearly, new.is_over) == (False, True)


def test_goes_on_from_a_snapshot() -> None:
    new, copy = event(*[0.45] * DAY_BLOCKS), NewMood()

    copy.restore(new.snapshot())

    assert copy.calm(USUAL) == new.calm(USUAL) is not None
    for broken in ([], [[1.0], [], 1, 0], None):
        with pytest.raises(StateCorrupted, match="new mood"):
            NewMood().restore(broken)
