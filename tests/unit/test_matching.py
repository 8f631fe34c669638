import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.errors import InvalidQuery
from streams.matching import TopicMatcher
from streams.mention import Author, Mention
from streams.query import And, Field, Not, Or, Phrase, Query, Word, parse
from streams.topic import Topic

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


def mention(text: str = "", **fields: object) -> Mention:
    return Mention(**{"id": "1", "platform": "x", "published_at": AT, "text": text, **fields})  # type: ignore[arg-type]


def matcher(*queries: str) -> TopicMatcher:
    return TopicMatcher([Topic(id=query, name=query, query=query) for query in queries])


def matches(query: str, found: Mention) -> bool:
    return bool(matcher(query).match(found))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("app", "The APP, again!"),
        ("acme", "#Acme is down"),
        ("acme", "@acme help"),
        ("acme", "acme's fault"),
        ("#acme", "so #ACME"),
        ("@acme", "\u8fd4\u91d1@acme"),
        ("refund*", "three refunds"),
        ("c++", "I write C++."),
        ("at&t", "AT&T again"),
        ("cafe", "un caf\u00e9"),
        ("caf\u00e9", "CAFE"),
        ('"late flight"', "late... flight"),
        ('"late flight"', "late\nFLIGHT"),
        ('"late flight"', "late late flight"),
        ('"late flight"', "late" + "." * 8 + "flight"),
        ('"big flight"', "big" + "." * 8 + "flight"),
        ('"a big delay*"', "such a big, delayed thing"),
        ('"no c++ please"', "no C++ please"),
        ('"late #refund"', "late #refund"),
        ("\u8fd4\u91d1", "\u8fd4\u91d1\u3057\u3066"),
        ("acme", "acme\u306e\u8fd4\u91d1"),
        ("acme", "acme\uac00"),
        ("\ud658\ubd88*", "\ud658\ubd88\uc774 \uc5c6\ub2e4"),
        ("\u0e04\u0e37\u0e19", "\u0e02\u0e2d\u0e04\u0e37\u0e19\u0e40\u0e07\u0e34\u0e19"),
        ("\U0001f621", "wow\U0001f621\U0001f621"),
        ("refund", "re\u200bfund"),
        ("aa OR (bb NOT cc)", "bb"),
    ],
)
def test_finds(query: str, text: str) -> None:
    assert matches(query, mention(text))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("app", "apple whatsapp app_store apps"),
        ("#acme", "acme @acme #acmedown"),
        ("@acme", "write to info@acme.com"),
        ("refund", "refunds"),
        ("refund*", "prerefund"),
        ('"late flight"', "flight late"),
        ('"late flight"', "late big flight"),
        ('"late flight"', "late flights"),
        ('"late flight"', "lateflight"),
        ('"late flight"', "late" + "." * 9 + "flight"),
        ('"flight big"', "flight" + "." * 9 + "big"),
        ('"flight #big"', "flight#big"),
        ('"big #flight"', "big#flight"),
        ('"big delay"', "so big delayed"),
        ("\ud658\ubd88", "\ud658\ubd88\uc774"),
        ("aa (bb OR cc)", "aa"),
        ("aa NOT bb", "aa bb"),
        ("aa", ""),
    ],
)
def test_does_not_find(query: str, text: str) -> None:
    assert not matches(query, mention(text))


def test_reads_title_and_hashtags_but_no_phrase_across_them() -> None:
    found = mention("late", title="flight", hashtags=("AcmeDown", "#sorry"))

    assert matches("flight", found)
    assert matches("#acmedown", found)
    assert matches("sorry", found)
    assert not matches('"late flight"', found)
    assert not matches('"acmedown sorry"', found)


def test_does_not_read_the_name_of_the_author() -> None:
    assert not matches("jane", mention("hello", author=Author(name="Jane")))


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("lang:en", True),
        ("lang:en-GB", True),
        ("lang:e", False),
        ("lang:en-GB-x", False),
        ("platform:X", True),
        ("country:GB", True),
        ("country:us", False),
        ('author:"jane doe"', True),
        ("author:@j1", True),
        ("author:jane", False),
        ("refund lang:en NOT country:us", True),
        ("refund NOT platform:x", False),
    ],
)
def test_compares_fields(query: str, is_found: bool) -> None:  # noqa: FBT001
    found = mention("refund", lang="en_GB", country="gb", author=Author(id="@J1", name="Jane  Do\u00e9"))

    assert matches(query, found) is is_found


def test_fields_that_nobody_gave_match_nothing() -> None:
    assert not matches("lang:en OR country:us OR author:none", mention("refund"))


def test_answers_in_the_order_of_the_topics() -> None:
    several = matcher("bb", "aa", "zz", "aa OR bb", "aa bb")

    assert [topic.id for topic in several.match(mention("aa bb"))] == ["bb", "aa", "aa OR bb", "aa bb"]


def test_without_topics_nothing_matches() -> None:
    assert TopicMatcher([]).match(mention("aa")) == ()


def test_refuses_a_topic_whose_query_cannot_be_read() -> None:
    with pytest.raises(InvalidQuery):
        matcher("aa", "NOT bb")


@pytest.mark.timeout(10)
def test_survives_a_megabyte_of_anything() -> None:
    hostile = matcher("a", '"a b c"', "ab*", '"b ' + "a " * 20 + '"')

    for text in ("a" * 10**6, "a " * 500_000, "\u00e9" * 500_000, "#@" * 500_000, "\ud800" * 1000):
        hostile.match(mention(text))


def stands(pattern: str, prefix: bool, text: str) -> bool:  # noqa: FBT001
    return re.search(rf"(?<!\w){pattern}" + ("" if prefix else r"(?!\w)"), text) is not None


def reference(query: Query, text: str, fields: dict[str, str]) -> bool:
    """The language over a small alphabet, said once more with regular expressions."""
    match query:
        case Word(word, prefix):
            return stands(re.escape(word), prefix, text)
        case Phrase(words, prefix):
            return stands(r"[^\w]{1,8}".join(map(re.escape, words)), prefix, text)
        case Field(name, value):
            return fields[name] == value
        case Not(part):
            return not reference(part, text, fields)
        case And(parts):
            return all(reference(part, text, fields) for part in parts)
        case Or(parts):
            return any(reference(part, text, fields) for part in parts)


plain = st.text(alphabet="ab", min_size=1, max_size=3)
terms = (
    plain
    | st.builds("{}{}".format, st.sampled_from("#@"), plain)
    | st.builds("{}*".format, st.text(alphabet="ab", min_size=2, max_size=3))
    | st.lists(plain, min_size=2, max_size=3).map(lambda words: f'"{" ".join(words)}"')
    | st.builds('"{} {}*"'.format, plain, st.text(alphabet="ab", min_size=2, max_size=2))
    | st.builds("{}:{}".format, st.sampled_from(("lang", "country")), st.sampled_from("ab"))
)
query_texts = st.recursive(
    terms,
    lambda parts: (
        st.builds("NOT ({})".format, parts)
        | st.builds("({} {})".format, parts, parts)
        | st.builds("({} OR {})".format, parts, parts)
    ),
    max_leaves=6,
)
texts = st.text(alphabet="aaaabbbb   #@.\n", max_size=24) | st.lists(
    st.sampled_from(("a", "b", "ab", "#a", "@b", "aab", ",", "ba"))
).map(" ".join)


def readable(query: str) -> bool:
    try:
        parse(query)
    except InvalidQuery:
        return False
    return True


@settings(deadline=None)
@given(st.lists(query_texts.filter(readable), min_size=1, max_size=6, unique=True), texts, st.sampled_from("ab"))
def test_matches_as_the_plain_reading_of_every_query(queries: Sequence[str], text: str, value: str) -> None:
    found = matcher(*queries).match(mention(text, lang=value, country=value))

    fields = {"lang": value, "country": value}
    assert [topic.query for topic in found] == [query for query in queries if reference(parse(query), text, fields)]
