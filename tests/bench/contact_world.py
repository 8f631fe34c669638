"""People who are hit, of whom some post, some call, some do both and most do neither. Nothing of it is the model's.

Each one is hit at a time of a curve that the model does not know, and posts and calls after a delay of their own; posts
are passed on by others with a heavy-tailed delay. How ready somebody is to speak differs from one to the next and makes
them post and call alike. What is usual wanders.
"""

import math
from dataclasses import dataclass
from random import Random
from typing import Final

MINUTES: Final = 600
CURVES: Final = ("outage", "burst", "slow", "waves")


@dataclass
class Affair:
    """What happened, and what was seen of it, by the minute.

    Attributes:
        lag: Minutes by which calls follow posts; negative where they come first.
        posts: Everything said, what is passed on as well; `own` without that.
        linked: Calls by somebody who had posted.
    """

    lag: float
    onset: float
    length: float
    posts: list[int]
    own: list[int]
    calls: list[int]
    linked: list[int]
    usual_posts: float
    usual_calls: float
    hit: int = 0
    spoke: int = 0
    called: int = 0
    neither: int = 0
    curve: str = ""

    @property
    def end(self) -> int:
        """The minute at which it is judged: all is over for an hour."""
        return min(MINUTES, int(self.onset + abs(self.lag) + self.length + 60))


def affair(
    rng: Random,
    *,
    share_posting: float,
    share_calling: float,
    people: int,
    apart: float = 0.0,
    other_curve: bool = False,
) -> Affair:
    """One affair.

    Args:
        people: How many are hit.
        apart: Minutes by which the calls belong to something else before or after it.
        other_curve: The calls follow another curve than the posts.
    """
    lag = rng.choice((-1, 1, 1)) * rng.uniform(5, 60)
    curve, length, onset = rng.choice(CURVES), rng.uniform(60, 180), rng.uniform(200, 260)
    usual_posts = max(people * share_posting / length / rng.uniform(2, 8), 0.2)
    usual_calls = max(people * share_calling / length / rng.uniform(2, 6), 0.2)
    posts, calls = (_usual(rng, mean, rng.uniform(0.1, 0.3)) for mean in (usual_posts, usual_calls))
    own, linked = list(posts), [0] * MINUTES
    found = Affair(lag, onset, length, posts, own, calls, linked, usual_posts, usual_calls, people, curve=curve)
    passed_on, median = rng.uniform(0, 0.4), rng.uniform(2, 8)
    widths = rng.uniform(0.4, 1.0), rng.uniform(0.3, 0.8)
    uneven = rng.uniform(0.2, 1.5)
    heard = curve if not other_curve else rng.choice([one for one in CURVES if one != curve])
    for _ in range(people):
        ready = rng.gammavariate(1 / uneven, uneven) if uneven > 0.3 else 1.0
        posting, calling = (rng.random() < min(share * ready, 0.95) for share in (share_posting, share_calling))
        at = _hit(rng, curve, length)
        if posting:
            said = onset + at + median * math.exp(rng.gauss(0, widths[0])) + max(0.0, -lag)
            _add(own, said)
            waiting = [said]
            while waiting:
                begun = waiting.pop()
                _add(posts, begun)
                if rng.random() < passed_on:
                    waiting.append(begun + 4 * (rng.random() ** (-1 / 1.6) - 1))
        if calling:
            when = at if heard == curve else _hit(rng, heard, length)
            begun = onset + apart + when + median * math.exp(rng.gauss(0, widths[1])) + max(0.0, lag)
            _add(calls, begun)
            if posting:
                _add(linked, begun)
        found.spoke += posting
        found.called += calling
        found.neither += not (posting or calling)
    return found


def _hit(rng: Random, curve: str, length: float) -> float:
    """When somebody is hit, minutes after it began."""
    if curve == "outage":
        return rng.uniform(0, length)
    if curve == "burst":
        return rng.expovariate(3 / length)
    if curve == "slow":
        return length * rng.betavariate(2.2, 2.0)
    return rng.expovariate(6 / length) + (0.0 if rng.random() < 0.6 else 0.55 * length)


def _usual(rng: Random, mean: float, roughness: float) -> list[int]:
    found, wander = [], rng.gauss(0, 1)
    for minute in range(MINUTES):
        wander = 0.98 * wander + 0.2 * rng.gauss(0, 1)
        wave = 1 + 0.3 * math.sin(math.tau * minute / 1440)
        found.append(poisson(rng, mean * wave * math.exp(roughness * wander - roughness**2 / 2)))
    return found


def _add(counts: list[int], at: float) -> None:
    if 0 <= at < MINUTES:
        counts[int(at)] += 1


def poisson(rng: Random, mean: float) -> int:
    """How many of so many that are usual."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, drawn, product = math.exp(-max(mean, 0.0)), 0, rng.random()
    while product > limit:
        drawn += 1
        product *= rng.random()
    return drawn
