from pathlib import Path

import pytest

from streams.errors import InvalidConfig
from streams.lexicon_settings import LexiconSettings
from streams.sentiment.by_language import ByLanguage
from streams.sentiment.registry import lexicons_of, make_scorer, scorer_of
from streams.settings import ScoreSettings

SWEDISH = "bra\t2.0\t0.5\t[2, 2]\nd\u00e5lig\t-2.5\nusel\t-3\nh\u00e4rlig\t3\nok\t0.5\n"


def settings(folder: Path, content: str | bytes = SWEDISH, **more: str) -> ScoreSettings:
    file = folder / "sv.tsv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    words = {"negations": ["inte"], "boosters": ["mycket"], "dampeners": ["lite"], "contrasts": ["men"]}
    return ScoreSettings.model_validate({"lexicons": {"sv": {"file": str(file), **words}}, **more})


def polarity(folder: Path, text: str, lang: str | None = "sv") -> float:
    found = scorer_of(settings(folder)).score(text, lang)

    assert found is not None
    return found


def test_a_text_reads_as_its_words_in_the_file(tmp_path: Path) -> None:
    # VADER's normalisation: s / sqrt(s * s + 15)
    assert polarity(tmp_path, "Appen \u00e4r usel") == round(-3 / (9 + 15) ** 0.5, 4)
    assert polarity(tmp_path, "bra och h\u00e4rlig!") == round((5 + 0.292) / ((5 + 0.292) ** 2 + 15) ** 0.5, 4)
    assert polarity(tmp_path, "Bussen g\u00e5r klockan nio") == 0


def test_words_around_turn_strengthen_weaken_and_contrast(tmp_path: Path) -> None:
    plain = polarity(tmp_path, "den \u00e4r bra")

    assert polarity(tmp_path, "den \u00e4r inte bra") < 0
    assert polarity(tmp_path, "den \u00e4r mycket bra") > plain
    assert 0 < polarity(tmp_path, "den \u00e4r lite bra") < plain
    assert polarity(tmp_path, "h\u00e4rlig bild men usel app") < 0
    assert polarity(tmp_path, "usel bild men h\u00e4rlig app") > 0


def test_capitals_and_emoji_count_as_in_english(tmp_path: Path) -> None:
    assert polarity(tmp_path, "den \u00e4r USEL") < polarity(tmp_path, "den \u00e4r usel")
    assert polarity(tmp_path, "bussen\U0001f620") < 0 < polarity(tmp_path, "bussen \U0001f60d")


@pytest.mark.parametrize("lang", ["sv", "sv-SE", "SV_fi"])
def test_the_country_does_not_matter(tmp_path: Path, lang: str) -> None:
    assert polarity(tmp_path, "usel", lang) < 0


def test_a_language_that_nobody_stated_is_told_by_its_function_words(tmp_path: Path) -> None:
    assert polarity(tmp_path, "jag har aldrig haft en s\u00e5 usel app, det \u00e4r inte ok", None) < 0


def test_other_languages_are_left_to_the_scorer_of_the_configuration(tmp_path: Path) -> None:
    scorer = scorer_of(settings(tmp_path))

    assert scorer.name == "vader"
    assert scorer.score("this is terrible", "en") == make_scorer("vader").score("this is terrible", "en")
    assert scorer.score("Das ist usel", "de") is None
    assert scorer_of(settings(tmp_path, sentiment="none")).score("this is terrible", "en") is None


def test_nothing_to_read_is_unscored_and_hostile_text_is_bounded(tmp_path: Path) -> None:
    scorer = scorer_of(settings(tmp_path))

    assert scorer.score(" \n", "sv") is None
    for text in ("\0", "\ud800", "men " * 100_000, "inte " * 100_000, "!?" * 10_000):
        found = scorer.score(text, "sv")
        assert found is not None
        assert -1 <= found <= 1


def test_without_lexicons_the_scorer_is_the_plain_one() -> None:
    assert not isinstance(scorer_of(ScoreSettings()), ByLanguage)


def test_entries_of_several_words_are_counted_and_not_used(tmp_path: Path) -> None:
    (found,) = lexicons_of(settings(tmp_path, SWEDISH + "helt okej\t1\n")).values()

    assert found.unused == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "holds no word"),
        ("# only a remark\n", "holds no word"),
        ("bra 2\n", ":1: wants a word, a tab and a valence from -4 to 4, not 'bra 2'"),
        ("bra\t2\nusel\t-9\n", ":2: wants"),
        ("bra\tnan\n", ":1: wants"),
        (b"br\xff\t2\n", "is not UTF-8 text (byte 2)"),
    ],
)
def test_a_file_that_is_no_lexicon_is_refused_with_its_line(tmp_path: Path, content: str | bytes, problem: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        scorer_of(settings(tmp_path, content))

    assert "score.lexicons.sv.file" in str(refused.value)
    assert problem in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    missing = LexiconSettings(file=tmp_path / "none.tsv")

    with pytest.raises(InvalidConfig, match=r"none\.tsv: cannot be read"):
        lexicons_of(ScoreSettings(lexicons={"sv": missing}))
