"""Pages against labels: what was found, how soon, and what was nothing."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

_EARLY_SECONDS: Final = 900.0
_LATE_SECONDS: Final = 7200.0
EVERY_TOPIC: Final = "*"


class Labelled(msgspec.Struct, frozen=True):
    """What happened, as a line of a file of labels says; seconds since 1970.

    Attributes:
        topic: Its id, or `*` for every topic.
        pages: Somebody wants to be woken for it.
    """

    kind: str
    topic: str
    onset: float
    end: float
    pages: bool = True
    size: int = 0


class Claimed(msgspec.Struct, frozen=True):
    """A page that went out, or would have; `crisis` unless it says that it is joy."""

    topic: str
    at: float
    crisis: bool = True


class KindScore(msgspec.Struct, frozen=True):
    """How a kind of event fared.

    Attributes:
        found: Of `events`, those with at least one page.
        viral: Of those found, where every page says that it is joy or a cascade and no crisis.
        median_delay_seconds: From the onset to the first page, over those found; None where none was.
        p90_delay_seconds: Nine of ten were found within this.
    """

    kind: str
    pages: bool
    events: int
    found: int
    median_delay_seconds: float | None = None
    p90_delay_seconds: float | None = None
    viral: int = 0


class Judgement(msgspec.Struct, frozen=True):
    """The outcome.

    Attributes:
        right: Crisis pages within an event that somebody wants to be woken for.
        wrong_kind: Crisis pages within an event that should page nobody, and no other.
        viral: Pages within an event that say that it is no crisis.
        false: Pages at which nothing was planted.
        precision: `right` over all crisis pages; None without any.
        recall: Of the events that should page, those with a crisis page; None without any.
        f1: Their harmonic mean.
    """

    pages: int
    right: int
    wrong_kind: int
    viral: int
    false: int
    precision: float | None
    recall: float | None
    f1: float | None
    kinds: tuple[KindScore, ...]


def judge(pages: Sequence[Claimed], labels: Sequence[Labelled]) -> Judgement:
    """Compare pages with labels. A page belongs to an event from 15 minutes before it to two hours after it."""
    crises = [page for page in pages if page.crisis]
    right = sum(any(label.pages and _within(page, label) for label in labels) for page in crises)
    somewhere = sum(any(_within(page, label) for label in labels) for page in crises)
    false = sum(not any(_within(page, label) for label in labels) for page in pages)
    wanted = [label for label in labels if label.pages]
    found = sum(any(_within(page, label) for page in crises) for label in wanted)
    precision = right / len(crises) if crises else None
    recall = found / len(wanted) if wanted else None
    f1 = 2 * precision * recall / (precision + recall) if precision and recall else None
    kinds = sorted({label.kind: label.pages for label in labels}.items(), key=lambda item: (not item[1], item[0]))
    return Judgement(
        pages=len(pages),
        right=right,
        wrong_kind=somewhere - right,
        viral=len(pages) - somewhere - false,
        false=false,
        precision=precision,
        recall=recall,
        f1=f1,
        kinds=tuple(_of_kind(kind, pages, [label for label in labels if label.kind == kind]) for kind, _ in kinds),
    )


def _of_kind(kind: str, pages: Sequence[Claimed], labels: Sequence[Labelled]) -> KindScore:
    delays, viral = [], 0
    for label in labels:
        inside = [page for page in pages if _within(page, label)]
        if inside:
            delays.append(max(min(page.at for page in inside) - label.onset, 0.0))
            viral += not any(page.crisis for page in inside)
    delays.sort()
    return KindScore(
        kind,
        labels[0].pages,
        len(labels),
        len(delays),
        delays[(len(delays) - 1) // 2] if delays else None,
        delays[math.ceil(0.9 * len(delays)) - 1] if delays else None,
        viral,
    )


def _within(page: Claimed, label: Labelled) -> bool:
    about = label.topic in {page.topic, EVERY_TOPIC}
    return about and label.onset - _EARLY_SECONDS <= page.at <= label.end + _LATE_SECONDS
