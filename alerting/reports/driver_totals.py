"""What drove a week. Pure."""

from collections.abc import Iterable
from typing import Final

import msgspec

from alerting.incidents.outline import Outline

MOST_DRIVERS: Final = 10


class DriverTotal(msgspec.Struct, frozen=True):
    """What a driver added to the week; the term comes from mentions and is hostile."""

    term: str
    tone: str
    excess: float
    incidents: int


def driver_totals(outlines: Iterable[Outline]) -> tuple[DriverTotal, ...]:
    """What added most; the same term in whatever case."""
    excess: dict[str, float] = {}
    shown: dict[str, tuple[str, str]] = {}
    incidents: dict[str, set[str]] = {}
    for outline in outlines:
        for driver in outline.evidence.drivers:
            added = driver.mentions - driver.expected if driver.contribution is None else driver.contribution
            if added <= 0:
                continue
            term = driver.term.casefold()
            excess[term] = excess.get(term, 0.0) + added
            shown.setdefault(term, (driver.term, driver.tone))
            incidents.setdefault(term, set()).add(outline.id)
    ranked = sorted(excess, key=lambda term: (-excess[term], term))[:MOST_DRIVERS]
    return tuple(DriverTotal(*shown[term], excess[term], len(incidents[term])) for term in ranked)
