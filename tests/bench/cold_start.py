"""New topics: do they page for nothing, and is a real burst found? `make bench-cold-start`, about two minutes.

Simulated streams of many rates, scatters and rhythms. Each topic is new, nothing is known of its past, nobody said when
collecting began, and its budget is the default of a page in four weeks.
"""

import random
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.detectors.prior import Lesson, Prior, prior_of
from streams.detectors.warm_up import WarmUp
from streams.windows import MINUTE
from tests.bench.report import Report
from tests.bench.watching import DAY_MINUTES, HOUR_MINUTES, Watched, counts
from tests.fakes.streams_of_counts import START

SEED: Final = 1
PER_DAY: Final = (20, 200, 1000, 5000, 20_000)
SCATTERS: Final = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.6))  # dispersion, daily rhythm
DAY_SEEDS: Final = 4
HOUR_SEEDS: Final = 20
HOUR_FROM_PER_DAY: Final = 1000
TRICKLE_SEEDS: Final = 3
TRICKLES: Final = tuple(
    (mentions, days, per_day)
    for (mentions, days), per_day in product(
        ((2, 2), (5, 6), (20, 4), (60, 8), (120, 6), (250, 9), (8, 20)), (300, 1000, 5000)
    )
)
CLEAR_JUMP: Final = 30  # times the trickle; below, nobody could tell a start of collection from an event
BURST_SEEDS: Final = 20
BURST_PER_MINUTE: Final = (2, 5, 10, 30)
BURST: Final = 20
BUDGET: Final = 0.25
FIFTY: Final = 50
PEERS: Final = 8
PEER_DAYS: Final = 8
PEER_PER_DAY: Final = (20, 200, 1000, 3000)


class Kind(NamedTuple):
    """A kind of stream."""

    per_day: float
    dispersion: float
    rhythm: float


KINDS: Final = tuple(Kind(per_day, *scatter) for per_day in PER_DAY for scatter in SCATTERS)


def main() -> int:
    """The exit code: 1 where a goal is missed."""
    report = Report("cold-start", seed=SEED)
    hours = [
        _steady(kind, seed, HOUR_MINUTES)
        for kind in KINDS
        if kind.per_day >= HOUR_FROM_PER_DAY
        for seed in range(HOUR_SEEDS)
    ]
    report.add("new topics watched for their first hour", len(hours), "topics")
    report.add("pages in the first hour, of all topics", sum(hours), "pages", goal="<= 0")
    days = [(kind, _steady(kind, seed, DAY_MINUTES)) for kind in KINDS for seed in range(DAY_SEEDS)]
    report.add("new topics watched for their first day", len(days), "topics")
    report.add("pages that the budget allows them in that day", BUDGET / 7 * len(days), "pages")
    for dispersion, rhythm in SCATTERS:
        pages = sum(paged for kind, paged in days if (kind.dispersion, kind.rhythm) == (dispersion, rhythm))
        report.add(f"pages in the first day, dispersion {dispersion:g}, daily swing {rhythm:g}", pages, "pages")
    report.add(
        "pages in the first day, of all topics",
        sum(paged for _, paged in days),
        "pages",
        goal=f"<= {round(BUDGET / 7 * len(days))}",
    )
    starts = [(_jump(*trickle), _trickle(*trickle, seed)) for trickle in TRICKLES for seed in range(TRICKLE_SEEDS)]
    clear = [paged for jump, paged in starts if jump >= CLEAR_JUMP]
    unclear = [paged for jump, paged in starts if jump < CLEAR_JUMP]
    report.add(f"trickles that become a stream of {CLEAR_JUMP} times as many or more", len(clear), "topics")
    report.add("of them paged in the day in which it starts", sum(clear) / len(clear), "per topic", goal="<= 0.05")
    report.add("trickles that become a stream of fewer", len(unclear), "topics")
    report.add("of them paged, as any rise is", sum(unclear) / len(unclear), "per topic")
    found = [_burst(per_minute, seed) for per_minute in BURST_PER_MINUTE for seed in range(BURST_SEEDS)]
    judged = [waited for proven, waited in found if proven]
    report.add("20-fold bursts in minute ten of a new topic", len(found), "bursts")
    report.add("of them after 50 mentions, so that there is an opinion", len(judged), "bursts")
    in_time = sum(waited is not None and waited <= 2 for waited in judged)
    report.add("found within two minutes", in_time / len(judged), "share", goal=">= 0.95")
    _add_beside_peers(report)
    report.print()
    return 1 if report.missed else 0


def _add_beside_peers(report: Report) -> None:
    """The same with what eight peers of many rates teach, so that ten mentions are enough for an opinion."""
    prior = prior_of([lesson for number in range(PEERS) if (lesson := _peer(number)) is not None])
    report.add("peers with a proven past", 0 if prior is None else prior.peers, "topics")
    kinds = [kind for kind in KINDS if kind.per_day >= HOUR_FROM_PER_DAY]
    hours = [_steady(kind, seed, HOUR_MINUTES, prior) for kind in kinds for seed in range(HOUR_SEEDS)]
    report.add("beside peers: pages in the first hour, of all topics", sum(hours), "pages", goal="<= 0")
    days = [_steady(kind, seed, DAY_MINUTES, prior) for kind in KINDS for seed in range(DAY_SEEDS)]
    goal = f"<= {round(BUDGET / 7 * len(days))}"
    report.add("beside peers: pages in the first day, of all topics", sum(days), "pages", goal=goal)
    starts = [
        (_jump(*trickle), _trickle(*trickle, seed, prior)) for trickle in TRICKLES for seed in range(TRICKLE_SEEDS)
    ]
    clear = [paged for jump, paged in starts if jump >= CLEAR_JUMP]
    report.add(
        "beside peers: trickles that become a stream, paged", sum(clear) / len(clear), "per topic", goal="<= 0.05"
    )
    found = [_burst(per_minute, seed, prior)[1] for per_minute in BURST_PER_MINUTE for seed in range(BURST_SEEDS)]
    in_time = sum(waited is not None and waited <= 2 for waited in found)
    what = "beside peers: 20-fold bursts in minute ten found within two minutes"
    report.add(what, in_time / len(found), "share", goal=">= 0.95")


def _peer(number: int) -> Lesson | None:
    """Eight days of a topic, a few a day to thousands."""
    random_ = _random("peer", number)
    per_day = PEER_PER_DAY[number % len(PEER_PER_DAY)]
    topic = Watched(random_, pages_per_week=BUDGET)
    topic.run(counts(random_, PEER_DAYS * DAY_MINUTES, per_day / DAY_MINUTES, dispersion=0.2, rhythm=0.3))
    return topic.lesson()


def _random(*what: object) -> random.Random:
    return random.Random(f"{SEED} {what}")  # noqa: S311 - a simulation


def _steady(kind: Kind, seed: int, minutes: int, prior: Prior | None = None) -> int:
    random_ = _random("steady", kind, seed)
    topic = Watched(random_, pages_per_week=BUDGET, prior=prior)
    topic.run(counts(random_, minutes, kind.per_day / DAY_MINUTES, dispersion=kind.dispersion, rhythm=kind.rhythm))
    return len(topic.opened())


def _jump(mentions: int, days: int, per_day: int) -> float:
    return per_day / (mentions / (days + 0.5))


def _trickle(mentions: int, days: int, per_day: int, seed: int, prior: Prior | None = None) -> int:
    """A few mentions at random moments of some days, then a stream that stays."""
    random_ = _random("trickle", mentions, days, per_day, seed)
    topic = Watched(random_, pages_per_week=BUDGET, prior=prior)
    topic.run(_scattered(random_, mentions, days * DAY_MINUTES + random_.randrange(DAY_MINUTES)))
    begins = topic.minute
    topic.run(counts(random_, DAY_MINUTES, per_day / DAY_MINUTES, dispersion=0.2, rhythm=0.3))
    return len(topic.opened(begins))


def _scattered(random_: random.Random, mentions: int, minutes: int) -> Iterator[int]:
    at = [random_.randrange(minutes) for _ in range(mentions)]
    counted = dict.fromkeys(at, 0)
    for minute in at:
        counted[minute] += 1
    return (counted.get(minute, 0) for minute in range(minutes))


def _burst(per_minute: int, seed: int, prior: Prior | None = None) -> tuple[bool, int | None]:
    """Whether collection was proven by minute ten, and minutes until the page, None without one."""
    random_ = _random("burst", per_minute, seed)
    quiet = list(counts(random_, 10, per_minute, dispersion=0.2))
    warm_up = WarmUp(FIFTY, 14, collected=False)
    proven = [warm_up.add(START + minute * MINUTE, count) for minute, count in enumerate(quiet)][-3]
    topic = Watched(random_, pages_per_week=BUDGET, prior=prior)
    topic.run(quiet)
    topic.run(counts(random_, 5, BURST * per_minute))
    opened = topic.opened(10)
    return proven, None if not opened else int((opened[0].at.timestamp() - START) // MINUTE) - 9


if __name__ == "__main__":
    sys.exit(main())
