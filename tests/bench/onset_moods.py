"""Moods that turn while the volume stays, and joy that comes in numbers."""

import math
import os
import random
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.events import Direction, Phase, Tally
from streams.sentiment.vader import VaderScorer
from streams.windows import MINUTE
from tests.bench.onset_found import BUDGET, crises, pass_to, quantile
from tests.bench.report import Report
from tests.bench.watching import DAY_MINUTES, HOUR_MINUTES, Watched, counts, tally
from tests.fakes.streams_of_counts import START

SEED: Final = 1
RUNS: Final = int(os.environ.get("TOCSIN_BENCH_RUNS", "40"))
WEEKS: Final = 2
PER_HOUR: Final = 20.0
GOAL: Final = 40
PATIENCE: Final = 20
USUAL_SHARE: Final = 0.2
TURNED_SHARE: Final = 0.45
TIMES_IDEAL: Final = 1.5
# The ideal CUSUM, which knows both shares: at 5.7 nats it is crossed by chance once in 3,360 mentions, a week of them.
IDEAL_NATS: Final = 5.7
_CLASS: Final = 0.05  # where the lexicon's authors draw the lines between negative, neutral and positive

JOYS: Final = 20
JOY_TIMES: Final = 6.0
JOY_HOURS: Final = 2
JOY_SHARE: Final = 0.05
JOY_POLARITY: Final = 0.6

# As people write, some of it in words that the lexicon reads too kindly.
ANGRY: Final = (
    "refund pending for 9 days, this is terrible",
    "worst support ever, nobody answers",
    "thanks for losing my parcel again",
    "still waiting, third week, no answer",
    "I hate this app, it crashes at checkout",
    "charged me twice and ignore my mails, scam",
    "so disappointed, never again",
    "they lied about the delivery date",
    "great, my order was cancelled without a word",
    "broken on arrival and they refuse the return",
    "this is a disgrace, I want my money back",
    "awful quality and rude staff",
)
CALM: Final = (
    "my lamp arrived today",
    "does anybody know when the sale starts",
    "ordered the blue one",
    "love the new colours",
    "the shop in town opens at nine",
    "got a refund within two days, nice",
    "is the app down or is it me",
    "good service on the phone today",
    "new catalogue is out",
    "picked up my parcel on the way home",
    "which size should I take",
    "happy with the sofa so far",
)

Say = Callable[[random.Random, bool], Tally]


class Turn(NamedTuple):
    """Mentions to the page, to the ideal CUSUM's alarm, and pages a week before; None where it was not found."""

    found: int | None
    ideal: int | None
    false_pages: float


def add_moods(report: Report) -> None:
    """Labels planted, then real texts through the lexicon, then joy."""
    what = f"{USUAL_SHARE:.0%} to {TURNED_SHARE:.0%} negative on {PER_HOUR:g} an hour"
    runs = [_turn(_planted, _random("flip", run)) for run in range(RUNS)]
    _add_turns(report, f"{what}, labels planted", runs, f"<= {GOAL}")
    scorer = VaderScorer()
    runs = [_turn(lambda rng, sour: _said(scorer, rng, sour=sour), _random("text", run)) for run in range(RUNS)]
    ideal = quantile([run.ideal for run in runs], 0.5)
    within = f"<= {TIMES_IDEAL * ideal:g}" if isinstance(ideal, float) else None
    _add_turns(report, f"{what}, texts through the lexicon", runs, within)
    joys = [_joy(_random("joy", run)) for run in range(JOYS)]
    report.add(
        f"joy, {JOY_TIMES:g}x on {PER_HOUR:g} an hour: pages as a crisis", sum(a for a, _ in joys), "pages", goal="<= 0"
    )
    found = sum(viral for _, viral in joys) / JOYS
    report.add(f"joy, {JOY_TIMES:g}x on {PER_HOUR:g} an hour: found as viral", found, "share", goal=">= 0.95")


def _random(what: str, run: int) -> random.Random:
    return random.Random(f"{SEED} {what} {run}")  # noqa: S311 - a simulation


def _add_turns(report: Report, what: str, runs: list[Turn], goal: str | None) -> None:
    report.add(f"{what}: median", quantile([run.found for run in runs], 0.5), "mentions", goal=goal)
    report.add(f"{what}: 90 of 100 within", quantile([run.found for run in runs], 0.9), "mentions")
    before = statistics.fmean(run.false_pages for run in runs)
    report.add(f"{what}: false pages before", before, "1/week", goal=f"<= {BUDGET:g}")
    ideal = quantile([run.ideal for run in runs], 0.5)
    report.add(f"{what}, the CUSUM that knows both shares: median", ideal, "mentions")


def _planted(random_: random.Random, sour: bool) -> Tally:  # noqa: FBT001 - one of two kinds of text
    del random_
    return Tally(
        mentions=1, negative=int(sour), neutral=int(not sour), polarity_sum=-0.5 * sour, polarity_squares=0.25 * sour
    )


def _said(scorer: VaderScorer, random_: random.Random, *, sour: bool) -> Tally:
    polarity = scorer.score(random_.choice(ANGRY if sour else CALM), "en") or 0.0
    negative, positive = polarity <= -_CLASS, polarity >= _CLASS
    return Tally(
        mentions=1,
        negative=int(negative),
        neutral=int(not negative and not positive),
        positive=int(positive),
        polarity_sum=polarity,
        polarity_squares=polarity * polarity,
    )


def _turn(say: Say, random_: random.Random) -> Turn:
    topic = Watched(random_, pages_per_week=BUDGET)
    for mentions in counts(random_, WEEKS * 7 * DAY_MINUTES, PER_HOUR / HOUR_MINUTES):
        for _ in range(mentions):
            topic.add(START + topic.minute * MINUTE + MINUTE - 1, say(random_, random_.random() < USUAL_SHARE))
        topic.end_minute()
    false_pages = len(topic.opened()) / WEEKS
    begin = START + topic.minute * MINUTE
    gain, loss = math.log(TURNED_SHARE / USUAL_SHARE), math.log((1.0 - TURNED_SHARE) / (1.0 - USUAL_SHARE))
    at, nats = 0.0, 0.0
    found: int | None = None
    ideal: int | None = None
    for number in range(1, PATIENCE * GOAL):
        at += random_.expovariate(PER_HOUR / (HOUR_MINUTES * MINUTE))
        pass_to(topic, begin + int(at))
        sour = random_.random() < TURNED_SHARE
        told = topic.add(begin + int(at), say(random_, sour))
        nats = max(nats + (gain if sour else loss), 0.0)
        ideal = number if ideal is None and nats >= IDEAL_NATS else ideal
        found = number if found is None and any(claim.phase is Phase.OPENED for claim in told) else found
        if found is not None and ideal is not None:
            break
    return Turn(found, ideal, false_pages)


def _joy(random_: random.Random) -> tuple[int, bool]:
    """Pages as a crisis, and whether it was found as viral."""
    topic = Watched(random_, pages_per_week=BUDGET)
    topic.run(counts(random_, 7 * DAY_MINUTES, PER_HOUR / HOUR_MINUTES))
    before = len(topic.detections)
    for mentions in counts(random_, JOY_HOURS * HOUR_MINUTES, JOY_TIMES * PER_HOUR / HOUR_MINUTES):
        sour = tally(random_, mentions, JOY_SHARE)
        glad = mentions - sour.negative
        topic.add(
            START + topic.minute * MINUTE + MINUTE - 1,
            Tally(
                mentions=mentions,
                negative=sour.negative,
                positive=glad,
                polarity_sum=sour.polarity_sum + JOY_POLARITY * glad,
                polarity_squares=sour.polarity_squares + JOY_POLARITY**2 * glad,
            ),
        )
        topic.end_minute()
    told = topic.detections[before:]
    return crises(told), any(one.direction is Direction.VIRAL for one in told)
