"""Do the themes that Tocsin brings along read in a complaint what people read in it? `make bench-airline-themes`.

`make bench-airline-themes AIRLINE_CSV=path/to/Tweets.csv`; see `airline_tweets` for the file, whose `negativereason`
people gave for every negative tweet, one of ten. Nothing of the themes was chosen by looking at the file.
"""

import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.evidence.features import themes_of
from streams.evidence.theme_words import ThemeWords, theme_words
from streams.settings import DetectSettings
from tests.bench.airline_reasons import Labelled, read_labels
from tests.bench.report import Report

SETS: Final = ("general", "travel")
NO_THEME: Final = "Can't Tell"
# What the themes are called in the file's own words; where several are found, the first of this order counts.
REASONS: Final[Mapping[str, str]] = {
    "damaged luggage": "Damaged Luggage",
    "lost luggage": "Lost Luggage",
    "cancelled trips": "Cancelled Flight",
    "late trips": "Late Flight",
    "lines": "longlines",
    "crew and gate staff": "Flight Attendant Complaints",
    "booking": "Flight Booking Problems",
    "on board": "Bad Flight",
    "customer service": "Customer Service Issue",
    "staff": "Flight Attendant Complaints",
    "app and website": "Flight Booking Problems",
}


def main() -> int:
    """The exit code."""
    named = os.environ.get("AIRLINE_CSV", "")
    if not named or not Path(named).is_file():
        told = f"{named} is not there" if named else "AIRLINE_CSV is not set"
        print(f"Left out: {told}. Name the file: make bench-airline-themes AIRLINE_CSV=path/to/Tweets.csv")
        return 0
    themes = theme_words(DetectSettings(theme_sets=SETS).folded_themes)
    labels = [one for one in read_labels(Path(named)) if one.reason]
    report = Report("airline-themes", seed=None)
    add_agreement(report, labels, themes)
    report.print()
    return 0


def add_agreement(report: Report, labels: Sequence[Labelled], themes: ThemeWords) -> None:
    """How far theme and human reason are the same, tweet by tweet."""
    pairs = [(reason_of(one.text, themes), one.reason) for one in labels]
    sure = [pair for pair in pairs if pair[1] != NO_THEME]
    report.add("negative tweets with a reason", len(pairs), "tweets")
    report.add("theme is the reason", _agreeing(pairs), "share")
    report.add("theme is the reason: Cohen's kappa", kappa(pairs), "")
    report.add("of those of which people could tell the reason", _agreeing(sure), "share")
    most = Counter(reason for _, reason in pairs).most_common(1)[0][1] / len(pairs)
    report.add("always the most frequent reason", most, "share")
    for reason, count in Counter(reason for _, reason in pairs).most_common():
        told = [truth for found, truth in pairs if found == reason]
        right = sum(truth == reason for truth in told)
        report.add(f"{reason}: found", right / count, f"of {count}")
        report.add(f"{reason}: rightly", right / len(told) if told else None, f"of {len(told)}")


def reason_of(text: str, themes: ThemeWords) -> str:
    """In the file's words."""
    found = set(themes_of(text, themes))
    return next((reason for theme, reason in REASONS.items() if theme in found), NO_THEME)


def kappa(pairs: Sequence[tuple[str, str]]) -> float:
    """Agreement beyond what chance would bring; 1 where all agree, 0 where no more do than by chance.

    Source:
        Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20(1), 1960.
    """
    ours, theirs = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    chance = sum(ours[name] * theirs[name] for name in ours) / len(pairs) ** 2
    return (_agreeing(pairs) - chance) / (1 - chance)


def _agreeing(pairs: Sequence[tuple[str, str]]) -> float:
    return sum(one == other for one, other in pairs) / len(pairs)


if __name__ == "__main__":
    sys.exit(main())
