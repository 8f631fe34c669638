"""Phrases are found as their definition says, however quickly."""

import random

import pytest

from streams.evidence.features import OwnWords, features, tokens
from streams.excerpt import Excerpt
from streams.terms import STOP_WORDS

JOINING = {"not", "down", "off"}
SAID = ("the", "of", "refund", "refunds", "acme", "card", "charged", "twice", "not", "down", "off", "it")
WORDS = [*SAID, "12,000", "z" * 41, "@acme", "#card"]
OWN = OwnWords.told(("refund*", "acme"))


def tells(word: str) -> bool:
    return 2 < len(word) <= 40 and word not in STOP_WORDS and not word.replace(",", "").isdigit()


def is_phrase(words: list[str]) -> bool:
    if any(word in ".!" or word[0] in "#@" or len(word) > 40 for word in words):
        return False
    edges = all(tells(word) or word in JOINING for word in (words[0], words[-1]))
    return edges and any(tells(word) and not OWN.have(word) for word in words)


@pytest.mark.parametrize("seed", range(5))
def test_a_phrase_is_two_or_three_words_of_a_sentence_that_begin_and_end_with_something_and_tell_something(
    seed: int,
) -> None:
    rng = random.Random(seed)  # noqa: S311 - texts for a test
    for _ in range(200):
        text = " ".join(rng.choices([*WORDS, ".", "!"], k=rng.randint(1, 25)))
        words = tokens(text)
        runs = (words[end - length : end] for end in range(1, len(words) + 1) for length in (2, 3) if end >= length)
        expected = dict.fromkeys(f"phrase:{' '.join(run)}" for run in runs if is_phrase(run))

        found = features(Excerpt(0, "x:1", text), OWN)

        assert [one for one in found if one.startswith("phrase:")] == list(expected)
