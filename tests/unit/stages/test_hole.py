import pytest

from streams.stages.hole import is_hole

DAY = 86_400


@pytest.mark.parametrize(
    ("known_until", "second", "low", "hole"),
    [
        (0, DAY, 1.0, True),
        (0, DAY - 1, 1.0, False),
        (0, 30 * DAY, 0.9, False),
        (0, DAY, None, False),
        (None, 30 * DAY, 100.0, False),
    ],
    ids=["a day", "less than a day", "a topic that may be so quiet", "a topic that is not known", "the beginning"],
)
def test_a_silence_is_a_hole_where_no_day_of_the_topic_is_silent(
    known_until: int | None,
    second: int,
    low: float | None,
    hole: bool,  # noqa: FBT001
) -> None:
    band = None if low is None else (2 * low, low, 4 * low)

    assert is_hole(known_until, second, {DAY: band}.__getitem__) is hole
