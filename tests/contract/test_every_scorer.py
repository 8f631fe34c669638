"""What every sentiment scorer has to keep, run on each entry of the table."""

import importlib
import pkgutil
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streams.sentiment
from streams.sentiment.base import Scorer
from streams.sentiment.registry import SCORERS, make_scorer
from streams.settings import ScoreSettings

# of scorers, not scorers
PARTS = {
    "base",
    "by_language",
    "file_lexicon",
    "function_words",
    "lexicon",
    "registry",
    "tongue",
    "vader_engine",
    "vader_lexicon",
    "vader_word",
}
LANGUAGES = (None, "en", "EN-us", "de", "ja", "und", "", "x" * 1000)
HOSTILE = (
    "",
    " ",
    "\0",
    "\ud800",
    "but",
    "no no no not never kind of least at least",
    "*" * 3000,
    "!?" * 5000,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 50,
    "\u202egnihton",
    "\u0627\u0644\u0637\u064a\u0631\u0627\u0646",
    "A" * 1_000_000,
    "good " * 200_000,
    "\n".join(string.printable),
)


@pytest.fixture(scope="module", params=sorted(SCORERS))
def scorer(request: pytest.FixtureRequest) -> Scorer:
    return make_scorer(request.param)


@pytest.mark.parametrize("name", sorted(SCORERS))
def test_carries_the_name_under_which_it_is_configured(name: str) -> None:
    assert make_scorer(name).name == name
    assert ScoreSettings.model_validate({"sentiment": name}).sentiment == name


def test_every_module_is_in_the_table() -> None:
    modules = {module.name for module in pkgutil.iter_modules(streams.sentiment.__path__)} - PARTS

    listed = {type(make_scorer(name)).__module__ for name in SCORERS}

    assert {f"streams.sentiment.{name}" for name in modules} == listed
    for module in listed:
        importlib.import_module(module)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_never_raises_and_stays_in_range_on_hostile_text(scorer: Scorer, text: str, lang: str | None) -> None:
    polarity = scorer.score(text, lang)

    assert polarity is None or -1 <= polarity <= 1


@settings(deadline=None)
@given(
    text=st.text()
    | st.lists(st.sampled_from(("no", "not", "GOOD", "bad", "but", ":)", "kind", "of", "!"))).map(" ".join)
)
def test_the_same_text_always_scores_the_same(scorer: Scorer, text: str) -> None:
    first = scorer.score(text, "en")

    assert scorer.score(text, "en") == first
    assert make_scorer("none").score(text, "en") is None
    assert first is None or -1 <= first <= 1


def test_has_no_opinion_on_nothing(scorer: Scorer) -> None:
    assert scorer.score("", "en") is None
    assert scorer.score("  \n", None) is None
