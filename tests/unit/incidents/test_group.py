"""When incidents that a receiver hears of together are told."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerting.incidents.group import Group, Grouping, joined, next_flush
from tests.fakes.clock import START

OWNER = Grouping(key='{}:{owner="Payments"}', wait_seconds=30, interval_seconds=300)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@given(st.floats(0, 1e6), st.floats(1, 86_400))
def test_the_next_time_is_after_now_on_the_beat_and_at_most_one_interval_away(passed: float, interval: float) -> None:
    flush = next_flush(START, interval, after(passed))

    assert after(passed) < flush <= after(passed) + timedelta(seconds=interval)
    assert (flush - START) % timedelta(seconds=interval) == timedelta()


def test_whoever_opens_again_alone_is_the_first_of_its_group_again() -> None:
    group = Group(after(0), ("inc_a",))

    assert joined(group, "inc_a", OWNER, after(60), still_open={"inc_a"}) == Group(after(90), ("inc_a",))


def test_what_comes_while_a_group_waits_goes_along_even_if_the_others_are_over_by_then() -> None:
    group = Group(after(30), ("inc_a",))

    assert joined(group, "inc_b", OWNER, after(10), still_open=()) == Group(after(30), ("inc_b",))


def test_another_time_and_another_group_have_another_name() -> None:
    other = Grouping(key='{}:{owner="App"}', interval_seconds=300)

    names = {OWNER.at(after(0)).digest, OWNER.at(after(0.5)).digest, other.at(after(0)).digest, OWNER.digest}

    assert len(names) == 4
