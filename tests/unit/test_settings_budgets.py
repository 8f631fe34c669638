import pytest

from streams.peer_settings import PeerSettings
from streams.settings import DetectSettings, StreamSettings
from streams.topic_settings import TopicSettings


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


def test_a_peer_group_is_a_topic_with_a_budget_of_its_own_that_counts() -> None:
    group = PeerSettings(name="US airlines", topics=("t0", "t1"), pages_per_week=2.0, owner="comms")
    known = settings(1.0, 1.0).model_copy(update={"peers": (group,)})

    *others, watched = known.topic_values()

    assert (watched.id, watched.members, watched.owner) == ("peers.us-airlines", ("t0", "t1"), "comms")
    assert watched.budget == pytest.approx(1.0)
    assert [topic.budget for topic in others] == pytest.approx([0.5, 0.5])


def test_a_peer_group_may_say_of_pages_whether_they_are_ours_alone_and_no_more() -> None:
    group = PeerSettings(name="airlines", topics=("t0", "t1"), together=False)

    assert len(settings(1.0, 1.0).model_copy(update={"peers": (group,)}).topic_values()) == 2


@pytest.mark.parametrize("name", ["\u822a\u7a7a", "!", "a" * 100])
def test_whatever_a_peer_group_is_called_its_topic_has_an_id(name: str) -> None:
    group = PeerSettings(name=name, topics=("t0", "t1"))

    assert TopicSettings(id=group.topic, name="N", query="n").id == group.topic
