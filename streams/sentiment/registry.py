"""The table of scorers: a new one is one file and one line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from streams.sentiment.base import Scorer
from streams.sentiment.by_language import ByLanguage
from streams.sentiment.file_lexicon import FileLexicon
from streams.sentiment.none import NoScorer
from streams.sentiment.vader import VaderScorer
from streams.sentiment.vader_lexicon import VaderLexicon
from streams.settings import ScoreSettings

SCORERS: Final[Mapping[str, Callable[[], Scorer]]] = MappingProxyType(
    {
        "none": NoScorer,
        "vader": VaderScorer,
    }
)


def make_scorer(name: str) -> Scorer:
    """The scorer that stands under `name` in the table, newly built.

    Raises:
        KeyError: There is none; the settings accept only names in the table.
    """
    return SCORERS[name]()


def scorer_of(settings: ScoreSettings) -> Scorer:
    """The scorer of the configuration with its lexicons; loading takes a moment.

    Raises:
        InvalidConfig: A lexicon's file cannot be used.
    """
    scorer = make_scorer(settings.sentiment)
    lexicons = lexicons_of(settings)
    return ByLanguage(scorer, lexicons) if lexicons else scorer


def lexicons_of(settings: ScoreSettings) -> dict[str, FileLexicon]:
    """The lexicons of the configuration by language.

    Raises:
        InvalidConfig: A file cannot be used.
    """
    if not settings.lexicons:
        return {}
    english = VaderLexicon()
    return {language: FileLexicon(language, named, english) for language, named in settings.lexicons.items()}
