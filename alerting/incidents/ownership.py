"""Which department can fix what drives an event: by rule, else by what was accepted before. Pure."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from streams.findings import Driver

_ALIKE: Final = 0.34
_FEWEST_ACCEPTED: Final = 2
_MOSTLY: Final = 2 / 3
_WORTH_A_RULE: Final = 0.2


class OwnerRule(msgspec.Struct, frozen=True):
    """Drivers that speak of one of these words or phrases belong to that department."""

    owner: str
    words: tuple[str, ...]


class Accepted(NamedTuple):
    """What an earlier incident was about, and which department took it on."""

    owner: str
    drivers: tuple[str, ...]


class Proposal(NamedTuple):
    """A department, and why; our own words and the configuration's."""

    owner: str
    because: str


def owner_of(drivers: Sequence[Driver], rules: Sequence[OwnerRule], accepted: Iterable[Accepted]) -> Proposal | None:
    """The department that the drivers belong to; None where neither a rule nor experience says.

    A rule needs drivers that make up a fifth of what all of them contribute; of several the one with most of it holds.
    Experience needs two earlier incidents with a third of their drivers' words in common, two thirds of them with the
    same department.
    """
    by_rule = _by_rule(drivers, rules)
    return by_rule or _by_experience(drivers, accepted)


def _by_rule(drivers: Sequence[Driver], rules: Sequence[OwnerRule]) -> Proposal | None:
    whole = sum(_weight(driver) for driver in drivers)
    best: tuple[float, OwnerRule, str] | None = None
    for rule in rules:
        weight, word = 0.0, ""
        for driver in drivers:
            said = f" {' '.join(_words(driver.term))} "
            found = next((known for known in rule.words if f" {' '.join(_words(known))} " in said), "")
            if found:
                weight, word = weight + _weight(driver), word or found
        if word and weight >= _WORTH_A_RULE * whole and (best is None or weight > best[0]):
            best = weight, rule, word
    if best is None:
        return None
    weight, rule, word = best
    share = f", {weight / whole:.0%} of what drives it" if whole > 0 else ""
    return Proposal(rule.owner, f'by the rule for "{word}"{share}')


def _by_experience(drivers: Sequence[Driver], accepted: Iterable[Accepted]) -> Proposal | None:
    mine = {word for driver in drivers for word in _words(driver.term)}
    votes: Counter[str] = Counter()
    for past in accepted:
        theirs = {word for term in past.drivers for word in _words(term)}
        if mine & theirs and len(mine & theirs) >= _ALIKE * min(len(mine), len(theirs)):
            votes[past.owner] += 1
    if not votes:
        return None
    owner, most = max(sorted(votes.items()), key=lambda item: item[1])
    if most < _FEWEST_ACCEPTED or most < _MOSTLY * votes.total():
        return None
    return Proposal(owner, f"took on {most} of {votes.total()} earlier incidents with such drivers")


def _weight(driver: Driver) -> float:
    added = driver.mentions - driver.expected if driver.contribution is None else driver.contribution
    return max(added, 0.0)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text.casefold())
    return "".join(char if char.isalnum() else " " for char in plain).split()
