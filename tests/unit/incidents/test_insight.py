from datetime import UTC, datetime

import msgspec

from alerting.incidents.insight import insights
from streams.events import Direction, Evidence
from streams.findings import Carrier, Driver, Excess, Origin, Split

AT = datetime(2026, 1, 5, 12, 3, 4, tzinfo=UTC)
EVIDENCE = Evidence(
    observed=80,
    expected=8.0,
    low=3.0,
    high=14.0,
    window_seconds=300,
    excess=Excess(since=AT, mentions=80, expected=8.0, other=10.0, sampled=80),
    drivers=(Driver("charged twice", 62, 0.5, 62.0, "phrase", "negative", Origin("x:1", AT, "jo")),),
    splits=(
        Split("platform", {"x": 60.0, "reddit": 12.0}),
        Split("channel", {"post": 72.0}),
        Split("region", {"unknown": 72.0}),
        Split("author", {"new": 50.0, "ordinary": 22.0}),
    ),
    carriers=(Carrier("x:9", 70, 10, "loud\x1b[31m", "verified", 1_200_000, decisive=True),),
)


def test_says_where_who_and_since_when() -> None:
    found = insights(EVIDENCE, Direction.CRISIS)

    assert [(line.label, line.text) for line in found] == [
        ("Where", "83% platform x, 69% by new accounts"),
        (
            "Carried by",
            "loud[31m (verified, 1.2 M followers): 70 mentions, 10 without: without this account there is no spike",
        ),
        ("Began with", '"charged twice" was first said by jo at 12:03:04 UTC (x:1)'),
    ]


def test_says_nothing_where_nothing_was_split_or_a_feed_is_silent() -> None:
    assert insights(msgspec.structs.replace(EVIDENCE, excess=None), Direction.CRISIS) == ()
    assert insights(EVIDENCE, Direction.QUIET) == ()
