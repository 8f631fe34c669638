import pytest

from streams.pace import BEHIND_RECORDS, Pace

PACE = Pace(flush_seconds=0.2, behind_seconds=1.0, most_records=10_000)


@pytest.mark.parametrize("unread", [None, 0, BEHIND_RECORDS])
def test_a_partition_that_keeps_up_is_written_soon(unread: int | None) -> None:
    assert PACE.wait_seconds(held=10, unread=unread) == 0.2


def test_a_partition_that_is_behind_is_written_in_larger_parts() -> None:
    assert PACE.wait_seconds(held=9_999, unread=BEHIND_RECORDS + 1) == 1.0


def test_nothing_is_gathered_beyond_the_bound() -> None:
    assert PACE.wait_seconds(held=10_000, unread=10**9) == 0.2


def test_who_waits_longer_anyway_is_not_hurried() -> None:
    assert Pace(flush_seconds=5.0).wait_seconds(held=10, unread=10**9) == 5.0
