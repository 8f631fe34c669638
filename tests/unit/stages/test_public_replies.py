"""What the brand itself says, and which mentions that answers."""

from datetime import UTC, datetime

import msgspec
import pytest

from streams.mention import Author, Mention, Operation
from streams.public_reply import PublicReply
from streams.stages.public_replies import PublicReplies

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOON_MS = int(AT.timestamp() * 1000)


def mention(
    *, brand: bool = True, parent: str | None = "7", thread: str | None = None, op: Operation = "create"
) -> Mention:
    author = Author(id="acme", is_brand_reply=brand)
    return Mention(
        id="9",
        platform="x",
        published_at=AT,
        text="We are sorry",
        author=author,
        parent_id=parent,
        thread_id=thread,
        op=op,
    )


def heard(said: Mention) -> list[PublicReply]:
    replies = PublicReplies("tocsin.replies")
    replies.hear(said, NOON_MS)
    return [msgspec.json.decode(outgoing.value or b"", type=PublicReply) for outgoing in replies.take()]


def test_an_answer_names_its_parent_and_the_root_of_its_thread() -> None:
    replies = PublicReplies("tocsin.replies")

    replies.hear(mention(parent="7", thread="1"), NOON_MS)

    [outgoing] = replies.take()
    assert (outgoing.kafka_topic, outgoing.key) == ("tocsin.replies", b"x:7")
    assert msgspec.json.decode(outgoing.value or b"", type=PublicReply) == PublicReply("x:9", ("x:7", "x:1"), AT)
    assert replies.take() == []


@pytest.mark.parametrize(
    "said",
    [mention(brand=False), mention(parent=None), mention(parent="9"), mention(op="delete"), mention(parent="")],
    ids=["somebody else's", "to nobody", "to itself", "taken back", "to an empty name"],
)
def test_what_is_no_answer_of_the_brand_is_not_told(said: Mention) -> None:
    assert heard(said) == []


def test_a_thread_that_the_brand_answers_in_directly_is_named_once() -> None:
    assert [reply.answers for reply in heard(mention(parent="7", thread="7"))] == [("x:7",)]
