import time

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from streams.sentiment.vader import MAX_CHARACTERS, REMEMBERED_TEXTS, VaderScorer

SENTENCES = (
    "I love it!",
    "not bad at all",
    "WORST service ever, I am furious :(",
    "The bus leaves at nine.",
    "It was great, but the staff was horrible",
    "\U0001f602\U0001f602",
)


@pytest.fixture(scope="module")
def scorer() -> VaderScorer:
    return VaderScorer()


@pytest.mark.parametrize("text", SENTENCES)
def test_scores_as_the_published_package(scorer: VaderScorer, text: str) -> None:
    assert scorer.score(text, "en") == SentimentIntensityAnalyzer().polarity_scores(text)["compound"]


@pytest.mark.parametrize("lang", [None, "en", "EN", "en-GB", "en_US"])
def test_reads_english_and_what_nobody_labelled(scorer: VaderScorer, lang: str | None) -> None:
    polarity = scorer.score("I love it", lang)

    assert polarity is not None
    assert polarity > 0.5


@pytest.mark.parametrize("lang", ["de", "fr", "enm", "und", ""])
def test_has_no_opinion_on_other_languages(scorer: VaderScorer, lang: str) -> None:
    assert scorer.score("I love it", lang) is None


def test_a_text_in_another_language_is_unscored_though_nobody_said_so(scorer: VaderScorer) -> None:
    assert scorer.score("Mein Flug wurde schon wieder gestrichen, das ist nicht gut", None) is None
    assert scorer.score("Mein Flug wurde schon wieder gestrichen, das ist nicht gut", "en") is not None


def test_neutral_english_is_zero_but_unreadable_script_is_unknown(scorer: VaderScorer) -> None:
    assert scorer.score("The bus leaves at nine.", None) == 0
    assert scorer.score("\u30d0\u30b9\u306f\u4e5d\u6642\u306b\u51fa\u307e\u3059", None) is None
    assert scorer.score("12:30", None) is None


def test_reads_only_the_beginning_of_a_long_text(scorer: VaderScorer) -> None:
    filler = "x " * (MAX_CHARACTERS // 2)

    assert scorer.score(filler + "terrible", "en") == 0


def test_remembers_a_bounded_number_of_texts() -> None:
    scorer = VaderScorer()

    for number in range(REMEMBERED_TEXTS + 10):
        scorer.score(f"x{number}", "en")
    scorer.score("x0", "en")

    assert scorer._remembered.cache_info().currsize == REMEMBERED_TEXTS
    assert scorer._remembered.cache_info().hits == 0


@pytest.mark.parametrize("piece", ["\U0001f602", "but good ", ":) ", "VERY GOOD no ", "n't ", "never so least "])
def test_no_text_holds_the_stream_up(scorer: VaderScorer, piece: str) -> None:
    began = time.process_time()

    scorer.score(piece * MAX_CHARACTERS, "en")

    assert time.process_time() - began < 0.3  # the published package needs seconds for the first, ours milliseconds
