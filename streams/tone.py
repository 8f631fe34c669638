"""Where a polarity is negative, neutral or positive: one line between them for all that counts or shows moods."""

from typing import Final

# The thresholds that VADER's authors publish: https://github.com/cjhutto/vaderSentiment#about-the-scoring
NEGATIVE_UP_TO: Final = -0.05
POSITIVE_FROM: Final = 0.05

NEGATIVE: Final = "negative"
NEUTRAL: Final = "neutral"
POSITIVE: Final = "positive"
UNSCORED: Final = "unscored"


def tone_of(polarity: float | None, unscored: str = NEUTRAL) -> str:
    """The class of a polarity in [-1, 1]; of None what the caller calls it.

    >>> tone_of(-0.05), tone_of(0.0), tone_of(0.05), tone_of(None), tone_of(None, UNSCORED)
    ('negative', 'neutral', 'positive', 'neutral', 'unscored')
    """
    if polarity is None:
        return unscored
    return NEGATIVE if polarity <= NEGATIVE_UP_TO else POSITIVE if polarity >= POSITIVE_FROM else NEUTRAL
