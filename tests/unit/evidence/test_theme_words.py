"""Themes of complaints: those of the configuration, and those that Tocsin brings along."""

import pytest
from pydantic import ValidationError

from streams.evidence.features import OwnWords, features
from streams.evidence.theme_words import ThemeWords, theme_words
from streams.excerpt import Excerpt
from streams.settings import DetectSettings

BROUGHT = theme_words(DetectSettings(theme_sets=("general", "travel")).folded_themes)


def found(themes: ThemeWords, text: str) -> list[str]:
    told = features(Excerpt(0, "x:1", text), OwnWords(), themes)
    return [feature.removeprefix("theme:") for feature in told if feature.startswith("theme:")]


@pytest.mark.parametrize(
    ("phrase", "text", "speaks"),
    [
        ("card declined", "My CARD, declined!", True),
        ("card declined", "declined my card", False),
        ("card", "cardboard", False),
        ("card*", "cardboard", True),
        ("charge* twice", "they charged twice", True),
        ("charge* twice", "twice they charged", False),
        ("bag* + lost", "Lost again. My bags!", True),
        ("bag* + lost", "my bags are here", False),
        ("refund", "where is it #Refund", True),
        ("café", "the CAFE is closed", True),
        ("not working", "it is not", False),
    ],
)
def test_a_theme_is_spoken_of_where_its_words_stand(phrase: str, text: str, speaks: object) -> None:
    themes = theme_words(DetectSettings(themes={"theme": (phrase,)}).folded_themes)

    assert found(themes, text) == (["theme"] if speaks else [])


@pytest.mark.parametrize("phrase", ["**", "lost + ", " + ", "lost + *", "..", "lost + bag + !"])
def test_a_phrase_that_says_nothing_is_refused_by_name(phrase: str) -> None:
    with pytest.raises(ValidationError, match="of 'luggage' has a part without a word"):
        DetectSettings(themes={"luggage": (phrase,)})


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("flight cancelled again and no one can say why", "cancelled trips"),
        ("two hours on the tarmac, still waiting", "late trips"),
        ("they lost my suitcase", "lost luggage"),
        ("my suitcase arrived broken", "damaged luggage"),
        ("been on hold for an hour", "customer service"),
        ("the app crashed when I paid", "app and website"),
        ("where is my refund", "refunds and charges"),
        ("the charger caught fire", "safety"),
        ("charged twice by a scammer", "data and fraud"),
    ],
)
def test_the_themes_that_come_along_know_what_people_complain_about(text: str, theme: str) -> None:
    assert theme in found(BROUGHT, text)


def test_praise_and_small_talk_speak_of_no_complaint() -> None:
    assert not [one for text in ("lovely people, thank you", "what a sunny day", "") for one in found(BROUGHT, text)]


def test_the_words_of_the_trade_come_before_the_general_ones_and_the_files_own_before_both() -> None:
    settings = DetectSettings(theme_sets=("general", "travel"), themes={"staff": ("porter",), "late": ("slow",)})

    names = [name for name, _ in settings.folded_themes]
    phrases = dict(settings.folded_themes)

    assert names[:3] == ["staff", "late", "damaged luggage"]
    assert (phrases["staff"], phrases["late"]) == (("porter",), ("slow",))
    assert len(names) == len(set(names))


def test_without_being_asked_for_none_comes_along() -> None:
    assert DetectSettings().folded_themes == ()


def test_topics_with_the_same_themes_share_them() -> None:
    one, other = (theme_words(DetectSettings(theme_sets=("general",)).folded_themes) for _ in range(2))

    assert one is other
