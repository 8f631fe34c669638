"""Who gets how much of what a receiver accepts."""

import pytest

from streams.shares import shared, to_be_shared_anew
from streams.topic import Topic

REACH = {"a": {"care"}, "b": {"care"}, "c": {"ops"}, "d": {"care", "ops"}, "e": set[str]()}


def topics(**budgets: float) -> list[Topic]:
    return [Topic(id=name, name=name, query=name, pages_per_week=budget) for name, budget in budgets.items()]


def reach(topic: Topic) -> frozenset[str]:
    return frozenset(REACH[topic.id])


def test_each_receiver_counts_its_own_topics_alone() -> None:
    care_a, care_b, ops = shared(topics(a=3.0, b=1.0, c=1.5), reach, 2.0)

    assert [topic.budget for topic in (care_a, care_b)] == pytest.approx([1.5, 0.5])
    assert ops.budget == 1.5


def test_a_topic_that_reaches_two_is_bound_by_the_stricter_one() -> None:
    found = {topic.id: topic.share for topic in shared(topics(a=7.0, c=3.0, d=1.0), reach, 2.0)}

    assert found == pytest.approx({"a": 2 / 8, "c": 2 / 4, "d": 2 / 8})


def test_no_receiver_gets_more_than_it_accepts() -> None:
    found = shared(topics(a=9.0, b=4.0, c=8.0, d=5.0), reach, 2.0)

    for receiver in ("care", "ops"):
        assert sum(topic.budget for topic in found if receiver in reach(topic)) <= 2.0 + 1e-9


def test_a_topic_that_reaches_nobody_keeps_its_budget() -> None:
    assert shared(topics(e=50.0), reach, 2.0)[0].share == 1.0


def test_only_a_share_that_is_clearly_another_is_a_change() -> None:
    first = shared(topics(a=2.0, b=2.0), reach, 2.0)

    assert to_be_shared_anew(first, reach, 2.0) == ()
    assert to_be_shared_anew(first, reach, 2.04) == ()
    assert [topic.share for topic in to_be_shared_anew((*first, *topics(d=4.0)), reach, 2.0)] == [0.25, 0.25, 0.25]
