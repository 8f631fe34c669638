"""How many were hit and did not speak, and how many will call. Estimates with the interval of 90 of 100 cases."""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

_NINETY: Final = 1.6449
_DEVIATION: Final = 0.5  # of an event from an ordinary day, before any of its contacts are seen
_DAY_DEVIATION: Final = 0.3
_EVENT_DEVIATION: Final = 0.2  # of the share of those who speak, from one event to the next
_DAYS_OF_PRIOR: Final = 3.0
_HALF_LIFE_DAYS: Final = 7.0
_FEWEST_LINKED: Final = 15
_UNEVEN: Final = 0.1
_WANDERS: Final = 0.2  # an hour's contacts, or mentions, are off by a fifth from what is usual
_CALLERS_SPEAK: Final = (1.0, 2.0)


class Basis(StrEnum):
    """What an estimate stands on, the best first."""

    LINKS = "links"
    CALLS = "calls"
    PRIOR = "prior"


class Interval(msgspec.Struct, frozen=True):
    """In 90 of 100 cases it is between `low` and `high`."""

    low: float
    middle: float
    high: float


class Share(msgspec.Struct, frozen=True):
    """A share of people by what somebody found elsewhere: in 90 of 100 cases between `low` and `high`, in (0, 1]."""

    low: float
    high: float

    @property
    def law(self) -> tuple[float, float]:
        """Mean and standard deviation of its logarithm."""
        return math.log(self.low * self.high) / 2, math.log(self.high / self.low) / (2 * _NINETY)


class Ratio(msgspec.Struct, frozen=True):
    """How many contacts come on one mention: mean and standard deviation of the logarithm, from so many days."""

    log: float
    deviation: float
    days: int


class Silent(msgspec.Struct, frozen=True):
    """How many were hit, spoke neither in public nor to the contact centre."""

    people: Interval
    basis: Basis


def learned_ratio(days: Sequence[tuple[float, float]]) -> Ratio | None:
    """Contacts on a mention, of ordinary days: (mentions, contacts) of each, the newest last. None without any.

    Newer days weigh more, with a half-life of a week, so that it follows a drift; how much one day differs from
    another one widens what is said of the next.
    """
    logs = [
        (math.log((contacts + 0.5) / (mentions + 0.5)), 0.5 ** ((len(days) - 1 - at) / _HALF_LIFE_DAYS))
        for at, (mentions, contacts) in enumerate(days)
        if mentions > 0 and contacts > 0
    ]
    if not logs:
        return None
    whole = sum(weight for _, weight in logs)
    mean = sum(value * weight for value, weight in logs) / whole
    squares = sum((value - mean) ** 2 * weight for value, weight in logs)
    between = (squares + _DAYS_OF_PRIOR * _DAY_DEVIATION**2) / (whole + _DAYS_OF_PRIOR)
    return Ratio(mean, math.sqrt(between * (1 + 1 / whole) + _DEVIATION**2), len(logs))


def seen_ratio(before: Ratio | None, mentions: float, contacts: float) -> Ratio | None:
    """The ratio with what the event itself shows so far: mentions above usual, and the contacts that followed them."""
    if mentions < 1 or contacts < 1:
        return before
    log, deviation = math.log(contacts / mentions), math.sqrt(1 / contacts + 1 / mentions + _UNEVEN**2)
    if before is None:
        return Ratio(log, deviation, 0)
    ours, theirs = 1 / before.deviation**2, 1 / deviation**2
    return Ratio((before.log * ours + log * theirs) / (ours + theirs), math.sqrt(1 / (ours + theirs)), before.days)


def silent_majority(
    speakers: float,
    contacts: float,
    *,
    spoke: Share,
    contacted: Share,
    ratio: Ratio | None = None,
    linked: tuple[int, int] | None = None,
    usual: float = 0.0,
) -> Silent | None:
    """How many were hit and are silent; None while nobody spoke.

    - *links*: of those who called, so many had spoken in public as well; then about as large a share of all who were
      hit did, less what callers speak more than others do (capture and recapture). The share is that of weeks, so one
      event may have another one.
    - *calls*: as many as will call by the ratio, over the share of people with a problem who contact the company,
      pooled with the next one, each by how sure it is.
    - *prior*: those who spoke in public, over the share of people who do.

    Args:
        speakers: People who spoke in public because of it.
        contacts: Contacts because of it so far.
        spoke: Stated share of those who speak in public; `contacted` of those who contact the company.
        ratio: Contacts on a speaker, as expected of this event; None where no reason belongs to it.
        linked: Of how many contacts it was known whether they had spoken: (those who had, all); None where never.
        usual: Mentions that would have come without it; the speakers are what is above them, so both their chance and
            their wandering make it unsure how many speakers there are.

    Source:
        Chapman, "Some properties of the hypergeometric distribution with applications to zoological sample censuses",
        Univ. California Publ. Stat. 1, 1951. Seber, "The Estimation of Animal Abundance", 2nd ed., 3.1. Pooling:
        DerSimonian and Laird, "Meta-analysis in clinical trials", Controlled Clin. Trials 7, 1986.
    """
    if speakers < 1:
        return None
    told = contacts
    share, unsure = spoke.law
    chance = min((speakers + usual + (_WANDERS * usual) ** 2) / speakers**2, 1.0)
    alone = math.log(speakers) - share, math.sqrt(chance + unsure**2)
    if linked is not None and linked[0] >= _FEWEST_LINKED:
        spoken, asked = linked
        more, uneven = Share(*_CALLERS_SPEAK).law
        log = math.log(speakers) - math.log((spoken + 0.5) / (asked + 1)) + more
        spread = math.sqrt(chance + 1 / spoken + uneven**2 + _EVENT_DEVIATION**2)
        basis = Basis.LINKS
    elif ratio is not None:
        share, unsure = contacted.law
        by_calls = math.log(speakers) + ratio.log - share, math.sqrt(ratio.deviation**2 + unsure**2)
        log, spread = _pooled(by_calls, alone)
        told = max(contacts, speakers * math.exp(ratio.log))
        basis = Basis.CALLS
    else:
        (log, spread), basis = alone, Basis.PRIOR
    hit = (math.exp(log + step * _NINETY * spread) for step in (-1, 0, 1))
    return Silent(Interval(*(max(people - speakers - told, 0.0) for people in hit)), basis)


def next_hour(usual: float, caused: Interval, ratio: Ratio) -> Interval:
    """Contacts of the next hour: the usual ones, and those that mentions above usual call forth.

    What is not known for sure adds up as independent errors do: how many mentions there will be, how many contacts come
    on one of them, and chance.

    Args:
        caused: Mentions above usual whose contacts fall into the hour, >= 0.
    """
    each = math.exp(ratio.log)
    more = caused.middle * each
    middle = usual + more
    chance = _NINETY * math.sqrt(middle + (_WANDERS * usual) ** 2)
    fewer = math.hypot(chance, more * (1 - math.exp(-_NINETY * ratio.deviation)), (caused.middle - caused.low) * each)
    further = math.hypot(chance, more * (math.exp(_NINETY * ratio.deviation) - 1), (caused.high - caused.middle) * each)
    return Interval(max(middle - fewer, 0.0), middle, middle + further)


def _pooled(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Mean and deviation of two estimates of one logarithm; where they disagree beyond what they claim, both doubt."""
    beyond = max((one[0] - other[0]) ** 2 - one[1] ** 2 - other[1] ** 2, 0.0) / 2
    ours, theirs = 1 / (one[1] ** 2 + beyond), 1 / (other[1] ** 2 + beyond)
    return (one[0] * ours + other[0] * theirs) / (ours + theirs), math.sqrt(1 / (ours + theirs))
