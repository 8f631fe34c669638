"""What is said in answer to what, by the brand itself and by others."""

from datetime import UTC, datetime

import msgspec
import pytest

from streams.erasure import author_number
from streams.evidence.minhash import likeness
from streams.id_index import hash64
from streams.mention import Author, Mention, Operation
from streams.public_reply import MOST_ANSWERS, PublicReply
from streams.sentiment.vader import VaderScorer
from streams.settings import ScoreSettings
from streams.stages.answer_gate import AnswerGate
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


def stage(**settings: object) -> PublicReplies:
    return PublicReplies("tocsin.replies", ScoreSettings.model_validate(settings), VaderScorer())


def heard(said: Mention, erased: frozenset[int] = frozenset(), **settings: object) -> list[PublicReply]:
    replies = stage(**settings)
    replies.hear(said, NOON_MS, erased)
    return [msgspec.json.decode(outgoing.value or b"", type=PublicReply) for outgoing in replies.take()]


def by(author: Author, said: Mention | None = None, **fields: object) -> Mention:
    return msgspec.structs.replace(said or mention(brand=False), author=author, **fields)


def test_an_answer_of_the_brand_names_its_parent_and_the_root_of_its_thread() -> None:
    replies = stage()

    replies.hear(mention(parent="7", thread="1"), NOON_MS)

    [outgoing] = replies.take()
    told = msgspec.json.decode(outgoing.value or b"", type=PublicReply)
    assert (outgoing.kafka_topic, outgoing.key) == ("tocsin.replies", b"x:9")
    assert (told.mention, told.answers, told.at, told.own) == ("x:9", ("x:7", "x:1"), AT, True)
    assert (told.text, told.polarity, told.author_number) == ("We are sorry", None, author_number("x", "acme"))
    assert replies.take() == []


@pytest.mark.parametrize("brand", [True, False], ids=["the brand's", "somebody else's"])
@pytest.mark.parametrize("parent", [None, "9", ""], ids=["to nobody", "to itself", "to an empty name"])
def test_what_is_said_to_nobody_is_not_told(parent: str | None, *, brand: bool) -> None:
    assert heard(mention(brand=brand, parent=parent)) == []


def test_what_others_answer_is_told_with_its_mood_and_what_it_is_said_to() -> None:
    [told] = heard(by(Author(id="ann", name="Ann"), text="This is terrible, call +44 20 7946 0958"))

    assert (told.own, told.answers, told.to) == (False, (), "x:7")
    assert told.polarity is not None
    assert told.polarity < -0.3
    assert (told.text, told.author) == ("This is terrible, call [phone]", "Ann")
    assert told.signature == ()


def test_a_quote_is_an_answer_to_what_it_quotes() -> None:
    [told] = heard(by(Author(id="ann"), mention(brand=False, parent=None), quote_of="4"))

    assert told.to == "x:4"


@pytest.mark.parametrize("author", [Author(id="77"), Author(id="5", name="@Acme_Care")], ids=["by id", "by name"])
def test_an_account_that_the_configuration_names_speaks_for_its_brand(author: Author) -> None:
    [told] = heard(by(author), own_accounts={"Acme": ["x:77", "X:acme_care"], "Other": ["y:77"]})

    assert (told.brand, told.answers) == ("Acme", ("x:7",))


def test_what_is_taken_back_is_told_whoever_said_it() -> None:
    assert heard(mention(op="delete")) == [PublicReply("x:9", (), AT, deleted=True)]


def test_of_an_erased_author_nothing_is_told() -> None:
    assert heard(by(Author(id="ann")), frozenset({author_number("x", "ann")})) == []


def test_names_are_left_out_where_handles_are_hidden() -> None:
    [told] = heard(by(Author(id="ann", name="Ann"), text="ask @bob about it please"), mask=["handle"])

    assert (told.author, told.text) == (None, "ask [handle] about it please")


def test_two_replies_from_one_template_have_nearly_the_same_signature() -> None:
    template = "Hi {}, we are sorry to hear that. Please send us your order number {} and we will look into it today."
    [one], [other] = (
        heard(msgspec.structs.replace(mention(), text=template.format(*names)))
        for names in (("Ann", "A-4411"), ("@bob_b", "B-9"))
    )

    assert likeness(one.signature, other.signature) > 0.6


def test_of_very_many_answers_to_one_mention_the_same_fair_sample_is_handed_on_in_whatever_order_they_come() -> None:
    every = [by(Author(id=f"a{number}"), id=f"r{number}") for number in range(2000)]
    smallest = set(sorted((said.key for said in every), key=hash64)[:MOST_ANSWERS])

    for order in (every, every[::-1], every + every):
        replies = stage(sentiment="none")
        for said in order:
            replies.hear(said, NOON_MS)
        told = [msgspec.json.decode(outgoing.value or b"", type=PublicReply).mention for outgoing in replies.take()]
        assert smallest <= set(told)
        assert len(set(told)) < 1200  # 256 * (1 + ln(2000 / 256)) = 782 are to be expected


def test_a_thread_that_the_brand_answers_in_directly_is_named_once() -> None:
    assert [reply.answers for reply in heard(mention(parent="7", thread="7"))] == [("x:7",)]


def test_however_many_mentions_are_answered_what_the_gate_remembers_is_bounded() -> None:
    gate = AnswerGate()

    for number in range(100_000):
        gate.admits(f"x:{number}", number)

    assert sum(map(len, gate._passed.values())) <= 32_768
    assert gate.admits("x:1", 5)


def test_an_answer_to_an_answer_of_ours_is_somebody_elses_and_ours_to_ours_is_ours() -> None:
    [theirs] = heard(by(Author(id="ann"), parent_id="9-reply"))
    [ours] = heard(mention(parent="our-own-earlier-reply"))

    assert (theirs.to, theirs.own) == ("x:9-reply", False)
    assert (ours.answers, ours.own) == (("x:our-own-earlier-reply",), True)


def test_a_mood_that_was_read_already_is_not_read_anew() -> None:
    replies = stage()

    replies.hear(mention(brand=False), NOON_MS, polarity=-0.5)

    [outgoing] = replies.take()
    assert msgspec.json.decode(outgoing.value or b"", type=PublicReply).polarity == -0.5  # "We are sorry" says else
