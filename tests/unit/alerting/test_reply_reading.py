"""Records of public answers, and records that are none."""

import pytest

from alerting.reply_reading import read_replies
from streams.broker.base import Partition, Record
from streams.codec import encode_reply
from streams.public_reply import PublicReply
from tests.fakes.clock import START

GOOD = encode_reply(PublicReply("x:9", ("x:7", "x:1"), START))


def record(value: bytes | None, offset: int = 0) -> Record:
    return Record(Partition("tocsin.replies", 0), offset, b"x:7", value, 0)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"mention":"x:9","answers":[],"at":"2026-01-05T12:00:00Z"}',
        b'{"mention":"x:9","answers":["x:7"],"at":"2026-01-05T12:00:00"}',
    ],
    ids=["nothing", "empty", "no fields", "no text", "deep", "answers nothing", "no zone"],
)
def test_what_is_no_answer_is_told_and_the_others_are_read(value: bytes | None) -> None:
    replies, unreadable = read_replies([record(value), record(GOOD, 1)])

    assert replies == [PublicReply("x:9", ("x:7", "x:1"), START)]
    assert [one.offset for one, _ in unreadable] == [0]
