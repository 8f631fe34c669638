"""Topics that change while a score stage counts."""

from collections.abc import Iterable

from streams.broker.base import Outgoing
from streams.definition import Definition
from streams.events import Watermark
from streams.matching import TopicMatcher
from streams.stages.score import ScoreStage
from streams.topic import Topic
from tests.fakes.score_stage import TOPICS, at, make_stage, of_partials, partials, record

REFUNDS, ACME = TOPICS
WIDER = Topic(id="refunds", name="Refunds", query="refund* OR money", revision=8)


def definitions(outgoing: Iterable[Outgoing]) -> list[Definition]:
    return [value for value in of_partials(outgoing) if isinstance(value, Definition)]


def flushed(stage: ScoreStage, second: float = 0) -> list[Outgoing]:
    return stage.flush(at(second), at_end=False)


def test_a_definition_stands_before_the_first_count_under_its_revision_and_never_again() -> None:
    stage = make_stage()

    stage.fold([record(id="1")], at(0))
    first = flushed(stage)
    stage.fold([record(id="2", published=1)], at(1))
    second = flushed(stage, 1)

    kinds = [type(value).__name__ for value in of_partials(first) if not isinstance(value, Watermark)]
    assert kinds == ["Definition", "PartialCount"]
    assert [(one.topic, one.revision) for one in definitions(first)] == [("refunds", 7)]
    assert definitions(second) == []


def test_what_was_counted_before_a_change_keeps_the_revision_of_then() -> None:
    stage = make_stage()
    stage.fold([record("refund", id="1")], at(0))

    stage.adopt(TopicMatcher([WIDER, ACME]), {})
    stage.fold([record("money", id="2", published=1)], at(1))
    found = flushed(stage)

    assert [(partial.revision, partial.tally.mentions) for partial in partials(found)] == [(7, 1), (8, 1)]
    assert [one.revision for one in definitions(found)] == [7, 8]


def test_a_new_topic_counts_from_the_next_batch_on() -> None:
    stage = make_stage()

    stage.adopt(TopicMatcher([*TOPICS, Topic(id="late", name="Late", query="late", revision=9)]), {})
    stage.fold([record("late again")], at(0))

    assert [(partial.topic, partial.revision) for partial in partials(flushed(stage))] == [("late", 9)]


def test_the_same_query_has_the_same_subject_whatever_else_changes() -> None:
    stage = make_stage()
    stage.fold([record()], at(0))

    stage.adopt(TopicMatcher([Topic("refunds", "Money back", "refund*", revision=9, pages_per_week=2.0)]), {})
    before, after = definitions(flushed(stage))

    assert before.subject == after.subject
    assert (before.pages_per_week, after.pages_per_week) == (0.25, 2.0)


def test_a_removal_is_told_once_and_what_was_counted_is_corrected_no_more() -> None:
    stage = make_stage()
    stage.fold([record("refund", id="1", seq=1)], at(0))
    flushed(stage)

    stage.adopt(TopicMatcher([ACME]), {"refunds": 12})
    stage.fold([record(id="1", op="delete", seq=2)], at(1))
    found = flushed(stage)
    stage.adopt(TopicMatcher([ACME]), {"refunds": 12})

    assert [(one.topic, one.revision, one.removed) for one in definitions(found)] == [("refunds", 12, True)]
    assert partials(found) == []
    assert definitions(flushed(stage)) == []


def test_an_update_after_a_change_is_subtracted_where_the_mention_was_counted() -> None:
    stage = make_stage()
    stage.fold([record("refund from acme", id="1", seq=1)], at(0))
    flushed(stage)

    stage.adopt(TopicMatcher([Topic("refunds", "Refunds", "money", revision=8), ACME]), {})
    stage.fold([record("refund from acme", id="1", seq=2)], at(1))

    [corrected] = [partial for partial in partials(flushed(stage)) if partial.tally.mentions]
    assert (corrected.topic, corrected.tally.mentions, corrected.revision) == ("refunds", -1, 8)


def test_the_words_of_a_topics_name_and_brand_are_its_own_too() -> None:
    stage = make_stage()
    stage.fold([record("acme air refund", id="1")], at(0))

    stage.adopt(TopicMatcher([Topic("refunds", "Acme Air's refunds", "refund*", revision=9, brand="Acme Air")]), {})
    stage.fold([record("@AcmeAir refund pending, acme air is sorry", id="2", published=1)], at(1))
    found = flushed(stage)

    assert definitions(found)[-1].own_words == (
        "refund*",
        "acme",
        "acmeair",
        "acmeairrefunds",
        "air",
        "refund",
        "refunds",
    )
    assert set(partials(found)[-1].terms) == {"pending", "sorry"}
