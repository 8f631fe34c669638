"""Folding: the one form in which queries and texts are compared, and where a word ends in it."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from streams.remembered import Remembered

NO_WORD: Final = 0
SPACED: Final = 1
UNSPACED: Final = 2
HANGUL: Final = 3

# Accents, Hebrew and Arabic vowel points; characters nobody sees (soft hyphen, zero widths, directions, variation
# selectors); lone surrogates, which no encoder accepts.
_DROPPED: Final = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670"
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff\ud800-\udfff]+"
)
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_APOSTROPHES: Final = re.compile("[\u2018\u2019\u02bc]")
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]")


def fold(text: str) -> str:
    """The text without case, accents, width variants and invisible characters; folding twice changes nothing.

    >>> fold("Café"), fold("STRASSE") == fold("Straße"), fold("①")
    ('cafe', True, '1')
    """
    if text.isascii():
        return text.lower()
    return _BEYOND_ASCII.sub(_folded, text.lower())  # lower case folds to the same


def _folded(found: re.Match[str]) -> str:
    return _folded_runs[found[0]]


def _fold_run(text: str) -> str:
    """Of a run without ASCII, whatever stands beside it.

    All marks that could merge with an ASCII character are dropped, and none merges with what stands before it.
    """
    folded = unicodedata.normalize("NFKD", text).casefold()
    folded = _DROPPED.sub("", unicodedata.normalize("NFKD", folded))
    return _APOSTROPHES.sub("'", unicodedata.normalize("NFC", folded))


# People write the same accents, quotation marks and emoji all the time.
_folded_runs: Final = Remembered(_fold_run, entries=8192, longest=8)


@lru_cache(maxsize=8192)
def script_of(char: str) -> int:
    """What kind of neighbour one folded character is for a word: NO_WORD, SPACED, UNSPACED or HANGUL.

    A word ends between two characters unless both are SPACED or both are HANGUL. UNSPACED are the scripts that put no
    spaces between words: Han, Hiragana, Katakana, Thai, Lao, Khmer, Burmese.

    >>> [script_of(char) for char in "a! 返가"]
    [1, 0, 0, 2, 3]
    """
    if not (char.isalnum() or char == "_" or unicodedata.category(char)[0] == "M"):
        return NO_WORD
    if char < "\u0e00":
        return SPACED
    if _UNSPACED.match(char):
        return UNSPACED
    return HANGUL if _HANGUL.match(char) else SPACED
