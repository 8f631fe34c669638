"""What we ourselves did in an event: whom we answered, with what words, and what that drew."""

import random
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.conduct.backlash import backlashes
from alerting.conduct.canned import canned
from alerting.conduct.helping import help_given, helping
from alerting.conduct.home import at_home
from alerting.conduct.looking import View, looked
from alerting.conduct.waits import waits
from alerting.incidents.model import Incident
from alerting.incidents.own_part import Backlash, OwnPart, Said, Waiting
from alerting.incidents.reply_store import Drawn, OwnReplies
from streams.evidence.features import tokens
from streams.evidence.minhash import signature
from streams.findings import Complaint
from streams.public_reply import PublicReply
from tests.fakes.clock import START
from tests.fakes.stored import EVIDENCE, incident

OURS = 99
TEMPLATE = "Hi {}, we are sorry to hear that. Please send us your order number by message so that we can look into it."
DAY_AGO = START - timedelta(days=1)


def complaint(minutes: float, *, weight: float = 1.0, author: int | None = 7) -> Complaint:
    return Complaint(START + timedelta(minutes=minutes), weight, author)


def ours(mention: str, *answers: str, minutes: float = 0, text: str = "", **fields: object) -> PublicReply:
    signed = signature(tokens(text)) or ()
    reply = PublicReply(mention, answers, START + timedelta(minutes=minutes), author_number=OURS, text=text)
    return msgspec.structs.replace(reply, signature=signed, **fields)


def theirs(mention: str, to: str, author: int | None, polarity: float | None, text: str = "") -> PublicReply:
    return PublicReply(mention, (), START, to=to, author_number=author, polarity=polarity, text=text)


def calm(number: int) -> dict[str, Drawn]:
    """What ordinary replies draw: mostly nothing, some one friendly answer."""
    return {f"x:calm{at}": Drawn(1, 1, 1, at % 5 == 0) for at in range(0, number, 2)}


def replies(number: int) -> list[PublicReply]:
    return [ours(f"x:calm{at}", f"x:{at}", minutes=-at) for at in range(number)]


BACKLASH = Backlash(Said("x:bad", "x:7", START), 50, 50, 40, 0.5, 0.3, 1e-6)
COMPLAINTS = {"x:1": complaint(0, author=1), "x:2": complaint(0, author=2), "x:3": complaint(0, author=None)}


class TestWaits:
    def test_every_complaint_was_looked_at_so_the_count_is_exact(self) -> None:
        complaints = {"x:1": complaint(0), "x:2": complaint(10), "x:3": complaint(20), "x:4": complaint(30)}
        found = waits(complaints, [ours("x:8", "x:1", minutes=6), ours("x:9", "x:2", "x:3", minutes=24)])

        assert found is not None
        assert (found.looked_at, found.answered, found.unanswered) == (4, 3, 1.0)
        assert (found.low, found.high) == (1.0, 1.0)
        assert found.median_seconds == 360.0  # waits of 6, 14 and 4 minutes
        assert found.waiting == (Waiting("x:4", START + timedelta(minutes=30)),)

    def test_the_first_answer_counts_and_one_from_before_the_complaint_was_given_at_once(self) -> None:
        complaints = {"x:1": complaint(0), "x:2": complaint(0)}
        found = waits(
            complaints, [ours("x:8", "x:1", minutes=9), ours("x:7", "x:1", minutes=5), ours("x:9", "x:2", minutes=-3)]
        )

        assert found is not None
        assert found.median_seconds == 150.0  # between 5 minutes and none

    def test_by_a_sample_the_number_lies_between_bounds_that_keep_to_what_was_seen(self) -> None:
        complaints = {f"x:{number}": complaint(0, weight=10.0) for number in range(40)}
        found = waits(complaints, [ours(f"x:r{number}", f"x:{number}", minutes=1) for number in range(10)])

        assert found is not None
        assert (found.complaints, found.unanswered) == (400.0, 300.0)
        # 1.645 standard errors of 3/4 over 40, a tenth of the whole: 0.107 on either side
        assert found.low == pytest.approx(400 * 0.63, abs=6)
        assert found.high == pytest.approx(400 * 0.84, abs=6)

    def test_those_that_wait_longest_are_named_and_of_many_five(self) -> None:
        found = waits({f"x:{minute}": complaint(minute) for minute in range(9, 0, -1)}, [ours("x:r", "x:2")])

        assert found is not None
        assert [one.mention for one in found.waiting] == ["x:1", "x:3", "x:4", "x:5", "x:6"]
        assert found.oldest_at == START + timedelta(minutes=1)

    def test_nobody_was_answered(self) -> None:
        found = waits({"x:1": complaint(0, weight=50.0)}, [])

        assert found is not None
        assert (found.answered, found.median_seconds, found.unanswered) == (0, None, 50.0)
        assert found.high == 50.0

    def test_without_complaints_there_is_nothing_to_tell(self) -> None:
        assert waits({}, [ours("x:8", "x:1")]) is None


class TestCanned:
    def test_replies_from_one_template_are_found_whomever_they_are_said_to(self) -> None:
        names = ("Ann", "Bob", "Carla", "Dev", "Eve")
        sent = [ours(f"x:r{at}", f"x:{at}", minutes=at, text=TEMPLATE.format(name)) for at, name in enumerate(names)]
        written = ours("x:w", "x:w0", minutes=9, text="Your parcel left Lyon this morning and is due before noon.")

        found = canned(OwnReplies(6, (written, *sent)), today=DAY_AGO, began=START + timedelta(minutes=2))

        assert (found.today, found.today_canned, found.here, found.here_canned) == (6, 5, 4, 3)
        [template] = found.templates
        assert (template.today, template.here, template.example.mention) == (5, 3, "x:r0")
        assert template.example.text == TEMPLATE.format("Ann")

    def test_the_same_reply_to_one_mention_is_no_template(self) -> None:
        loop = tuple(ours(f"x:r{at}", "x:1", text=TEMPLATE.format("Ann")) for at in range(50))

        assert canned(OwnReplies(50, loop), today=DAY_AGO, began=START).today_canned == 0

    def test_what_the_source_calls_a_template_is_one(self) -> None:
        said = (ours("x:r1", "x:1", text="Thanks!", template="thanks-en"), ours("x:r2", "x:2", text="Thanks!"))

        [template] = canned(OwnReplies(2, said), today=DAY_AGO, began=START).templates

        assert (template.declared, template.today) == ("thanks-en", 1)

    def test_of_more_replies_than_were_read_the_number_is_an_estimate(self) -> None:
        sent = tuple(ours(f"x:r{at}", f"x:{at}", text=TEMPLATE.format(at)) for at in range(10))

        found = canned(OwnReplies(40, sent), today=DAY_AGO, began=START)

        assert (found.today, found.today_canned) == (40, 40)


class TestBacklash:
    def test_a_reply_that_draws_many_negative_answers_is_told_with_what_is_usual(self) -> None:
        bad = ours("x:bad", "x:7", minutes=5, likes=3)
        every = [*replies(30), bad]

        [found] = backlashes(every, every, {**calm(30), "x:bad": Drawn(50, 50, 48, 40)})

        assert (found.reply.mention, found.answers, found.scored, found.negative) == ("x:bad", 50, 48, 40)
        assert found.negative_share == pytest.approx(40 / 48)
        assert found.ratioed
        assert found.expected == pytest.approx((15 + 2) / (30 + 4), abs=1e-3)  # with what was known before
        assert found.chance < 1e-9

    @pytest.mark.parametrize(
        "drawn",
        [Drawn(50, 50, 50, 5), Drawn(4, 4, 4, 4), Drawn(0, 0, 0, 0), Drawn(50, 50, 0, 0)],
        ids=["many, and friendly", "negative, and few", "nothing", "of unknown mood"],
    )
    def test_no_backlash_is(self, drawn: Drawn) -> None:
        bad = ours("x:bad", "x:7")

        assert backlashes([bad], [*replies(30), bad], {**calm(30), "x:bad": drawn}) == ()

    def test_where_every_reply_draws_as_much_none_stands_out(self) -> None:
        every = replies(30)
        drawn = {one.mention: Drawn(12, 12, 12, 7) for one in every[:10]}
        drawn |= {one.mention: Drawn(12, 12, 12, 5) for one in every[10:]}

        assert backlashes(every, every, drawn) == ()

    def test_several_at_once_do_not_hide_one_another(self) -> None:
        bad = [ours(f"x:bad{at}", f"x:{at}") for at in range(4)]
        drawn = calm(30) | {one.mention: Drawn(60, 60, 60, 50 + at) for at, one in enumerate(bad)}

        found = backlashes(bad, [*replies(30), *bad], drawn)

        assert [one.reply.mention for one in found] == ["x:bad3", "x:bad2", "x:bad1", "x:bad0"]


class TestHelping:
    def test_customers_who_answer_others_are_counted_and_thanks_come_from_who_complained(self) -> None:
        tip = theirs("x:h1", "x:1", 5, 0.4, "Log out and in again, it works")
        said = [
            tip,
            theirs("x:h2", "x:2", 6, 0.0, "You can write to their shop instead"),
            theirs("x:n1", "x:1", 7, -0.6, "They stole my money as well"),  # negative
            theirs("x:n2", "x:1", 8, 0.0, "same here"),  # says nothing
            theirs("x:n3", "x:1", 1, 0.5, "Still nothing from them by the way"),  # complains herself
            theirs("x:n4", "x:3", 9, 0.5, "Log out and in again, it works"),  # perhaps he complained himself
            theirs("x:n5", "x:2", 9, None, "Loggen Sie sich neu ein bitte"),  # of unknown mood
        ]
        thanks = [theirs("x:t1", "x:h1", 1, 0.6, "thank you"), theirs("x:t2", "x:h2", 9, 0.6, "great")]

        given = help_given(COMPLAINTS, said)
        found = helping(COMPLAINTS, given, thanks)

        assert [one.mention for one in given] == ["x:h1", "x:h2"]
        assert found is not None
        assert (found.looked_at, found.helped, found.thanked, found.helpers) == (3, 2, 1, 2)
        assert found.examples[0].mention == "x:h1"


def test_where_ours_are_not_in_the_stream_nobody_pretends_to_know() -> None:
    found = looked(View(START, START, {"x:1": complaint(0)}))

    assert (found.replies, found.waits, found.canned, found.backlash) == (None, None, None, ())


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_replies_does_not_matter(rng: random.Random) -> None:
    sent = [ours(f"x:r{at}", f"x:{at % 4}", minutes=at, text=TEMPLATE.format(f"name{at}")) for at in range(6)]
    angry = [theirs(f"x:a{at}", "x:r3", 10 + at, -0.1 * (at % 9 + 1), "no help at all") for at in range(12)]
    tips = [theirs(f"x:h{at}", f"x:{at}", 50 + at, 0.3, "try the other app for now") for at in range(3)]
    view = View(
        START,
        START,
        {f"x:{at}": complaint(-at, author=at) for at in range(5)},
        (*sent, *tips),
        OwnReplies(6, tuple(sent)),
        {"x:r3": Drawn(12, 12, 12, 12)},
        tuple(angry),
    )

    shuffled = msgspec.structs.replace(
        view,
        answers=tuple(rng.sample(view.answers, len(view.answers))),
        own=OwnReplies(6, tuple(rng.sample(sent, 6))),
        echoes=tuple(rng.sample(angry, 12)),
    )

    assert looked(shuffled) == looked(view)


def test_a_backlash_is_shown_by_answers_in_different_words() -> None:
    bad = ours("x:bad", "x:7")
    texts = ["a joke", "A joke", "a joke", "shame", "never again", "thieves", "no"]
    angry = [theirs(f"x:a{at}", "x:bad", 10 + at, -0.9 + at / 10, text) for at, text in enumerate(texts)]
    own, drawn = OwnReplies(1, (bad,)), {"x:bad": Drawn(20, 20, 20, 20)}

    [found] = looked(View(START, START, own=own, drawn=drawn, echoes=tuple(angry))).backlash

    assert [one.text for one in found.examples] == ["a joke", "shame", "never again"]


class TestHome:
    def told(self, *, before: bool = False, knows: bool = False, observed: int = 120, number: int = 1) -> Incident:
        """An incident with that many mentions in a minute, which may have told of it, or know what was answered."""
        part = OwnPart(START, backlash=(BACKLASH,))
        evidence = msgspec.structs.replace(EVIDENCE, observed=observed)
        one = msgspec.structs.replace(incident(number, joined=("a",)), evidence=evidence)
        parts = (msgspec.structs.replace(one.parts[0], complaints={"x:7": complaint(0)} if knows else {}),)
        return msgspec.structs.replace(one, parts=parts, own_part=part if before else None)

    @pytest.mark.parametrize("turn", [1, -1])
    def test_a_backlash_is_told_in_one_incident_only(self, turn: int) -> None:
        small, large = self.told(number=1), self.told(number=2, observed=500)
        knowing, telling = self.told(number=3, knows=True), self.told(number=4, before=True)
        for several, home in (
            ([small], small),
            ([small, large], large),
            ([small, large, knowing], knowing),
            ([small, large, knowing, telling], telling),
        ):
            found = at_home([(one, OwnPart(START, backlash=(BACKLASH,))) for one in several[::turn]])

            assert [one.id for one, part in found if part.backlash] == [home.id]
            assert len(found) == len(several)
