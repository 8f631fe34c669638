"""What is declared is a fold over one log."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec
import pytest

from streams import codec, declarations
from streams.broker.base import Outgoing, Partition, Record
from streams.declarations import Declarations, overload
from streams.errors import InvalidQuery, StateCorrupted, TopicChanged, TopicRefused, UnknownTopic
from streams.topic import Declared, Origin, Topic
from tests.fakes.clock import START

KAFKA_TOPIC = "tocsin.topics"
PARTITION = Partition(KAFKA_TOPIC, 0)
MS = int(START.timestamp() * 1000)
REFUNDS = Topic(id="refunds", name="Refunds", query="refund*")
LATE = Topic(id="late", name="Late", query="late OR delayed")


def taken(into: Declarations, outgoing: Iterable[Outgoing]) -> Declarations:
    for offset, out in enumerate(outgoing):
        into.take(Record(PARTITION, offset, out.key, out.value, MS, out.headers))
    return into


def of_file(*topics: Topic, before: Declarations | None = None, later: float = 0) -> Declarations:
    known = before or Declarations()
    now = START + timedelta(seconds=later)
    return taken(known, known.declare_file(KAFKA_TOPIC, topics, by="the file", now=now))


def put(known: Declarations, topic: Topic, *, later: float = 0, expected: int | None = None) -> Declared:
    declared = known.put(topic, by="jo", now=START + timedelta(seconds=later), expected=expected)
    taken(known, [known.record(KAFKA_TOPIC, declared)])
    return declared


def test_topics_are_complete_once_a_configuration_was_declared_even_an_empty_one() -> None:
    assert not Declarations().complete
    assert of_file().complete


def test_the_revision_is_the_moment_of_the_change() -> None:
    known = of_file(REFUNDS, later=2)

    assert known.declared["refunds"].topic.revision == MS + 2000


def test_a_clock_that_went_back_still_makes_a_higher_revision() -> None:
    known = of_file(REFUNDS)

    of_file(msgspec.structs.replace(REFUNDS, query="refund"), before=known, later=-3600)

    assert known.declared["refunds"].topic.revision == MS + 1


def test_declaring_the_same_again_writes_nothing() -> None:
    assert of_file(REFUNDS).declare_file(KAFKA_TOPIC, [REFUNDS], by="the file", now=START) == []


def test_what_left_the_file_is_removed_and_what_the_api_declared_stays() -> None:
    known = of_file(REFUNDS)
    put(known, LATE)

    of_file(before=known, later=1)

    assert list(known.declared) == ["late"]
    assert known.removed == {"refunds": MS + 1000}


def test_a_topic_that_the_file_names_is_the_files_from_then_on() -> None:
    known = of_file()
    put(known, LATE)

    of_file(LATE, before=known)

    assert known.declared["late"].origin is Origin.FILE


def test_a_topic_that_comes_back_has_a_higher_revision_than_its_removal() -> None:
    known = of_file()
    put(known, LATE)
    taken(known, [known.tombstone(KAFKA_TOPIC, "late", START + timedelta(hours=1))])

    again = put(known, LATE)

    assert again.topic.revision == known.declared["late"].topic.revision > MS + 3_600_000
    assert known.removed == {}


def test_the_same_topic_again_keeps_its_revision() -> None:
    known = of_file()
    first = put(known, LATE)

    assert put(known, LATE, later=60) == first


def test_a_change_has_to_be_based_on_what_stands() -> None:
    known = of_file()
    revision = put(known, LATE).topic.revision

    with pytest.raises(TopicChanged, match=str(revision)):
        put(known, msgspec.structs.replace(LATE, query="late"), expected=revision - 1)
    with pytest.raises(TopicChanged, match="is not there"):
        put(known, msgspec.structs.replace(LATE, id="other"), expected=revision)
    with pytest.raises(TopicChanged, match="there already"):
        known.put(LATE, by="jo", now=START, expected=None, absent=True)
    with pytest.raises(TopicChanged):
        known.remove("late", expected=revision + 1)


def test_the_file_is_changed_in_the_file() -> None:
    known = of_file(REFUNDS)

    with pytest.raises(TopicRefused, match="configuration file"):
        put(known, msgspec.structs.replace(REFUNDS, query="money"))
    with pytest.raises(TopicRefused, match="configuration file"):
        known.remove("refunds", expected=None)


def test_parents_exist_and_stand_above_nobody_twice() -> None:
    known = of_file()
    put(known, LATE)
    put(known, Topic(id="trains", name="Trains", query="train", parent="late"))

    with pytest.raises(TopicRefused, match="no topic 'nobody'"):
        put(known, Topic(id="x", name="X", query="xx", parent="nobody"))
    with pytest.raises(TopicRefused, match="above itself"):
        put(known, msgspec.structs.replace(LATE, parent="trains"))
    with pytest.raises(TopicRefused, match="trains would lose"):
        known.remove("late", expected=None)


def test_there_is_nothing_to_remove_of_an_unknown_topic() -> None:
    with pytest.raises(UnknownTopic):
        of_file().remove("nope", expected=None)


def test_a_query_that_does_not_parse_is_refused_with_its_column() -> None:
    with pytest.raises(InvalidQuery, match="column 1"):
        put(of_file(), Topic(id="x", name="X", query="NOT jobs"))


def test_all_queries_together_have_a_bound() -> None:
    known = of_file()
    most = " OR ".join(f"word{number}" for number in range(1000))
    full = declarations.MAX_TERMS_IN_ALL // 1000
    for number in range(full):
        put(known, Topic(id=f"t{number}", name="T", query=most))

    with pytest.raises(TopicRefused, match=f"{full * 1000 + 1} terms"):
        put(known, Topic(id="one-more", name="T", query="word"))
    put(known, Topic(id="t0", name="T", query="word"))
    put(known, Topic(id="one-more", name="T", query="word"))


def test_a_configuration_with_too_many_topics_is_named() -> None:
    topic = Topic(id="x", name="X", query="word")

    assert overload([topic] * declarations.MAX_TOPICS) is None
    assert "20001 topics" in (overload([topic] * (declarations.MAX_TOPICS + 1)) or "")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"late", b"garbage"),
        (b"late", codec.encode_declared(Declared(REFUNDS, Origin.API, START, "jo"))),
        (b"x", codec.encode_declared(Declared(Topic("x", "X", "NOT x"), Origin.API, START, "jo"))),
        (None, b"{}"),
    ],
)
def test_what_somebody_else_wrote_changes_nothing(key: bytes | None, value: bytes) -> None:
    known = of_file(REFUNDS, LATE)
    before = dict(known.declared)

    with pytest.raises(StateCorrupted):
        known.take(Record(PARTITION, 9, key, value, MS))

    assert known.declared == before


def test_a_removal_by_a_foreign_hand_has_the_revision_of_its_time() -> None:
    known = of_file(REFUNDS)

    known.take(Record(PARTITION, 9, b"refunds", None, MS + 5000))

    assert known.removed == {"refunds": MS + 5000}
