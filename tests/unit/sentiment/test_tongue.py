"""Languages told apart on the messages of Sphinx as its translators wrote them: real sentences, not ours."""

import re
from importlib.resources import files

import pytest
from babel.messages.pofile import read_po

from streams.sentiment.tongue import tongue_of

SENTENCE_WORDS = 6


def sentences(language: str) -> list[tuple[str, str]]:
    """Messages of six words or more in English and in `language`, without their placeholders."""
    catalogue = files("sphinx").joinpath(f"locale/{language}/LC_MESSAGES/sphinx.po")
    with catalogue.open("rb") as opened:
        pairs = [(message.id, message.string) for message in read_po(opened)]
    texts = [(one, two) for one, two in pairs if isinstance(one, str) and isinstance(two, str) and one != two]
    bare = [(re.sub(r"%\S+|\{.*?\}", " ", one), re.sub(r"%\S+|\{.*?\}", " ", two)) for one, two in texts]
    return [(one, two) for one, two in bare if len(two.split()) >= SENTENCE_WORDS]


@pytest.mark.parametrize("language", ["fr", "es", "pt_BR", "sv", "tr", "id"])
def test_of_translated_sentences_hardly_one_in_fifteen_is_taken_for_english(language: str) -> None:
    told = [tongue_of(text) for _, text in sentences(language)]

    assert len(told) > 100
    assert told.count("en") < len(told) / 15
    assert told.count(language[:2]) > len(told) / 2


def test_of_english_sentences_hardly_one_in_two_hundred_is_taken_for_another_language() -> None:
    told = [tongue_of(text) for text, _ in sentences("fr")]

    assert len(told) > 400
    assert sum(language not in {None, "en"} for language in told) < len(told) / 200


@pytest.mark.parametrize(
    "text",
    ["refund please", "", "   ", "😡😡", "@acme #fail", "Los Angeles", "App stürzt ab", "x" * 10_000],
)
def test_says_nothing_where_no_function_word_stands(text: str) -> None:
    assert tongue_of(text) is None


def test_names_of_places_do_not_make_a_text_foreign() -> None:
    assert tongue_of("Stuck in Los Angeles on the way to El Paso") == "en"
    assert tongue_of("Van Nuys, La Jolla, Las Cruces: all late") == "en"


def test_punctuation_and_capitals_do_not_hide_a_word() -> None:
    assert tongue_of("\u201eWIR SIND SAUER!\u201c (und: nicht nur ich...)") == "de"
