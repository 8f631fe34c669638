"""What stands behind an incident, made ready for its page: every value here is text, but for our own drawings."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from alerting.charts import svg
from alerting.console import words
from alerting.console.words import LONGEST_TEXT
from alerting.directives.mood_label import name_of
from alerting.incidents import wording
from alerting.incidents.insight import insights_of
from alerting.incidents.model import Incident
from alerting.notifiers.escaping import one_line
from streams.events import Evidence
from streams.findings import Driver
from streams.tone import UNSCORED, tone_of


@dataclass(frozen=True, slots=True)
class DriverLine:
    """A driver with its share of the largest one drawn; `about` says what it is and where it began."""

    term: str
    excess: str
    bar: Markup
    about: str = ""


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A part of the excess by where it comes from."""

    by: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A mention in its own words, made harmless.

    Attributes:
        name: Its short name, see `name_of`.
        read: `negative`, `neutral`, `positive` or `unscored`, as it was counted.
    """

    text: str
    source: str
    url: str
    lang: str | None
    name: str
    read: str


def drivers(evidence: Evidence) -> tuple[DriverLine, ...]:
    """What drives it, the negative first, each with what it adds to the excess; what is left stands at the end."""
    ranked = sorted(evidence.drivers, key=lambda driver: (driver.tone != "negative", -_added(driver)))
    largest = max((_added(driver) for driver in ranked), default=0.0)
    lines = [
        DriverLine(
            term=one_line(driver.term, 80),
            excess=wording.signed(_added(driver)),
            bar=Markup(svg.bar(_added(driver) / largest if largest > 0 else 0.0)),  # noqa: S704  # our own drawing
            about=_about(driver),
        )
        for driver in ranked
    ]
    if lines and evidence.excess is not None:
        lines.append(DriverLine("everything else", wording.signed(evidence.excess.other), Markup("")))
    return tuple(lines)


def places(evidence: Evidence) -> tuple[PlaceLine, ...]:
    """Where the excess comes from, each split with its three largest parts."""
    return tuple(
        PlaceLine(
            one_line(split.by, 20),
            tuple((one_line(place, 40), wording.signed(part)) for place, part in list(split.parts.items())[:3]),
        )
        for split in evidence.splits
    )


def insight_lines(incident: Incident) -> tuple[tuple[str, str], ...]:
    """What can be told beyond drivers and counts: (label, text)."""
    found = insights_of(incident)
    return tuple((line.label, one_line(line.text, LONGEST_TEXT)) for line in found)


def _added(driver: Driver) -> float:
    return driver.mentions - driver.expected if driver.contribution is None else driver.contribution


def _about(driver: Driver) -> str:
    if driver.contribution is None:
        return ""
    told = [one_line(driver.kind, 20), *([one_line(driver.tone, 20)] if driver.tone != "neutral" else [])]
    if driver.first is not None:
        who = f" by {one_line(driver.first.author, 40)}" if driver.first.author else ""
        told.append(f"first said {driver.first.at:%H:%M:%S} UTC{who}")
    return ", ".join(told)


def quotes(evidence: Evidence, now: datetime) -> tuple[Quote, ...]:
    """Samples in their own words."""
    found = []
    for sample in evidence.verbatims or evidence.samples:
        about = [one_line(sample.key.partition(":")[0], 40), one_line(sample.content_type, 20)]
        if sample.followers is not None:
            about.append(f"{wording.count(sample.followers)} followers")
        about.append(words.clock(sample.published_at, now))
        if sample.lang:
            about.append(one_line(sample.lang, 12))
        about.append(f"read as {tone_of(sample.polarity, UNSCORED)}")
        if sample.fate:
            about.append(f"{one_line(sample.fate, 12)} since")
        lang = sample.lang if sample.lang and sample.lang.isascii() and sample.lang.isalpha() else None
        found.append(
            Quote(
                one_line(sample.text, LONGEST_TEXT),
                ", ".join(filter(None, about)),
                one_line(sample.url or "", 120),
                lang,
                name_of(sample.key),
                tone_of(sample.polarity, UNSCORED),
            )
        )
    return tuple(found)
