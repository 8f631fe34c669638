"""Recorded customer-care tweets as mentions, the topics that watch them, and what is known to have happened.

Source: "Twitter US Airline Sentiment", 14,640 tweets of February 2015, CC BY-NC-SA 4.0. The file is not part of this
project; it serves to measure, and nothing may be tuned or trained on it.
"""

import csv
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any, Final, NamedTuple

from streams.mention import Author, Mention

FILE_ZONE: Final = timezone(timedelta(hours=-8))  # all of its times carry this offset, and its days are these days

# Rows labelled "Delta" are addressed to @JetBlue, so a query that named @delta would watch something else.
AIRLINES: Final = {
    "american": ("American", "@americanair"),
    "delta": ("Delta", "@jetblue"),
    "southwest": ("Southwest", "@southwestair"),
    "united": ("United", "@united"),
    "us-airways": ("US Airways", "@usairways"),
    "virgin-america": ("Virgin America", "@virginamerica"),
}

# As somebody who knows customer care would write them; neither the labels nor the counts of the file were asked.
THEMES: Final = {
    "late-flights": ("Late flights", 'late OR delay* OR "still waiting" OR "sitting on the runway" OR tarmac'),
    "cancelled-flights": ("Cancelled flights", "cancelled OR canceled OR cancelling OR canceling OR cancellation*"),
    "lost-luggage": (
        "Lost luggage",
        "(bag OR bags OR baggage OR luggage OR suitcase*) AND (lost OR lose OR losing OR missing OR find OR where)",
    ),
    "customer-service": (
        "Customer service",
        '"customer service" OR "customer care" OR "on hold" OR "hung up" OR rude OR "no answer" OR "no help"',
    ),
}


class Known(NamedTuple):
    """Something that is known to have happened.

    Attributes:
        begins: From then on a page about it can be right.
        ends: Until then.
        crisis: False for a joyful rise.
        shared: The whole industry is hit: it counts as found where the industry's own incident names this airline too.
    """

    what: str
    topic: str
    begins: datetime
    ends: datetime
    crisis: bool = True
    shared: bool = False


def _day(day: int) -> tuple[datetime, datetime]:
    begin = datetime.combine(date(2015, 2, day), time(), FILE_ZONE).astimezone(UTC)
    return begin, begin + timedelta(days=1)


KNOWN: Final = (
    Known(
        "US Airways, 22 Feb: negatives more than doubled (561 after about 240), weather",
        "us-airways",
        *_day(22),
        shared=True,
    ),
    Known("Delta, 22 Feb: 255 negatives after 107, weather", "delta", *_day(22), shared=True),
    Known("United, 22 Feb: 532 negatives after about 300, weather", "united", *_day(22), shared=True),
    Known("Southwest, 21 Feb: 257 negatives after 145, this airline alone", "southwest", *_day(21)),
    Known("late flights, 22 Feb: 454 after about 170 a day", "late-flights", *_day(22)),
    Known("cancelled flights, 22 Feb: 268 after 45", "cancelled-flights", *_day(22)),
    Known("customer service, 22 Feb: 718 after about 220", "customer-service", *_day(22)),
    Known(
        "Delta, 23 Feb 18-20 h UTC: one playful post, 82 an hour after 19; viral, no crisis",
        "delta",
        datetime(2015, 2, 23, 17, 30, tzinfo=UTC),
        datetime(2015, 2, 23, 20, 30, tzinfo=UTC),
        crisis=False,
    ),
)

# Five tweets before, about a thousand a day after: this is where collecting begins, and nothing happened.
COLLECTING_STARTS: Final = ("american", datetime(2015, 2, 22, 18, tzinfo=UTC), timedelta(hours=12))


def topics() -> list[dict[str, Any]]:
    """The topics as a configuration file has them."""
    named = AIRLINES | THEMES
    return [{"id": topic, "name": name, "query": query} for topic, (name, query) in named.items()]


def peers() -> list[dict[str, Any]]:
    """The airlines as one industry."""
    return [{"name": "US airlines", "topics": sorted(AIRLINES)}]


def read_tweets(path: Path) -> list[Mention]:
    """All rows, oldest first, ingested when they were published; the repeated ids are left in.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as file:
        mentions = [_mention(row) for row in csv.DictReader(file)]
    return sorted(mentions, key=lambda mention: mention.published_at)


def _mention(row: dict[str, str]) -> Mention:
    created = datetime.fromisoformat(row["tweet_created"])
    return Mention(
        id=row["tweet_id"],
        platform="x",
        published_at=created,
        ingested_at=created,
        text=row["text"],
        author=Author(id=row["name"], name=row["name"]),
        reposts=int(row["retweet_count"]),
        lang="en",
    )
