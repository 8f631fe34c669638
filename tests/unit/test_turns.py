"""A batch is worked on in turns."""

import pytest

from streams.broker.base import Partition, Record
from streams.turns import TURN_BYTES, turns

QUARTER = TURN_BYTES // 4


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([1, 2, 3], [3]),
        ([QUARTER] * 9, [4, 4, 1]),
        ([QUARTER, 5 * QUARTER, QUARTER], [1, 1, 1]),
        ([5 * QUARTER], [1]),
        ([0, 0], [2]),
    ],
)
def test_a_turn_is_an_eighth_of_a_megabyte_or_one_larger_record(sizes: list[int], expected: list[int]) -> None:
    records = [Record(Partition("partials", 0), n, None, bytes(size) or None, 0) for n, size in enumerate(sizes)]

    found = list(turns(records))

    assert [len(turn) for turn in found] == expected
    assert [record for turn in found for record in turn] == records
