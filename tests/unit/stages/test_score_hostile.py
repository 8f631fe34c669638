"""Whatever somebody writes into the Kafka topic of mentions: it counts or becomes a dead letter, and nothing stops."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.broker.base import Outgoing, Record
from streams.errors import TooManyDeadLetters
from streams.kafka_topics import specs
from streams.mention import Author, Mention
from streams.settings import KafkaSettings, StreamSettings
from tests.fakes.hostile import HOSTILE
from tests.fakes.score_stage import SOURCE, START, at, make_stage, partials, record, watermarks

KAFKA: Final = KafkaSettings()
LARGEST: Final = {spec.name: int(spec.config["max.message.bytes"]) for spec in specs(StreamSettings())}
TEN_DAYS: Final = 10 * 86_400

TEXTS = st.one_of(
    st.text(st.characters(codec=None, categories=None), max_size=20),  # lone surrogates too
    st.sampled_from([hostile.text for hostile in HOSTILE]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from([*Mention.__struct_fields__, *(f"author.{name}" for name in Author.__struct_fields__), "odd"])


def raw(value: bytes | None, *, key: bytes | None = b"x:1", accepted: float = 0) -> Record:
    return Record(SOURCE, 0, key, value, round(at(accepted).timestamp() * 1000))


def sizes(outgoing: list[Outgoing]) -> list[tuple[str, int]]:
    """What a record takes in Kafka, by Kafka topic."""
    return [
        (
            out.kafka_topic,
            len(out.key or b"") + len(out.value or b"") + sum(len(name) + len(value) for name, value in out.headers),
        )
        for out in outgoing
    ]


def put_through(*records: Record) -> list[Outgoing]:
    stage = make_stage(dead_letter_share=1.0)
    stage.fold(records, at(1))
    outgoing = [*stage.flush(at(2), at_end=True), *stage.changes(len(records))]
    assert all(size < LARGEST[kafka_topic] for kafka_topic, size in sizes(outgoing))
    return outgoing


def counted(outgoing: list[Outgoing]) -> int:
    return sum(partial.tally.mentions for partial in partials(outgoing) if partial.topic == "acme")


def letters(outgoing: list[Outgoing]) -> int:
    return sum(out.kafka_topic == KAFKA.dead_letters for out in outgoing)


@given(fields=st.dictionaries(FIELDS, VALUES, max_size=5), text=TEXTS)
def test_a_mention_with_any_field_changed_counts_or_becomes_a_dead_letter(fields: dict[str, Any], text: str) -> None:
    value: dict[str, Any] = {
        "id": "hostile",
        "platform": "x",
        "published_at": START.isoformat(),
        "text": f"acme refund {text}",
    }
    author = {name.removeprefix("author."): field for name, field in fields.items() if name.startswith("author.")}
    value |= {name: field for name, field in fields.items() if not name.startswith("author.")}
    if author:
        value["author"] = author

    outgoing = put_through(raw(json.dumps(value).encode()), record("acme", id="good"))

    assert counted(outgoing) >= 1
    assert letters(outgoing) <= 1


@given(value=st.none() | st.binary(max_size=300), key=st.none() | st.binary(max_size=30))
def test_any_bytes_count_or_become_a_dead_letter(value: bytes | None, key: bytes | None) -> None:
    outgoing = put_through(raw(value, key=key), record("acme", id="good"))

    assert counted(outgoing) == 1
    assert letters(outgoing) == 1


@pytest.mark.parametrize("field", ["id", "platform", "text", "lang", "country", "author.name", "author.id", "odd"])
@pytest.mark.parametrize("text", [b'"\\ud800"', b'"\\udfff acme"', b'"\xed\xa0\x80"', b'"\xff"'], ids=repr)
def test_text_that_no_encoding_carries_is_no_poison(field: str, text: bytes) -> None:
    inner = field.removeprefix("author.")
    written = b'{"%s": %s}' % (inner.encode(), text)
    fields = {"id": b'"1"', "platform": b'"x"', "text": b'"acme"', "published_at": f'"{START.isoformat()}"'.encode()}
    fields |= {"author": written} if inner != field else {field: text}
    value = b"{%s}" % b", ".join(b'"%s": %s' % (name.encode(), held) for name, held in fields.items())

    outgoing = put_through(raw(value), record("acme", id="good"))

    assert counted(outgoing) >= 1


def test_a_record_far_beyond_the_limit_becomes_a_letter_that_kafka_takes() -> None:
    large = b'{"id": "1", "platform": "x", "text": "%s"}' % (b"a" * 50_000_000)

    outgoing = put_through(raw(large), record("acme", id="good"))

    assert (counted(outgoing), letters(outgoing)) == (1, 1)


def test_depth_without_end_is_a_dead_letter() -> None:
    deep = b'{"id": "1", "platform": "x", "odd": %s%s}' % (b"[" * 200_000, b"]" * 200_000)

    outgoing = put_through(raw(deep), record("acme", id="good"))

    assert (counted(outgoing), letters(outgoing)) == (1, 1)


def test_a_partition_of_garbage_stops_its_stage_and_says_where() -> None:
    stage = make_stage()

    with pytest.raises(TooManyDeadLetters, match=f"records of {SOURCE} are no mentions"):
        stage.fold([raw(b"\x00garbage")] * 1000, at(0))


def test_one_clock_ten_days_ahead_moves_nobodys_time() -> None:
    stage = make_stage()
    stage.fold([record("acme", id="1"), record("acme", id="2", published=TEN_DAYS, accepted=1)], at(1))

    told = [watermark for _, watermark in watermarks(stage.flush(at(2), at_end=True))]

    assert told
    for watermark in told:
        assert watermark.event_ms is not None
        assert watermark.event_ms <= at(1 + 120).timestamp() * 1000
