"""Are storms made by machines told from people's own? `make bench-organic`: 100 storms with bots, 100 without.

In half of the storms 45 % of the added mentions are by bots: accounts opened in the weeks before and some bought old
ones, a handful of templates with words exchanged, sent on timers with jitter or in volleys. In the other half people
alone talk, and as people do: they share one headline, chant one slogan, repeat one post, come all at once after a
broadcast, or joined that month because everybody does. What is flagged is judged at the largest detection.
"""

import os
import random
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.mention import Author, Mention
from tests.bench.crowd import DAY_SECONDS, Crowd, in_order
from tests.bench.report import Report
from tests.bench.told import Told, at
from tests.fakes.streams_of_counts import START

SEED: Final = int(os.environ.get("TOCSIN_BENCH_SEED", "1"))
STORMS: Final = int(os.environ.get("TOCSIN_BENCH_STORMS", "200"))
BOTS: Final = 0.45
HOUR: Final = 3600.0
CALM_HOURS: Final = 3.0
STORM_SECONDS: Final = 1800.0
GENUINE: Final = ("talk", "headline", "slogan", "reposts", "broadcast", "newcomers")


class Judged(NamedTuple):
    """What was said of one storm; `truth` is the organic part of the mentions since the onset."""

    kind: str
    flagged: bool
    told: float
    truth: float


def main() -> int:
    """The exit code: 1 where a goal is missed."""
    judged = [found for number in range(STORMS) if (found := storm(number)) is not None]
    bots = [one for one in judged if one.kind == "bots"]
    people = [one for one in judged if one.kind != "bots"]
    errors = sorted(abs(one.told - one.truth) / one.truth for one in bots)
    report = Report("organic", seed=SEED)
    report.add("storms told of", len(judged), f"of {STORMS}")
    report.add("storms with 45 % bots flagged", sum(one.flagged for one in bots) / len(bots), "share", goal=">= 0.95")
    report.add("organic size: mean error", sum(errors) / len(errors), "share", goal="<= 0.1")
    report.add("organic size: within 10 %", sum(error <= 0.1 for error in errors) / len(errors), "share")
    report.add("organic size: 90th percentile of the error", errors[int(0.9 * len(errors))], "share")
    report.add("genuine storms flagged", sum(one.flagged for one in people) / len(people), "share", goal="<= 0.02")
    for kind in GENUINE:
        those = [one for one in people if one.kind == kind]
        report.add(f"  {kind}", sum(one.flagged for one in those), f"of {len(those)}")
    report.print()
    return int(report.missed)


def storm(number: int) -> Judged | None:
    """One storm, and what the largest detection says of it; None where nothing was detected."""
    random_ = random.Random(f"organic {SEED} {number}")  # noqa: S311 - a simulation
    crowd = Crowd(random_)
    per_minute = random_.choice((1.0, 3.0, 8.0))
    begin, end = CALM_HOURS * HOUR, CALM_HOURS * HOUR + STORM_SECONDS
    kind = "bots" if number % 2 == 0 else GENUINE[number // 2 % len(GENUINE)]
    moments = crowd.times(begin, end, per_minute * random_.uniform(4, 12) + 8, ramp=600.0)
    machines = set[str]()
    if kind == "bots":
        sent = round(BOTS * len(moments))
        added = [*people(crowd, "talk", random_.sample(moments, len(moments) - sent)), *bots(crowd, begin, end, sent)]
        machines = {mention.id for mention in added if mention.author and str(mention.author.id).startswith("bot")}
    else:
        added = people(crowd, kind, moments)
    told = Told()
    told.run(in_order(crowd.usual(0, end, per_minute), added), begin=START, end=START + int(end))
    found = [one for one in told.detections if one.evidence.organic is not None and one.at.timestamp() > START + begin]
    if not found:
        return None
    detection = max(found, key=lambda one: one.evidence.excess.mentions if one.evidence.excess else 0)
    organic, excess = detection.evidence.organic, detection.evidence.excess
    assert organic is not None
    assert excess is not None
    heard = sum(excess.since <= one.published_at <= detection.at for one in added if one.id in machines)
    return Judged(kind, organic.coordinated, organic.share * excess.mentions, float(excess.mentions - heard))


def people(crowd: Crowd, kind: str, moments: list[float]) -> list[Mention]:
    """Genuine mentions at these moments."""
    random_ = crowd.random
    phrase = f"{random_.choice(crowd.words[40:300])} {random_.choice(crowd.words[40:300])}"
    headline = crowd.text(length=12)
    said: list[Mention] = []
    origin = ""
    for moment in sorted(moments):
        text, more = crowd.text(phrase), dict[str, Any]()
        own = random_.random()
        if kind == "headline" and own < 0.6:
            text = f"{headline} https://news.example/{phrase.split(maxsplit=1)[0]}"
        elif kind == "slogan" and own < 0.5:
            text = f"{phrase} now {random_.choice(crowd.words[:60])} #{phrase.split(maxsplit=1)[0]} arvella"
        elif kind == "reposts" and own < 0.7 and origin:
            text, more = headline, {"content_type": "repost", "repost_of": origin, "platform": "x"}
        elif kind == "reposts" and not origin:
            text, more = headline, {"platform": "x", "content_type": "post"}
        author = crowd.person()
        if random_.random() < (0.3 if kind == "newcomers" else 0.03):
            days = random_.uniform(1, 29) * DAY_SECONDS
            author = Author(
                id=f"new{random_.randrange(10**6)}",
                name=f"friend{random_.randrange(99)}",
                followers=random_.randrange(400),
                created_at=at(-days),
                posts_count=random_.randrange(200),
            )
        if kind == "broadcast":
            moment = moments[0] + 120 * round((moment - moments[0]) / 120) + random_.expovariate(1 / 15)  # noqa: PLW2901
        mention = crowd.mention(moment, text, negative=0.6, author=author, **more)
        origin = origin or mention.id
        said.append(mention)
    return said


def bots(crowd: Crowd, begin: float, end: float, count: int) -> list[Mention]:
    """Machine mentions: templates with words exchanged, by farmed and bought accounts, on timers or in volleys."""
    random_ = crowd.random
    templates = [crowd.text(length=random_.randint(9, 16)).split() for _ in range(random_.randint(2, 5))]
    farm = [farmed(random_, number) for number in range(max(count // random_.randint(2, 4), 8))]
    volleys = random_.random() < 0.4
    said = []
    for number in range(count):
        if volleys:
            moment = begin + (end - begin) * (number // 6 * 6) / count + random_.uniform(0, 3)
        else:
            moment = begin + (end - begin) * number / count + random_.gauss(0, 2)
        words = list(random_.choice(templates))
        for _ in range(random_.randint(0, 2)):
            words[random_.randrange(len(words))] = random_.choice(crowd.words[:300])
        text = " ".join(words if "arvella" in words else [*words, "arvella"])
        said.append(crowd.mention(min(max(moment, begin), end - 1), text, negative=0.8, author=random_.choice(farm)))
    return said


def farmed(random_: random.Random, number: int) -> Author:
    """A bot's account: most are new, some were bought."""
    bought = random_.random() < 0.25
    days = random_.uniform(200, 2000) if bought else random_.uniform(0.5, 40)
    name = f"{random_.choice(('anna', 'mike', 'truth', 'jo'))}{random_.randrange(10**5, 10**8)}"
    return Author(
        id=f"bot{number}",
        name=name if random_.random() < 0.7 else name[:6],
        followers=int(random_.expovariate(1 / (60 if bought else 12))),
        created_at=at(-days * DAY_SECONDS),
        posts_count=int(days * random_.uniform(20, 120)),
    )


if __name__ == "__main__":
    sys.exit(main())
