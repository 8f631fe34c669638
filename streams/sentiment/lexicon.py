"""What VADER's rules have to be told about a language."""

from collections.abc import Mapping
from typing import Protocol

from streams.sentiment.vader_word import Word


class Lexicon(Protocol):
    """The words of a language and what they do to one another. Pure: the same token is always the same word."""

    @property
    def emoji(self) -> Mapping[str, str]:
        """What each emoji of one code point is read as."""
        ...

    @property
    def phrases(self) -> Mapping[str, float]:
        """The valence of each phrase that counts as a whole."""
        ...

    @property
    def boosters(self) -> Mapping[str, float]:
        """What each booster (> 0) or dampener (< 0) of several words adds."""
        ...

    @property
    def negation_factor(self) -> float:
        """What a negation multiplies a valence with."""
        ...

    @property
    def capitals_boost(self) -> float:
        """What capitals add to the strength of a valence."""
        ...

    def word(self, token: str) -> Word:
        """What the rules see in a token: a run of characters without white space."""
        ...
