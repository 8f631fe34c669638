"""Our own part in simulated crises, as an incident would tell it: `make bench-own-part`.

In each crisis people complain, a care team answers some of them by template and some in its own words, one answer in
half of the crises hurts, and customers help one another. All that is said goes the product's own way: the score stage
hears it, in shuffled order and partly twice, the database joins it, and `looked` tells. What was planted is known by
the simulator's labels. `TOCSIN_BENCH_CRISES` makes it smaller.
"""

import os
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import msgspec
from sqlalchemy import Connection, create_engine

sys.path.insert(0, str(Path(__file__).parents[2]))

from alerting.conduct.canned import groups
from alerting.conduct.looking import View, looked, speakers_for_us, worth_hearing
from alerting.incidents.own_part import OwnPart
from alerting.incidents.sql import answer_rows, reply_queries
from alerting.incidents.sql.tables import metadata
from streams.evidence.asking import complaints_of
from streams.evidence.reading import Read
from streams.id_index import hash64
from streams.mention import Author, Mention
from streams.public_reply import PublicReply
from streams.sentiment.vader import VaderScorer
from streams.settings import ScoreSettings
from streams.simulate.care import Care, CareHabits, CareLabels
from streams.stages.public_replies import PublicReplies
from streams.stages.sampling import author_of, excerpt_of
from tests.bench.report import Report

SEED: Final = int(os.environ.get("TOCSIN_BENCH_SEED", "1"))
CRISES: Final = int(os.environ.get("TOCSIN_BENCH_CRISES", "200"))
START: Final = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOW: Final = START + timedelta(hours=3)
SAMPLED: Final = 100  # so many mentions of an event the detect stage keeps
SCORER: Final = VaderScorer()
COMPLAINTS: Final = (
    "Still no refund, this is awful",
    "Where is my money, terrible service",
    "Locked out again, useless app",
    "My parcel is broken and nobody cares, I am angry",
)


def main() -> int:
    """The exit code: 1 where a goal is missed."""
    crises = [_crisis(number) for number in range(CRISES)]
    report = Report("own-part", seed=SEED)
    report.add("crises", CRISES, "")
    report.add("our replies in them", sum(len(one.labels.answered) for one in crises), "")
    _templates(report, crises)
    _backlash(report, crises)
    _waits(report, crises)
    _helping(report, crises)
    _cost(report, crises)
    report.print()
    return 1 if report.missed else 0


class Crisis(msgspec.Struct):
    """What was planted and what was told."""

    labels: CareLabels
    ours: dict[str, Mention]
    looked_at: frozenset[str]
    found: OwnPart
    told_canned: frozenset[str]
    seconds: float


def _crisis(number: int) -> Crisis:
    rng = Random(f"own-part/{SEED}/{number}")  # noqa: S311  # a simulation, no secret
    habits = CareHabits(
        answered=rng.uniform(0.1, 0.7),
        delay_seconds=rng.uniform(120, 1500),
        canned=rng.uniform(0.2, 0.7),
        echo=rng.uniform(0.1, 1.2),
        grumbling=rng.uniform(0.2, 0.6),
        helped=rng.uniform(0.0, 0.2),
        backlash_after=rng.randrange(20) if number % 2 else None,
        outraged=rng.randrange(15, 90),
        hurt=rng.uniform(0.65, 0.95),
    )
    care = Care(habits, account="care", start=START, seed=f"{SEED}/{number}", told=bool(number % 3))
    complaints = [_complaint(rng, at) for at in range(rng.choice((40, 80, 200, 600, 1500)))]
    for one in sorted(complaints, key=lambda one: one.published_at):
        care.hear(one)
    said = list(care.due(NOW))
    before = time.process_time()
    view = _view(complaints, said, rng, told=bool(number % 3))
    found = looked(view)
    spent = time.process_time() - before
    ours = {one.key: one for one in said if one.author is not None and one.author.id == "care"}
    return Crisis(care.labels, ours, frozenset(view.complaints), found, _told_canned(view), spent)


def _complaint(rng: Random, number: int) -> Mention:
    return Mention(
        id=f"c{number}",
        platform="x",
        published_at=START + timedelta(seconds=rng.uniform(0, 7200)),
        text=rng.choice(COMPLAINTS),
        author=Author(id=f"p{number}"),
    )


def _view(complaints: Sequence[Mention], said: Sequence[Mention], rng: Random, *, told: bool) -> View:
    """As the desk makes it, from what the database holds."""
    settings = ScoreSettings(sentiment="vader") if told else ScoreSettings(own_accounts={"Arvella": ("x:care",)})
    stage = PublicReplies("replies", settings, SCORER)
    heard = [*said, *rng.sample(said, len(said) // 10)]
    rng.shuffle(heard)
    for one in heard:
        stage.hear(one, round(one.published_at.timestamp() * 1000))
    replies = [msgspec.json.decode(sent.value or b"", type=PublicReply) for sent in stage.take()]
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        for start in range(0, len(replies), 500):
            reply_queries.record(connection, replies[start : start + 500])
        view = _seen(connection, complaints, None if told else "Arvella")
    engine.dispose()
    return view


def _seen(connection: Connection, complaints: Sequence[Mention], brand: str | None) -> View:
    kept = sorted(complaints, key=lambda one: hash64(one.key))[:SAMPLED]
    reads = [_read(one, len(complaints) / len(kept)) for one in kept]
    sample = complaints_of(reads)
    answers = answer_rows.to(connection, tuple(sample), 5000)
    own = answer_rows.own(connection, brand, speakers_for_us(answers), NOW - timedelta(days=1), 1000)
    drawn = answer_rows.drawn(connection, [one.mention for one in own.read])
    view = View(NOW, START, sample, answers, own, drawn)
    return msgspec.structs.replace(view, echoes=answer_rows.to(connection, worth_hearing(view), 5000))


def _read(mention: Mention, weight: float) -> Read:
    at_ms = round(mention.published_at.timestamp() * 1000)
    polarity = SCORER.score(mention.text, "en")
    return Read(hash64(mention.key), weight, excerpt_of(mention, at_ms, polarity, author_of(mention)), {})


def _told_canned(view: View) -> frozenset[str]:
    """Which of our replies are called canned: told is only how many, so each is asked for by itself."""
    own = () if view.own is None else tuple(sorted(view.own.read, key=lambda one: (one.at, one.mention)))
    return frozenset(own[at].mention for _, group in groups(own) for at in group)


def _templates(report: Report, crises: Sequence[Crisis]) -> None:
    planted = found = genuine = wrong = matched = right = 0
    for one in crises:
        by_template: dict[int, list[str]] = {}
        for key, template in one.labels.canned.items():
            if key in one.ours:
                by_template.setdefault(template, []).append(key)
        for keys in by_template.values():
            if len(keys) >= 3:  # fewer are no template to anybody
                planted += 1
                found += sum(key in one.told_canned for key in keys) >= 0.9 * len(keys)
                matched += len(keys)
                right += sum(key in one.told_canned for key in keys)
        written = [key for key in one.labels.written if key in one.ours]
        genuine += len(written)
        wrong += sum(key in one.told_canned for key in written)
    report.add("templates found", found / planted, f"of {planted}", goal=">= 0.95")
    report.add("canned replies found", right / matched, f"of {matched}")
    report.add("genuine replies called canned", wrong / genuine, f"of {genuine}", goal="<= 0.02")


def _backlash(report: Report, crises: Sequence[Crisis]) -> None:
    planted = found = others = wrong = 0
    shares: list[float] = []
    for one in crises:
        told = {each.reply.mention: each for each in one.found.backlash}
        bad = {
            key
            for key in one.labels.backlash
            if key in one.ours and one.ours[key].published_at < NOW - timedelta(minutes=10)
        }
        planted += len(bad)
        found += len(bad & told.keys())
        wrong += bool(told.keys() - set(one.labels.backlash))
        others += 1
        shares += [each.negative_share for key, each in told.items() if key in bad]
    report.add("backlash found", found / planted if planted else None, f"of {planted}", goal=">= 0.95")
    report.add("crises with another reply called one", wrong / others, f"of {others}", goal="<= 0.02")
    report.add("negative share told, median", statistics.median(shares) if shares else None, "")


def _waits(report: Report, crises: Sequence[Crisis]) -> None:
    exact = exactly = held = bounded = 0
    medians: list[float] = []
    for one in crises:
        unanswered = sum(one.labels.answered.get(key) not in one.ours for key in one.labels.complaints)
        waits = one.found.waits
        if waits is None:
            continue
        if waits.low == waits.high:
            exact += 1
            exactly += waits.unanswered == unanswered
        else:
            bounded += 1
            held += waits.low <= unanswered <= waits.high
        true = [one.ours[reply].published_at for reply in one.labels.answered.values() if reply in one.ours]
        if waits.median_seconds and true:
            medians.append(waits.median_seconds)
    report.add(
        "unanswered exact where every complaint was looked at",
        exactly / exact if exact else None,
        f"of {exact}",
        goal="== 1",
    )
    report.add(
        "unanswered within its bounds by a sample", held / bounded if bounded else None, f"of {bounded}", goal=">= 0.9"
    )
    report.add("median time to an answer, median of the crises", statistics.median(medians) / 60, "min")


def _helping(report: Report, crises: Sequence[Crisis]) -> None:
    helped = told = thanked = thanks = 0
    for one in crises:
        sampled = {complaint for complaint in one.labels.helped.values() if complaint in one.looked_at}
        helped += len(sampled)
        thanked += len(
            {one.labels.helped[tip] for tip in one.labels.thanked if one.labels.helped[tip] in one.looked_at}
        )
        told += one.found.helping.helped if one.found.helping else 0
        thanks += one.found.helping.thanked if one.found.helping else 0
    report.add("complaints told as helped, over those that were", told / helped, f"of {helped}", goal=">= 0.95")
    report.add("and as thanked for", thanks / thanked, f"of {thanked}", goal=">= 0.95")


def _cost(report: Report, crises: Sequence[Crisis]) -> None:
    report.add(
        "CPU to hear, keep and tell one crisis, median", statistics.median(one.seconds for one in crises) * 1000, "ms"
    )
    plain = Mention(id="1", platform="x", published_at=START, text="no answer", author=Author(id="u1"))
    rounds = 200_000
    before = time.process_time()
    for _ in range(rounds):
        if plain.parent_id or plain.quote_of or plain.op == "delete":
            raise AssertionError
    report.add(
        "what it costs to see that a mention answers nothing", (time.process_time() - before) / rounds * 1e9, "ns"
    )


if __name__ == "__main__":
    sys.exit(main())
