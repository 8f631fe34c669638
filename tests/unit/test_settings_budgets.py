import pytest

from streams.settings import DetectSettings, StreamSettings, TopicSettings


def settings(*budgets: float | None, receiver: float = 2.0) -> StreamSettings:
    topics = tuple(
        TopicSettings(id=f"t{number}", name="T", query="t", pages_per_week=budget)
        for number, budget in enumerate(budgets)
    )
    return StreamSettings(detect=DetectSettings(pages_per_week_per_receiver=receiver), topics=topics)


def test_few_topics_have_their_own_budgets() -> None:
    assert [topic.budget for topic in settings(None, 1.0).topic_values()] == [0.25, 1.0]


def test_many_topics_share_the_receivers_budget_in_proportion() -> None:
    shared = [topic.budget for topic in settings(1.0, 2.0, 5.0).topic_values()]

    assert shared == pytest.approx([0.25, 0.5, 1.25])


def test_thousands_of_topics_do_not_page_more_than_the_receiver_accepts() -> None:
    assert sum(topic.budget for topic in settings(*[None] * 2000).topic_values()) == pytest.approx(2.0)


def test_a_topic_beside_those_of_the_file_gets_its_share_too() -> None:
    known = settings(1.0, 1.0)

    beside = known.topic_value(TopicSettings(id="new", name="N", query="n", pages_per_week=2.0), known.topic_values())

    assert beside.pages_per_week == 2.0
    assert beside.budget == pytest.approx(1.0)
