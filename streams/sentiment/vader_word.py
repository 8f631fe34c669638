"""A word as VADER's rules see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """What the rules have to know about one token of a text; one object stands for all tokens that are alike to them.

    Args:
        lower: In lower case, without punctuation around it; empty if no rule asks for this very word.
        is_upper: Whether it is written in capitals.
        in_lexicon: Whether the lexicon has it.
        valence: Its valence in the lexicon, about -4 to 4; None if it has none or only strengthens others.
        boost: What it adds to the strength of a valence that follows; None if it is no booster and no dampener.
        negates: Whether it turns round a valence that follows.
        in_phrase: Whether a phrase that is read as a whole cannot stand around a valence without such a word.
        steers: Whether its neighbours decide what it means, or it decides for them.
        counts: Whether the rules stop at it: it has a valence, or is "but", which weighs what stands on either side.
    """

    lower: str = ""
    is_upper: bool = False
    in_lexicon: bool = False
    valence: float | None = None
    boost: float | None = None
    negates: bool = False
    in_phrase: bool = False
    steers: bool = False
    counts: bool = False
