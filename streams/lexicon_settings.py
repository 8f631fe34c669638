"""Lexicons of languages beyond English, as they stand in the configuration."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from streams.section import Section

Language = Annotated[str, Field(pattern="^[a-z]{2,3}$")]
Words = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=60)], ...], Field(max_length=1000)]


class LexiconSettings(Section):
    """What makes texts of one language readable.

    Attributes:
        file: UTF-8 text, one entry a line: the word, a tab, its valence from -4 (terrible) to 4 (wonderful). Further
            columns are ignored, so a file made for VADER can be taken as it is.
        negations: Words that turn round what follows: `inte`.
        boosters: Words that strengthen what follows: `mycket`.
        dampeners: Words that weaken it: `lite`.
        contrasts: Words after which the weightier half of a sentence begins, as after the English "but": `men`.
    """

    file: Path
    negations: Words = ()
    boosters: Words = ()
    dampeners: Words = ()
    contrasts: Words = ()
