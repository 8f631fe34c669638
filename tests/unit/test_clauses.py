import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import clauses
from streams.clauses import polarities
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.sentiment.vader import VaderScorer
from streams.topic import Topic
from tests.fakes.score_stage import at

ACME = Topic("acme", "Acme", "acme")
GLOBEX = Topic("globex", "Globex", "globex AND NOT jobs")
REFUNDS = Topic("refunds", "Refunds", "acme AND refund*")
DELAYS = Topic("delays", "Delays", 'acme AND ("late flight" OR delay*)')
MATCHER = TopicMatcher([ACME, GLOBEX, REFUNDS, DELAYS])
SCORER = VaderScorer()


def moods(text: str, *topics: Topic) -> str:
    """One sign for each topic: + - 0; "whole" where the text says the same of all."""
    found = polarities(text, "en", topics, matcher=MATCHER, scorer=SCORER)
    if found is None:
        return "whole"
    return "".join("?" if one is None else "+" if one > 0.05 else "-" if one < -0.05 else "0" for one in found)


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("Acme was great. Globex was horrible.", "+-"),
        ("Globex was horrible, but Acme was great", "+-"),
        ("Acme is great while Globex is a terrible mess", "+-"),
        ("Acme great, Globex horrible", "+-"),
        ("Acme is awful and Globex is awesome", "-+"),
        ("Acme was great. They rebooked me, lovely. Globex lost my bag. I hate them.", "+-"),
        ("What a horrible day. Globex lost my bag! Acme was great.", "+-"),
        ("I love Acme\nGlobex sucks", "+-"),
    ],
)
def test_each_topic_gets_the_mood_of_what_stands_around_its_words(text: str, signs: str) -> None:
    assert moods(text, ACME, GLOBEX) == signs


@pytest.mark.parametrize(
    "text",
    [
        "Acme and Globex are both terrible",
        "Both Acme and Globex are awful",
        "I hate flying with Acme or Globex",
        "I love Acme, and Globex",
        "Acme",
        "",
        "Great. Horrible. But fine.",
        "I hate the Acme button that Globex mentioned",
    ],
)
def test_what_is_said_of_all_together_is_the_mood_of_the_whole(text: str) -> None:
    assert moods(text, ACME, GLOBEX) == "whole"


def test_topics_of_one_brand_are_told_apart_by_the_words_they_do_not_share() -> None:
    assert moods("Acme gave me my refund, wonderful! The delay was a disaster.", REFUNDS, DELAYS) == "+-"


def test_a_topic_without_words_of_its_own_is_meant_by_the_whole_text() -> None:
    text = "Acme gave me my refund, wonderful! The delay was an awful, awful, horrible disaster."

    assert moods(text, ACME, REFUNDS, DELAYS) == "-+-"


def test_words_that_a_query_excludes_do_not_speak_for_it() -> None:
    assert moods("Acme was great. Sad news on jobs.", ACME, GLOBEX) == "whole"


def test_hostile_text_is_bounded() -> None:
    for text in ("acme. globex. " * 5000, "but " * 5000, "acme, globex and " * 5000, "\0" * 5000, "\ud800acme;globex"):
        assert moods(text, ACME, GLOBEX) in {"whole", "00"}


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(("acme", "globex", "great", "awful", ".", ",", "but", "and", "\n", "jobs")), max_size=30)
)
def test_is_pure_and_stays_in_range(words: list[str]) -> None:
    text = " ".join(words)

    found = polarities(text, None, (ACME, GLOBEX), matcher=MATCHER, scorer=SCORER)

    assert found == polarities(text, None, (ACME, GLOBEX), matcher=MATCHER, scorer=SCORER)
    assert found is None or all(one is None or -1 <= one <= 1 for one in found)


def test_words_are_numbered_alike_for_a_topic_and_a_text() -> None:
    mention = Mention(id="1", platform="x", published_at=at(0), text="a late flight with acme")

    assert DELAYS in MATCHER.match(mention)
    assert MATCHER.words_of(DELAYS) & MATCHER.words_in(mention.text) == MATCHER.words_in(mention.text)


@given(
    st.lists(
        st.sampled_from(
            ("acme", "Globex", "but", "BUT,", "and", "And", "en", "thousand", "they", "y", ",", ".", ";", "\n")
        )
        | st.text(max_size=3),
        max_size=8,
    ),
    st.sampled_from((" ", "  ", "\t")),
)
def test_a_text_is_one_piece_only_where_nothing_divides_it(words: list[str], gap: str) -> None:
    text = gap.join(words)

    if clauses._is_one_piece(text):
        assert len(clauses._CLAUSE_ENDS.split(text.strip())) == 1
        assert len(clauses._PART_ENDS.split(text.strip())) == 1


def test_most_texts_are_one_piece() -> None:
    assert clauses._is_one_piece("acme support they keep me waiting for hours globex")
    assert not clauses._is_one_piece("acme is great and globex awful")
