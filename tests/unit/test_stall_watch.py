from streams.broker.base import Partition
from streams.stall_watch import Doing, StallWatch

ZERO, ONE = Partition("mentions", 0), Partition("mentions", 1)
READING, WORKING = Doing.READING, Doing.WORKING


def test_who_stands_still_for_the_limit_is_found_again_and_again() -> None:
    watch = StallWatch(100)

    found = [watch.look(ZERO, READING, 7, now) for now in (0, 99, 100, 199, 200)]

    assert found == [0, 0, 1, 0, 2]
    assert watch.stalled


def test_who_moves_is_not_stalled_any_more() -> None:
    watch = StallWatch(100)
    watch.look(ZERO, READING, 7, 0)
    watch.look(ZERO, READING, 7, 100)

    found = watch.look(ZERO, READING, 8, 150), watch.look(ZERO, READING, 8, 249), watch.look(ZERO, READING, 8, 250)

    assert found == (0, 0, 1)


def test_who_has_nothing_to_do_is_not_stalled() -> None:
    watch = StallWatch(100)
    watch.look(ZERO, READING, 7, 0)
    watch.look(ZERO, READING, 7, 100)

    watch.settle(ZERO, READING)

    assert not watch.stalled
    assert watch.look(ZERO, READING, 7, 200) == 0


def test_excused_time_does_not_count_and_what_was_found_before_does() -> None:
    watch = StallWatch(100)
    watch.look(ZERO, READING, 7, 0)
    watch.look(ZERO, READING, 7, 100)

    watch.excuse(ZERO, READING, 150)

    assert watch.look(ZERO, READING, 7, 249) == 0
    assert watch.look(ZERO, READING, 7, 250) == 2


def test_partitions_and_what_they_do_are_watched_apart() -> None:
    watch = StallWatch(100)
    watch.look(ZERO, READING, 7, 0)
    watch.look(ZERO, WORKING, 7, 50)
    watch.look(ONE, READING, 7, 50)

    assert watch.look(ZERO, READING, 7, 100) == 1
    assert watch.look(ZERO, WORKING, 7, 100) == watch.look(ONE, READING, 7, 100) == 0


def test_forgets_who_is_not_ours() -> None:
    watch = StallWatch(100)
    watch.look(ZERO, READING, 7, 0)
    watch.look(ZERO, READING, 7, 100)

    watch.keep({ONE})

    assert not watch.stalled
