import pytest

from streams.judging import Claimed, Labelled, judge

CRISIS = Labelled("crisis_step", "refunds", 10_000, 20_000)
JOY = Labelled("joyful_virality", "campaign", 10_000, 20_000, pages=False)


def test_a_page_in_an_event_is_right_and_its_delay_counts_from_the_onset() -> None:
    judged = judge([Claimed("refunds", 10_300), Claimed("refunds", 15_000)], [CRISIS])

    assert (judged.right, judged.false, judged.precision, judged.recall, judged.f1) == (2, 0, 1.0, 1.0, 1.0)
    assert judged.kinds[0].median_delay_seconds == 300


def test_a_page_about_nothing_and_one_about_another_topic_are_false() -> None:
    judged = judge([Claimed("refunds", 90_000), Claimed("delivery", 11_000)], [CRISIS])

    assert (judged.right, judged.false, judged.precision, judged.recall) == (0, 2, 0.0, 0.0)


def test_a_crisis_page_about_joy_is_of_the_wrong_kind_and_a_viral_one_is_not() -> None:
    judged = judge([Claimed("campaign", 11_000), Claimed("campaign", 11_000, crisis=False)], [JOY])

    assert (judged.wrong_kind, judged.viral, judged.false, judged.precision) == (1, 1, 0, 0.0)
    assert judged.recall is None
    assert (judged.kinds[0].found, judged.kinds[0].viral) == (1, 0)


def test_joy_that_was_told_as_joy_is_told_apart_from_joy_that_woke_somebody() -> None:
    judged = judge([Claimed("campaign", 11_000, crisis=False)], [JOY])

    assert (judged.pages, judged.viral, judged.wrong_kind) == (1, 1, 0)
    assert (judged.kinds[0].found, judged.kinds[0].viral) == (1, 1)


def test_a_feed_that_stopped_is_about_every_topic() -> None:
    gap = Labelled("feed_gap", "*", 10_000, 20_000, pages=False)

    assert judge([Claimed("refunds", 11_000)], [gap]).wrong_kind == 1


@pytest.mark.parametrize(("at", "right"), [(9_099, 0), (9_100, 1), (27_200, 1), (27_201, 0)])
def test_a_page_belongs_to_an_event_from_a_quarter_hour_before_to_two_hours_after(at: float, right: int) -> None:
    assert judge([Claimed("refunds", at)], [CRISIS]).right == right


def test_without_pages_there_is_no_precision() -> None:
    judged = judge([], [CRISIS])

    assert (judged.precision, judged.recall, judged.f1) == (None, 0.0, None)
    assert judged.kinds[0].median_delay_seconds is None
