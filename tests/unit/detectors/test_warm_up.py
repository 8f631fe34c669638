from streams.detectors.warm_up import DAY, WarmUp
from streams.windows import LONGEST_SILENCE, MINUTE


def test_forgets_what_came_before_weeks_that_nobody_observed() -> None:
    warm_up = WarmUp(mentions=3, days=14.0, collected=False)
    warm_up.add(0, 2)
    again = LONGEST_SILENCE + 2 * MINUTE

    proven = [warm_up.add(again, 0), warm_up.add(again + MINUTE, 2), warm_up.add(again + 2 * MINUTE, 1)]

    assert proven == [False, False, True]
    begin, end, minutes = warm_up.baseline()
    assert (begin, end) == (again, again + 3 * MINUTE)
    assert minutes == {again + MINUTE: 2, again + 2 * MINUTE: 1}


def test_a_shorter_gap_is_no_new_beginning() -> None:
    warm_up = WarmUp(mentions=3, days=14.0, collected=True)
    warm_up.add(0, 2)

    proven = warm_up.add(DAY, 1)

    assert proven
    assert warm_up.baseline()[0] == 0
