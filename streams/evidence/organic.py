"""How much of an event is people's own: copies by many accounts, new accounts, machines' rhythms. Pure."""

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from streams.evidence.reading import Read
from streams.excerpt import Excerpt
from streams.findings import Organic

_FEWEST_READ: Final = 20
_FEWEST_ACCOUNTS: Final = 6
_COORDINATED_FROM: Final = 0.12
_NEW_DAYS: Final = 45
_POSTS_A_DAY: Final = 60.0
_FEW_FOLLOWERS: Final = 15
_MANY_COPIES: Final = 3
_ODD_ACCOUNTS: Final = 0.4
_ODD_ACCOUNTS_IN_RHYTHM: Final = 0.15
_STEADY: Final = 0.55  # the gaps between people's posts vary as much as their mean and more
_FEWEST_GAPS: Final = 8
_NUMBERED: Final = re.compile(r"\d{4,}$")


class _Copies(NamedTuple):
    """Near copies that their authors sent in their own name, and the mean gap in seconds where it is steady."""

    members: list[int]
    gap: float | None


def organic(reads: Sequence[Read], usual_new: float) -> Organic | None:
    """Whether many accounts act as one, and the share of these mentions that do not.

    Looked at are near copies that at least three accounts sent in their own name: a post passed on is no copy. Copies
    are machines' where 40 % of them are by odd accounts, or 15 % and all come in a steady rhythm: people copy what
    moves them, and new accounts have to begin somewhere. Odd is an account younger than 45 days, one with more than 60
    posts a day, or one with fewer than 15 followers whose name ends in four digits. Where there are such copies, what
    odd accounts say in other words counts with them. The event counts as coordinated when at least
    six accounts and 12 % of it are suspect.

    Args:
        usual_new: The share of mentions that usually come from new accounts, [0, 1].

    Returns:
        None where fewer than 20 mentions were read, or nothing is known of any account.

    Source:
        Signs as in Pacheco et al., "Uncovering coordinated networks on social media", ICWSM 2021, and Varol et al.,
        "Online human-bot interactions", ICWSM 2017; bounds of our own.
    """
    known = [read for read in reads if not read.excerpt.brand]
    if len(known) < _FEWEST_READ or not any(_is_described(read.excerpt) for read in known):
        return None
    machines = [copies for copies in _copies(known) if _are_machines(known, copies)]
    suspects = sorted({at for copies in machines for at in copies.members})
    if suspects:
        told = set(suspects)
        suspects = [at for at, read in enumerate(known) if at in told or _is_odd(read.excerpt)]
    accounts = len({_account(known[at].excerpt) for at in suspects})
    total = sum(read.weight for read in known) or 1.0
    share = sum(known[at].weight for at in suspects) / total
    coordinated = accounts >= _FEWEST_ACCOUNTS and share >= _COORDINATED_FROM
    return Organic(
        share=1.0 - share,
        coordinated=coordinated,
        accounts=accounts,
        read=len(known),
        reasons=_reasons(known, suspects, machines, usual_new) if coordinated else (),
    )


def _is_described(excerpt: Excerpt) -> bool:
    return excerpt.age_days is not None or excerpt.followers is not None


def _account(excerpt: Excerpt) -> object:
    return excerpt.author_number if excerpt.author_number is not None else excerpt.author or excerpt.key


def _is_new(excerpt: Excerpt) -> bool:
    return excerpt.age_days is not None and excerpt.age_days < _NEW_DAYS


def _is_odd(excerpt: Excerpt) -> bool:
    if excerpt.verified:
        return False
    posts, days = excerpt.posts, excerpt.age_days
    busy = posts is not None and days is not None and posts > _POSTS_A_DAY * (days + 1)
    lonely = excerpt.followers is not None and excerpt.followers < _FEW_FOLLOWERS
    numbered = excerpt.author is not None and _NUMBERED.search(excerpt.author) is not None
    return _is_new(excerpt) or busy or (lonely and numbered)


def _copies(reads: Sequence[Read]) -> list[_Copies]:
    groups: dict[str, list[int]] = {}
    for at, read in enumerate(reads):
        if not read.excerpt.repeats:
            for feature in read.features:
                if feature.startswith("copies:"):
                    groups.setdefault(feature, []).append(at)
    found = []
    for members in groups.values():
        if len({_account(reads[at].excerpt) for at in members}) >= _MANY_COPIES:
            times = sorted(reads[at].excerpt.at_ms for at in members)
            found.append(_Copies(members, _steady([later - earlier for earlier, later in pairwise(times)])))
    return found


def _steady(gaps: Sequence[int]) -> float | None:
    """The mean gap in seconds; None where gaps vary as people's do."""
    mean = statistics.fmean(gaps)
    return mean / 1000 if len(gaps) >= _FEWEST_GAPS and statistics.pstdev(gaps) < _STEADY * mean else None


def _are_machines(reads: Sequence[Read], copies: _Copies) -> bool:
    odd = sum(_is_odd(reads[at].excerpt) for at in copies.members) / len(copies.members)
    return odd >= (_ODD_ACCOUNTS if copies.gap is None else _ODD_ACCOUNTS_IN_RHYTHM)


def _reasons(
    reads: Sequence[Read], suspects: Sequence[int], machines: Sequence[_Copies], usual_new: float
) -> tuple[str, ...]:
    """In our own words, counts only."""
    accounts = len({_account(reads[at].excerpt) for at in suspects})
    copies = len({at for one in machines for at in one.members})
    told = [f"{copies} of {len(reads)} mentions read are near copies; with them suspect are {accounts} accounts"]
    new = sum(_is_new(reads[at].excerpt) for at in suspects)
    if new:
        told.append(f"{new} of those by accounts younger than {_NEW_DAYS} days (usually {usual_new:.0%} of mentions)")
    odd = sum(_is_odd(reads[at].excerpt) for at in suspects) - new
    if odd:
        told.append(f"{odd} by accounts that post all day long, or that nobody follows and a number names")
    gaps = [copies.gap for copies in machines if copies.gap is not None]
    if gaps:
        told.append(f"copies come about every {min(gaps):.0f} s, more evenly than people do")
    return tuple(told)
