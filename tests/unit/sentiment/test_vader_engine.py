"""The published package is the oracle: our engine scores as it does, to all four decimals."""

import csv
import itertools
import os
import random
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SPECIAL_CASES, SentimentIntensityAnalyzer

from streams.sentiment.vader_engine import LONGEST_REMEMBERED, REMEMBERED_TOKENS, VaderEngine
from streams.sentiment.vader_lexicon import VaderLexicon
from tests.fakes.opinionated_texts import NT_WORDS, PLAIN, RULED, OpinionatedTexts

SEED = 20_260_101
SOAK = os.environ.get("TOCSIN_SOAK") == "1"
TEXTS = 50_000 if SOAK else 5_000
CSV = os.environ.get("SENTIMENT_CSV", "")

LEXICON = VaderLexicon()
PUBLISHED = SentimentIntensityAnalyzer()
# Every word that a rule looks for before a word of the lexicon, some in capitals, and words that mean nothing to it.
BEFORE = (
    *("no", "or", "nor", "least", "at", "very", "VERY", "so", "this", "doubt", "never", "without", "not"),
    *("bad", "kind", "of", "bus", *(("the", "THE", "isn't", "hardly", "but", "right") if SOAK else ())),
)
HITS = ("good", "BAD", "kiss of death", "no", "kind of", "bad ass!", "to die for") if SOAK else ("GOOD!",)


@pytest.fixture(scope="module")
def engine() -> VaderEngine:
    return VaderEngine(LEXICON)


def published(text: str) -> float:
    return float(PUBLISHED.polarity_scores(text)["compound"])


def differing(engine: VaderEngine, texts: Iterable[str]) -> list[tuple[str, float, float]]:
    scored = ((text, engine.compound(text), published(text)) for text in texts)
    return [(text, ours, theirs) for text, ours, theirs in scored if ours != theirs]


def test_scores_as_published_on_texts_made_of_all_that_the_rules_react_to(engine: VaderEngine) -> None:
    texts = list(itertools.islice(OpinionatedTexts(SEED), TEXTS))

    assert differing(engine, texts) == []
    assert sum(engine.compound(text) != 0 for text in texts) > 0.6 * TEXTS  # the corpus asks for something


def test_scores_as_published_for_every_entry_of_the_published_tables(engine: VaderEngine) -> None:
    entries = (*PUBLISHED.lexicon, *PUBLISHED.emojis, *BOOSTER_DICT, *NEGATE, *SPECIAL_CASES, *NT_WORDS, *RULED, *PLAIN)

    assert differing(engine, entries) == []
    if SOAK:
        assert differing(engine, (f"he is {entry.upper()} good{entry}" for entry in entries)) == []


@pytest.mark.parametrize("hit", HITS)
def test_scores_as_published_whatever_three_words_stand_before(engine: VaderEngine, hit: str) -> None:
    texts = (f"{' '.join(before)} {hit}" for before in itertools.product(BEFORE, repeat=3))

    assert differing(engine, texts) == []


@pytest.mark.parametrize("phrase", [*SPECIAL_CASES, *(word for word in BOOSTER_DICT if " " in word), "can't stand"])
def test_scores_as_published_wherever_a_phrase_stands(engine: VaderEngine, phrase: str) -> None:
    around = ("", "good", "x", "x y", "x y z", "not", "very bad", "no x", "but", "so GREAT,")

    texts = [f"{before} {said} {after}" for before in around for after in around for said in (phrase, phrase.upper())]

    assert differing(engine, texts) == []


@settings(deadline=None, max_examples=2000 if SOAK else 60)
@given(
    text=st.text() | st.lists(st.sampled_from((*RULED, *NT_WORDS, *PLAIN, *BEFORE, "GREAT", ":(", "!"))).map(" ".join)
)
def test_scores_as_published_on_any_text(text: str) -> None:
    assert VaderEngine(LEXICON).compound(text) == published(text)


@pytest.mark.skipif(not CSV, reason="SENTIMENT_CSV names no file with a column called text")
def test_scores_as_published_on_the_texts_of_a_given_file(engine: VaderEngine) -> None:
    with Path(CSV).open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]

    assert texts
    assert differing(engine, texts) == []


def test_no_order_of_the_texts_changes_a_score(engine: VaderEngine) -> None:
    texts = list(itertools.islice(OpinionatedTexts(SEED + 1), 500))
    before = {text: engine.compound(text) for text in texts}

    random.Random(SEED).shuffle(texts)  # noqa: S311 - no secret
    other = VaderEngine(LEXICON)

    assert {text: other.compound(text) for text in texts} == before


def test_remembers_a_bounded_number_of_tokens_and_forgets_without_a_change() -> None:
    engine = VaderEngine(LEXICON)
    before = engine.compound("not a GOOD day")

    engine.compound(" ".join(f"x{number}" for number in range(REMEMBERED_TOKENS)))

    assert 0 < len(engine._words) <= REMEMBERED_TOKENS
    assert "GOOD" not in engine._words
    assert engine.compound("not a GOOD day") == before


def test_remembers_no_long_tokens() -> None:
    engine = VaderEngine(LEXICON)
    long = "x" * (LONGEST_REMEMBERED + 1)

    engine.compound(f"good {long} {long[1:]}")

    assert sorted(engine._words) == ["good", long[1:]]
