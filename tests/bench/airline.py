"""Real customer-care tweets through the whole product on Apache Kafka, beside what is known to have happened.

`make bench-airline AIRLINE_CSV=path/to/Tweets.csv`; see `airline_tweets` for the file. Everything is left as it comes,
but for the themes of travel (`detect.theme_sets`): no history is loaded, no threshold is set, nobody says when
collecting began. The file is eight days long, so each topic
is judged while it is still warming up on a prior.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerting.incidents.model import Incident
from streams.events import Phase
from streams.evidence.theme_words import theme_words
from streams.log import set_up_logging
from streams.settings import DetectSettings, KafkaSettings
from tests.bench.airline_reasons import Labelled, agreement, names_flights, of_topic, read_labels
from tests.bench.airline_replay import Outcome, Replay
from tests.bench.airline_tweets import COLLECTING_STARTS, KNOWN, Known, peers, read_tweets, topics
from tests.bench.report import Report
from tests.kafka.apache import ApacheKafka
from tests.kafka.jars import ApacheKafkaMissing

REPLAY_SECONDS: Final = 90.0
PATIENCE_SECONDS: Final = 60.0
WEEK_SECONDS: Final = 7 * 86_400.0
THEME_SETS: Final = ("general", "travel")
THEMES_READ: Final = theme_words(DetectSettings(theme_sets=THEME_SETS).folded_themes)
_STAMP: Final = "%d %b %H:%M"


def main() -> int:
    """The exit code."""
    named = os.environ.get("AIRLINE_CSV", "")
    if not named or not Path(named).is_file():
        told = f"{named} is not there" if named else "AIRLINE_CSV is not set"
        print(f"Left out: {told}. Name the file: make bench-airline AIRLINE_CSV=path/to/Tweets.csv")
        return 0
    mentions = read_tweets(Path(named))
    set_up_logging(level="warning")
    try:
        node = ApacheKafka().start()
    except ApacheKafkaMissing as exc:
        print(f"This needs Apache Kafka: {exc}")
        return 1
    span = (mentions[-1].published_at - mentions[0].published_at).total_seconds()
    kafka = KafkaSettings(bootstrap_servers=node.bootstrap_servers, partitions=1)
    replay = Replay(
        kafka,
        topics(),
        peers(),
        pace=span / REPLAY_SECONDS,
        patience_seconds=PATIENCE_SECONDS,
        detect={"theme_sets": THEME_SETS},
    )
    try:
        outcome = asyncio.run(replay.run(mentions))
    finally:
        node.close()
    _print(outcome, read_labels(Path(named)), sent=len(mentions), weeks=span / WEEK_SECONDS)
    return 0 if outcome.settled else 1


class Story:
    """One incident in event time: when it opened and ended stands in what the detectors said, not in our clock."""

    def __init__(self, incident: Incident, outcome: Outcome) -> None:
        self.incident = incident
        claims = [claim for episode in incident.episodes for claim in outcome.claims.get(episode, ())]
        first = next((claim for claim in claims if claim.phase is Phase.OPENED), claims[0])
        self.opened: datetime = first.at
        self.evidence = first.evidence
        self.claims = [claim for claim in claims if claim.phase in {Phase.OPENED, Phase.GREW}]
        over = {Phase.ENDED, Phase.WITHDRAWN}
        self.ended: datetime | None = None if incident.running else max(c.at for c in claims if c.phase in over)
        self.posts = outcome.posts.get(incident.id, 0)
        self.pages = outcome.pager.get(incident.dedup_key, 0)

    @property
    def rising(self) -> set[str]:
        """Of an industry's incident the airlines that rise, in any of its claims; none of another one."""
        return {peer.topic for claim in self.claims for peer in claim.evidence.peers if peer.rising}

    def is_about(self, known: Known) -> bool:
        """It opened, on that topic or on an industry in which that topic rises, while the thing went on."""
        named = self.incident.topic == known.topic or (known.shared and known.topic in self.rising)
        return named and known.begins <= self.opened < known.ends


def _print(outcome: Outcome, labels: Sequence[Labelled], *, sent: int, weeks: float) -> None:
    stories = [Story(incident, outcome) for incident in outcome.incidents]
    console = Console(width=max(Console().width, 150))
    _print_incidents(console, stories)
    _print_known(console, stories)
    _print_drivers(console, stories, labels)
    _report(outcome, stories, labels, sent=sent, weeks=weeks)


def _print_drivers(console: Console, stories: Sequence[Story], labels: Sequence[Labelled]) -> None:
    table = Table(title="What drove it, beside what people read in the same tweets", title_justify="left")
    for heading in (
        "topic",
        "told",
        "drivers, with what each adds",
        "people's reasons",
        "their reason for each driver",
    ):
        table.add_column(heading)
    for story in stories:
        for claim in story.claims[-1:]:
            beside = agreement(claim, of_topic(claim.topic, labels), THEMES_READ)
            drivers = [f"{driver.term} {driver.contribution or 0:+.0f}" for driver in claim.evidence.drivers[:5]]
            table.add_row(
                Text(claim.topic),
                f"{claim.at:{_STAMP}}",
                Text("; ".join(drivers)),
                Text(", ".join(f"{reason} {count}" for reason, count in beside.reasons)),
                Text("; ".join(f"{term}: {reason} {share:.0%}" for term, reason, share in beside.drivers)),
            )
    console.print(table)


def _print_incidents(console: Console, stories: Sequence[Story]) -> None:
    table = Table(title="What was opened (event time, UTC, 2015)", title_justify="left")
    for heading in ("topic", "onset", "opened", "ended", "kind", "severity"):
        table.add_column(heading)
    table.add_column("observed / expected", justify="right")
    table.add_column("detectors")
    for heading in ("Slack", "PagerDuty"):
        table.add_column(heading, justify="right")
    for story in stories:
        incident = story.incident
        hours = story.evidence.window_seconds / 3600
        cells = (
            incident.topic,
            f"{incident.onset_at:{_STAMP}}",
            f"{story.opened:{_STAMP}}",
            f"{story.ended:{_STAMP}}" if story.ended else "goes on",
            incident.direction,
            incident.severity,
            f"{story.evidence.observed} / {story.evidence.expected:.1f} in {hours:.2g} h",
            ", ".join(incident.detectors),
            str(story.posts),
            str(story.pages),
        )
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)


def _print_known(console: Console, stories: Sequence[Story]) -> None:
    table = Table("what is known", "opened", "after", "verdict", title="What happened", title_justify="left")
    for known in KNOWN:
        about = [story for story in stories if story.is_about(known)]
        opened = f"{about[0].opened:{_STAMP}}" if about else ""
        after = f"{_hours(about[0], known):.1f} h" if about else ""
        table.add_row(known.what, opened, after, _verdict(known, stories))
    topic, begins, within = COLLECTING_STARTS
    paged = [story for story in stories if story.incident.topic == topic and begins <= story.opened < begins + within]
    opened = f"{paged[0].opened:{_STAMP}}" if paged else ""
    what = "American, 22 Feb 18 h UTC: collecting begins, nothing happened"
    table.add_row(what, opened, "", "PAGED, wrongly" if paged else "rightly silent")
    console.print(table)


def _verdict(known: Known, stories: Sequence[Story]) -> str:
    about = [story for story in stories if story.is_about(known)]
    if not about:
        running = [
            story
            for story in stories
            if story.incident.topic == known.topic
            and story.opened < known.begins
            and (story.ended is None or story.ended > known.begins)
        ]
        return "not found as such: an incident was open already" if running else "not found"
    found = "found, as industry-wide" if any(story.rising for story in about) else "found"
    right = (about[0].incident.direction == "crisis") == known.crisis
    return found if right else f"{found}, but called {about[0].incident.direction}"


def _hours(story: Story, known: Known) -> float:
    return (story.opened - known.begins).total_seconds() / 3600


def _report(outcome: Outcome, stories: Sequence[Story], labels: Sequence[Labelled], *, sent: int, weeks: float) -> None:
    topic, begins, within = COLLECTING_STARTS
    crises = [known for known in KNOWN if known.crisis]
    found = [known for known in crises if any(story.is_about(known) for story in stories)]
    started = [story for story in stories if story.incident.topic == topic and begins <= story.opened < begins + within]
    others = [s for s in stories if s not in started and not any(s.is_about(known) for known in KNOWN)]
    viral = next(known for known in KNOWN if not known.crisis)
    report = Report("airline", seed=None)
    report.add("mentions sent", sent, "mentions", goal=f"== {sent}")
    report.add("mentions read", outcome.mentions_read, "mentions", goal=f"== {sent}")
    report.add("mentions that belong to a topic", outcome.mentions_matched, "mentions")
    report.add("incidents", len(stories), "incidents")
    report.add("known crises found", len(found), f"of {len(crises)}")
    wide = [known for known in crises if known.shared and any(s.rising and s.is_about(known) for s in stories)]
    report.add("weather found as industry-wide", len(wide), f"of {sum(known.shared for known in crises)}")
    for known in crises:
        first = next((story for story in stories if story.is_about(known)), None)
        report.add(
            f"{known.topic} {known.begins:%d %b}: opened after its day began",
            "not found" if first is None else _hours(first, known),
            "hours",
        )
    verdict = _verdict(viral, stories)
    report.add("delta 23 Feb, playful post", verdict, "")
    about = [story for story in stories if any(story.is_about(known) for known in KNOWN)]
    crisis = [story.claims[-1] for story in about if story.incident.direction == "crisis" and story.claims]
    flights = sum(names_flights(claim.evidence.drivers) for claim in crisis)
    report.add("crises found whose drivers name late or cancelled flights", flights, f"of {len(crisis)}")
    shares = [agreement(one, of_topic(one.topic, labels), THEMES_READ).agreeing for one in crisis]
    agreed = [share for share in shares if share is not None]
    mean = sum(agreed) / len(agreed) if agreed else None
    report.add("drivers whose reason is one of the two most frequent", mean, "share of what they add")
    fleek = any("fleek" in driver.term.lower() for s in stories for one in s.claims for driver in one.evidence.drivers)
    report.add("the playful post is named as a driver", "yes" if fleek else "no", "")
    report.add("pages where collecting began", len(started), "incidents", goal="== 0")
    report.add("other incidents", len(others) / weeks / len(topics()), "per topic and week")
    report.add("incidents without a Slack message", sum(not story.posts for story in stories), "incidents", goal="== 0")
    report.add("incidents without a page", sum(not story.pages for story in stories), "incidents", goal="== 0")
    report.add("replay took", outcome.seconds, "s")
    report.print()


if __name__ == "__main__":
    sys.exit(main())
