from datetime import UTC, datetime

import msgspec
import pytest

from streams import codec
from streams.definition import Definition
from streams.errors import InvalidMention, StateCorrupted
from streams.events import PartialCount, Tally, Watermark

PLAIN = b'{"id":"1","platform":"x","published_at":"2026-01-01T00:00:00Z","text":"hi"'


def test_keeps_keys_it_does_not_know() -> None:
    mention = codec.decode_mention(PLAIN + b',"mood":"sour","author":{"id":"a","badge":2}}')

    assert mention.extra == {"mood": "sour", "author": {"badge": 2}}
    assert mention.author is not None
    assert mention.author.id == "a"


def test_reads_what_it_wrote() -> None:
    mention = codec.decode_mention(PLAIN + b',"mood":"sour"}')

    assert codec.decode_mention(codec.encode_mention(mention)) == mention


@pytest.mark.parametrize(
    ("value", "part_of_reason"),
    [
        (None, "no value"),
        (b"", "no value"),
        (b"\xff\xfe", "not JSON"),
        (b'{"id":', "not JSON"),
        (PLAIN + b',"zz":{]', "not JSON"),
        (PLAIN + b',"zz":1,"title":"\xff"}', "not JSON"),
        (b"[" * 100_000, "Expected `object`"),
        (b"[1]", "Expected `object`"),
        (b'{"id":"1"}', "missing required field"),
        (PLAIN + b',"likes":-1}', "$.likes"),
        (PLAIN + b',"mood":1,"likes":-1}', "$.likes"),
        (b'{"id":"1","platform":"x","published_at":"2026-01-01T00:00:00","text":"hi"}', "timezone"),
        (b" " * 1_000_001, "at most 1000000"),
    ],
)
def test_says_why_a_record_is_no_mention(value: bytes | None, part_of_reason: str) -> None:
    with pytest.raises(InvalidMention) as refused:
        codec.decode_mention(value)

    assert part_of_reason in refused.value.reason


def test_tells_partials_from_watermarks() -> None:
    partial = PartialCount(topic="refunds", revision=1, second=5, tally=Tally(mentions=2, neutral=2))
    watermark = Watermark(source="mentions-0", event_ms=5000, idle=False, sources=1)

    assert codec.decode_of_partials(codec.encode_partial(partial)) == (partial,)
    assert codec.decode_of_partials(codec.encode_watermark(watermark)) == (watermark,)


def test_a_pack_holds_what_was_put_together_in_its_order() -> None:
    partial = PartialCount(topic="refunds", revision=1, second=5, tally=Tally(mentions=2, neutral=2))
    watermark = Watermark(source="mentions-0", event_ms=5000, idle=False, sources=1)
    definition = Definition(topic="refunds", revision=1)

    pack = codec.pack_of_partials(
        [codec.encode_definition(definition), codec.encode_partial(partial), codec.encode_watermark(watermark)]
    )

    assert codec.decode_of_partials(pack) == (definition, partial, watermark)


def test_a_pack_of_a_later_version_is_refused_by_its_number() -> None:
    later = msgspec.msgpack.encode(("pack", (2, "whatever that may be")))

    with pytest.raises(StateCorrupted, match="has version 2, not 1"):
        codec.decode_of_partials(later)


@pytest.mark.parametrize("value", [None, b"", b"garbage", b"\x92\xa5other\x01", b"\x92\xa4pack\xc1"])
def test_refuses_foreign_records_in_its_own_topics(value: bytes | None) -> None:
    with pytest.raises(StateCorrupted):
        codec.decode_of_partials(value)


def test_keeps_the_offset_of_a_time() -> None:
    mention = codec.decode_mention(PLAIN.replace(b"Z", b"+02:00") + b"}")

    assert mention.published_at.astimezone(UTC) == datetime(2025, 12, 31, 22, tzinfo=UTC)
