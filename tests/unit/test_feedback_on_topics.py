"""Verdicts stand with the topic's declaration, and its caution follows from them."""

from datetime import timedelta

import msgspec
import pytest

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.declarations import Declarations
from streams.errors import TopicRefused, UnknownTopic
from streams.feedback import MOST_COUNTED, MOST_KEPT, Feedback, Verdict, caution_of
from streams.stages.tracked_topics import definition_of, topic_of
from streams.topic import Declared, Topic
from tests.fakes.clock import START

KAFKA_TOPIC = "tocsin.topics"
REFUNDS = Topic(id="refunds", name="Refunds", query="refund*")


def said(number: int, verdict: Verdict = Verdict.FALSE_ALARM) -> Feedback:
    return Feedback(f"fb_{number}", verdict, START + timedelta(minutes=number), "jo")


def declared(known: Declarations, value: Declared) -> Declared:
    out: Outgoing = known.record(KAFKA_TOPIC, value)
    known.take(Record(Partition(KAFKA_TOPIC, 0), 0, out.key, out.value, 0))
    return known.declared[value.topic.id]


def of_file(topic: Topic = REFUNDS, known: Declarations | None = None) -> Declarations:
    known = known or Declarations()
    for out in known.declare_file(KAFKA_TOPIC, [topic], by="the file", now=START):
        known.take(Record(Partition(KAFKA_TOPIC, 0), 0, out.key, out.value, 0))
    return known


def judged(known: Declarations, feedback: Feedback) -> Declared:
    return declared(known, known.add_feedback("refunds", feedback, now=START))


class TestCaution:
    def test_a_false_alarm_makes_stricter_and_a_missed_event_milder(self) -> None:
        assert caution_of([said(1)]) == (2 + 1) / 2
        assert caution_of([said(1, Verdict.MISSED)]) == 2 / (2 + 1)

    @pytest.mark.parametrize(("verdict", "bound"), [(Verdict.FALSE_ALARM, 4.0), (Verdict.MISSED, 0.25)])
    def test_is_bounded_whatever_is_said(self, verdict: Verdict, bound: float) -> None:
        assert caution_of([said(n, verdict) for n in range(MOST_KEPT)]) == bound

    def test_counts_the_newest_in_whatever_order_they_stand(self) -> None:
        old = [said(n, Verdict.MISSED) for n in range(30)]
        new = [said(100 + n) for n in range(MOST_COUNTED)]

        assert caution_of([*new, *old]) == caution_of([*old, *new]) == caution_of(new)


def test_a_verdict_raises_the_revision_and_travels_to_detect_with_the_definition() -> None:
    known = of_file()
    before = known.declared["refunds"].topic.revision

    after = judged(known, said(1)).topic

    assert after.revision > before
    assert after.caution == 1.5
    assert topic_of(definition_of(after)).caution == 1.5


def test_the_same_again_changes_nothing_and_withdrawing_leaves_no_trace() -> None:
    known = of_file()
    first = judged(known, said(1))

    assert known.add_feedback("refunds", said(1), now=START) is first
    left = declared(known, known.remove_feedback("refunds", "fb_1", now=START))
    assert (left.feedback, left.topic.caution) == ((), 1.0)
    assert known.remove_feedback("refunds", "fb_1", now=START) is left


def test_a_restart_with_the_same_file_keeps_what_people_said() -> None:
    known = of_file()
    judged(known, said(1))

    of_file(known=known)

    assert known.declared["refunds"].topic.caution == 1.5


def test_another_name_keeps_it_and_another_query_begins_without() -> None:
    known = of_file()
    judged(known, said(1))

    of_file(msgspec.structs.replace(REFUNDS, name="All refunds"), known)
    renamed = known.declared["refunds"]
    of_file(msgspec.structs.replace(REFUNDS, query="money"), known)
    another = known.declared["refunds"]

    assert (len(renamed.feedback), renamed.topic.caution) == (1, 1.5)
    assert (another.feedback, another.topic.caution) == ((), 1.0)


def test_nobody_fills_the_log_with_verdicts() -> None:
    known = of_file()
    for number in range(MOST_KEPT):
        judged(known, said(number))

    with pytest.raises(TopicRefused, match="as many as are kept"):
        known.add_feedback("refunds", said(MOST_KEPT), now=START)
    assert len(codec.encode_declared(known.declared["refunds"])) < 20_000


def test_an_unknown_topic_takes_none() -> None:
    with pytest.raises(UnknownTopic):
        of_file().add_feedback("flights", said(1), now=START)
