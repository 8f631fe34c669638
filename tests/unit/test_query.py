import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.errors import InvalidQuery
from streams.query import And, Atom, Field, Not, Or, Phrase, Query, Word, atoms, parse, required

A, B, C = Word("aa"), Word("bb"), Word("cc")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("aa", A),
        ("aa bb", And((A, B))),
        ("aa AND bb", And((A, B))),
        ("aa OR bb cc", Or((A, And((B, C))))),
        ("(aa OR bb) cc", And((Or((A, B)), C))),
        ("aa NOT bb", And((A, Not(B)))),
        ("aa NOT (bb OR cc)", And((A, Not(Or((B, C)))))),
        ("aa OR NOT NOT bb", Or((A, Not(Not(B))))),
        ("refund*", Word("refund", prefix=True)),
        ('"Late Flight"', Phrase(("late", "flight"))),
        ("\u201clate flights*\u201d", Phrase(("late", "flights"), prefix=True)),
        ('"AND"', Word("and")),
        ("#Acme @acme", And((Word("#acme"), Word("@acme")))),
        ("Caf\u00c9", Word("cafe")),
        ("at&t", Word("at&t")),
        ("12:30", Word("12:30")),
        ("\u8fd4*", Word("\u8fd4", prefix=True)),
        ("aa lang:EN_gb", And((A, Field("lang", "en-gb")))),
        ('AUTHOR:"@Jane  Doe"', Field("author", "jane doe")),
        ('author:"Jane:Doe" "x:y"', And((Field("author", "jane:doe"), Word("x:y")))),
    ],
)
def test_reads_a_query(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "column", "advice"),
    [
        ("", 1, "at least one keyword"),
        ("   ", 1, "at least one keyword"),
        ("aa AND", 7, "add a term"),
        ("aa (bb", 4, "add a )"),
        ("aa) bb", 3, "never opened"),
        ("()", 2, "add a term"),
        ("aa OR OR bb", 7, "add a term"),
        ('aa "bb', 4, "close it"),
        ('aa ""', 4, "at least one letter"),
        ("aa or bb", 4, "OR in capitals"),
        ("aa Not bb", 4, "NOT in capitals"),
        ("aa -bb", 4, "NOT bb"),
        ("aa, bb", 1, "AND, OR or NOT"),
        ("aa && bb", 4, "AND, OR or NOT"),
        ("*", 1, "at least one letter"),
        ("a*", 1, "two letters"),
        ("re*und", 1, "end of a word"),
        ('"late* flight"', 1, "at its end"),
        ("aa lang:", 4, "needs a value"),
        ("aa lang:e*", 4, "whole value"),
        ("aa langs:en", 4, "lang:, platform:, country:, author:"),
        ("aa https://x.co", 4, "quote"),
        ("NOT aa", 1, "join every NOT"),
        ("aa OR NOT bb", 1, "join every NOT"),
        ("NOT (aa bb)", 1, "join every NOT"),
        ("(" * 51 + "aa" + ")" * 51, 51, "flatten"),
        ("NOT " * 200 + "aa", 201, "flatten"),
        (" ".join(["aa"] * 1001), 3001, "split"),
    ],
)
def test_says_where_a_query_is_wrong_and_what_to_do(text: str, column: int, advice: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        parse(text)

    assert refused.value.column == column
    assert advice in str(refused.value)


def test_reads_a_thousand_terms() -> None:
    assert sum(1 for _ in atoms(parse(" OR ".join(["aa"] * 1000)))) == 1000


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("aa bbb*", {Word("bbb", prefix=True)}),
        ("lang:en acme", {Word("acme")}),
        ("aa OR bb", {A, B}),
        ("(aa OR bb) longword", {Word("longword")}),
        ("aa NOT bb", {A}),
        ("NOT (NOT aa OR bb)", {A}),
        ("lang:en NOT aa", {Field("lang", "en")}),
        ("the author:jane", {Field("author", "jane")}),
    ],
)
def test_knows_what_a_mention_has_to_contain(text: str, needed: set[Atom]) -> None:
    assert required(parse(text)) == frozenset(needed)


def render(query: Query) -> str:
    match query:
        case Word(text, prefix):
            return f'"{text}{"*" * prefix}"'
        case Phrase(words, prefix):
            return f'"{" ".join(words)}{"*" * prefix}"'
        case Field(name, value):
            return f'{name}:"{value}"'
        case Not(part):
            return f"NOT ({render(part)})"
        case And(parts):
            return " AND ".join(f"({render(part)})" for part in parts)
        case Or(parts):
            return " OR ".join(f"({render(part)})" for part in parts)


words = st.text(alphabet="ab\u00df\u4e2d#&", min_size=1, max_size=4).map(lambda word: word.replace("\u00df", "ss"))
queries: st.SearchStrategy[Query] = st.recursive(
    st.builds(Word, words)
    | st.builds(Phrase, st.lists(words, min_size=2, max_size=3).map(tuple))
    | st.builds(Field, st.sampled_from(("lang", "platform", "country", "author")), st.just("v w")),
    lambda parts: (
        st.builds(Not, parts)
        | st.builds(And, st.lists(parts, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(parts, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(queries.filter(lambda query: required(query) is not None))
def test_reads_back_every_query_it_is_shown(query: Query) -> None:
    assert parse(render(query)) == query


@settings(deadline=None)
@given(st.text(alphabet='ab ()"*:-,ANDORT#\u201c\0\u0301\u4e2d', max_size=30))
def test_answers_anything_with_a_query_or_an_explanation(text: str) -> None:
    try:
        query = parse(text)
    except InvalidQuery as refused:
        assert 1 <= refused.column <= len(text) + 1  # noqa: PT017 - both outcomes are right
    else:
        assert required(query)
