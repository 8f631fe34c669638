"""The table of scorers: a new one is one file and one line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from streams.sentiment.base import Scorer
from streams.sentiment.none import NoScorer
from streams.sentiment.vader import VaderScorer

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
