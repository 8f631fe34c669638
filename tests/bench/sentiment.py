"""Microseconds a text for our engine of VADER's rules and for vaderSentiment, in turn, in one process.

The texts are made up after real short messages: about 17 words, of which the lexicon has two or three, one text in six
without any; with handles, links, numbers, capitals and emoji. No text comes twice and neither engine caches results.
Ours begins with no token remembered and keeps what it remembers, as in a running service. With SENTIMENT_CSV=path the
column `text` of that file is measured too, distinct texts only.
"""

import csv
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from streams.sentiment.vader_engine import VaderEngine
from streams.sentiment.vader_lexicon import VaderLexicon
from tests.bench.report import Report

SEED = 20_260_101
ROUNDS = 9
TEXTS = 2_000  # in each round
EVERYDAY = """
    the to I a and you is in it of my for on that me was have this with just be so at not your can but we no are get
    out what up now all like from do they will been when if by or how about an as there more time flight our customer
    service day today still would one don't I'm why over back know has had them need going us go please then never
    people who really hours home hold phone it's because make after work see been here very only off can't again email
    last even way help new order night some didn't always could where their than called two got any were did
""".split()  # noqa: SIM905 - readable as text
EMOJI = ("😡", "😂", "🙏", "❤️", "🔥", "😭", "👍🏽")
OURS = """
from streams.sentiment.vader_engine import VaderEngine
from streams.sentiment.vader_lexicon import VaderLexicon
score = VaderEngine(VaderLexicon()).compound
"""
THEIRS = """
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
score = SentimentIntensityAnalyzer().polarity_scores
"""
FOOTPRINT = """
import encodings, importlib.resources, inspect, json, math, pathlib, re, string, time, dataclasses
import psutil
process = psutil.Process()
resident, began = process.memory_info().rss, time.process_time()
{engine}
score("so good")
print((time.process_time() - began) * 1e3, (process.memory_info().rss - resident) / 2**20)
"""


def texts(count: int, rng: random.Random) -> list[str]:
    """Made-up short messages, no two alike."""
    lexicon = [word for word in SentimentIntensityAnalyzer().lexicon if word.isalpha()]
    rng.shuffle(lexicon)
    ranks = range(1, len(lexicon) + 1)
    feelings = rng.choices(lexicon, [1 / rank for rank in ranks], k=count * 3)
    everyday = rng.choices(EVERYDAY, [1 / (rank + 3) for rank in range(len(EVERYDAY))], k=count * 16)
    return [_text(number, rng, everyday, feelings) for number in range(count)]


def _text(number: int, rng: random.Random, everyday: Sequence[str], feelings: Sequence[str]) -> str:
    words = [f"@brand{number % 7}"]
    for _ in range(rng.randint(6, 24)):
        dice = rng.random()
        if dice < 0.82:
            word = rng.choice(everyday)
        elif dice < 0.93:
            word = rng.choice(feelings)
        elif dice < 0.98:  # names, places, slips
            word = "".join(rng.choices("aeiourstlnmdpk", k=rng.randint(4, 9)))
        else:
            word = str(rng.randint(2, 2000))
        if rng.random() < 0.03:
            word = word.upper()
        words.append(word + rng.choice(("", "", "", "", "", "", "", ",", ".", "!")))
    if rng.random() < 0.1:
        words.insert(rng.randint(1, len(words)), rng.choice(EMOJI))
    if rng.random() < 0.15:
        words.append(f"https://t.co/{rng.getrandbits(40):x}")
    if rng.random() < 0.15:
        words.append(f"#{rng.choice(everyday)}{rng.choice(feelings)}")
    return " ".join([*words, str(number)])


def microseconds(score: Callable[[str], object], batch: Sequence[str]) -> float:
    """CPU time of this process for each text, in microseconds."""
    began = time.process_time()
    for text in batch:
        score(text)
    return (time.process_time() - began) / len(batch) * 1e6


def measure(report: Report, name: str, every: Sequence[str]) -> None:
    """Both engines on the same texts, in alternating rounds of texts that neither has seen."""
    theirs, ours = SentimentIntensityAnalyzer(), VaderEngine(VaderLexicon())
    size = len(every) // ROUNDS
    rounds: list[tuple[float, float]] = []
    for number in range(ROUNDS):
        batch = every[number * size : (number + 1) * size]
        if number % 2:
            own = microseconds(ours.compound, batch)
            rounds.append((microseconds(theirs.polarity_scores, batch), own))
        else:
            published = microseconds(theirs.polarity_scores, batch)
            rounds.append((published, microseconds(ours.compound, batch)))
    differing = sum(ours.compound(text) != theirs.polarity_scores(text)["compound"] for text in every)
    report.add(f"{name}: vaderSentiment", statistics.median(published for published, _ in rounds), "us per text")
    report.add(f"{name}: ours", statistics.median(own for _, own in rounds), "us per text")
    report.add(f"{name}: times faster", statistics.median(a / b for a, b in rounds), "", goal=">= 4")
    report.add(f"{name}: texts", len(every), "")
    report.add(f"{name}: words", statistics.mean(len(text.split()) for text in every), "per text")
    report.add(f"{name}: scored 0", sum(ours.compound(text) == 0 for text in every) / len(every), "share")
    report.add(f"{name}: scores that differ", differing, "", goal="== 0")


def footprint(engine: str) -> tuple[float, float]:
    """CPU milliseconds and MiB from import to the first score, in a process of its own; the median of five."""
    command = [sys.executable, "-c", FOOTPRINT.format(engine=engine)]
    root = Path(__file__).parents[2]
    runs = [
        [float(value) for value in subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.split()]
        for _ in range(5)
    ]
    return statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs)


def main() -> None:
    """Measure, then print."""
    report = Report("sentiment", seed=SEED)
    measure(report, "made up", texts(ROUNDS * TEXTS, random.Random(SEED)))  # noqa: S311 - no secret
    named = os.environ.get("SENTIMENT_CSV", "")
    if named:
        with Path(named).open(encoding="utf-8", newline="") as file:
            measure(report, "given", list(dict.fromkeys(row["text"] for row in csv.DictReader(file))))
    for name, engine in (("vaderSentiment", THEIRS), ("ours", OURS)):
        milliseconds, mib = footprint(engine)
        report.add(f"to the first score: {name}", milliseconds, "ms of CPU")
        report.add(f"to the first score: {name}", mib, "MiB")
    report.print()


if __name__ == "__main__":
    main()
