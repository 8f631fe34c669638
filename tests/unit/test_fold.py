import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.fold import _DROPPED, HANGUL, NO_WORD, SPACED, UNSPACED, fold, script_of


@settings(deadline=None)
@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_fast_path_for_ascii_folds_as_the_slow_one(text: str) -> None:
    slow = fold(text + "\u00e9").removesuffix("e")

    assert fold(text) == slow


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("CAF\u00c9", "cafe"),
        ("cafe\u0301", "cafe"),
        ("Stra\u00dfe", "strasse"),
        ("\uff21\uff23\uff2d\uff25", "acme"),
        ("can\u2019t", "can't"),
        ("re\u00adfu\u200bnd", "refund"),
        ("\u0130stanbul", "istanbul"),
        ("\ud800lone", "lone"),
        ("\ud55c\uad6d", "\ud55c\uad6d"),
        ("\u0625\u0650\u0644\u063a\u0627\u0621", "\u0627\u0644\u063a\u0627\u0621"),
    ],
)
def test_folds_what_people_type_for_the_same_word(text: str, folded: str) -> None:
    # Arabic: hamza below and kasra are combining marks after decomposition, the letters stay.
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("char", "script"),
    [
        ("a", SPACED),
        ("7", SPACED),
        ("_", SPACED),
        ("\u0436", SPACED),
        ("\u093f", SPACED),  # a Devanagari vowel sign continues its word
        ("#", NO_WORD),
        (" ", NO_WORD),
        ("\U0001f621", NO_WORD),
        ("\u3002", NO_WORD),
        ("\u8fd4", UNSPACED),
        ("\u306e", UNSPACED),
        ("\u0e01", UNSPACED),
        ("\uac00", HANGUL),
    ],
)
def test_knows_what_continues_a_word(char: str, script: int) -> None:
    assert script_of(char) == script


def test_every_character_folds_alike_in_lower_case() -> None:
    assert [char for char in map(chr, range(0x110000)) if fold(char.lower()) != fold(char)] == []


@settings(deadline=None)
@given(
    st.text(
        alphabet=st.sampled_from(
            "aZ 1'<e\u0301\u0327\u0338\u0345\u093f\u1100\u1161\u11a8\u3099\u304b\u0130\u00df\u2019\u00a8"
        )
    )
)
def test_a_text_folds_as_it_would_in_one_piece(text: str) -> None:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())

    assert fold(text) == unicodedata.normalize("NFC", _DROPPED.sub("", folded)).replace("\u2019", "'")
