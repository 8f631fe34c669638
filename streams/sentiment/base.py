"""The scorer contract."""

from typing import Protocol


class Scorer(Protocol):
    """Reads the polarity of a text. Pure and synchronous; the same text always scores the same."""

    @property
    def name(self) -> str:
        """As it stands in the configuration."""
        ...

    def score(self, text: str, lang: str | None) -> float | None:
        """Polarity in [-1, 1]; None where this scorer cannot read the language or finds nothing to read.

        Never raises, whatever the text.
        """
        ...
