"""What is reported of every feed reaches the API, the console's pulse and the metrics."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from alerting.console.pulse import Mood
from alerting.feed_board import FRESH_SECONDS, FeedBoard
from alerting.metrics import AlertingMetrics
from alerting.observer import Observer
from streams import codec
from streams.broker.base import Outgoing, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.feed_report import FeedKind, FeedReading, FeedReport, FeedState
from streams.settings import KafkaSettings
from tests.fakes.api_house import api_house
from tests.fakes.clock import START, FakeClock
from tests.fakes.memory_store import MemoryStore

KAFKA = KafkaSettings()
NOW = int(START.timestamp())
X = FeedReading(
    name="x",
    kind=FeedKind.PLATFORM,
    state=FeedState.DELIVERING,
    watched=True,
    mentions=120,
    per_minute=118.0,
    usual_per_minute=90.0,
    last_arrival=NOW - 2,
)
NEW = replace(X, name="new", watched=False, mentions=3, per_minute=2.0, usual_per_minute=None)
FORUM = replace(
    X, name="forum", state=FeedState.QUIET, mentions=0, per_minute=0.0, last_arrival=NOW - 900, silent_since=NOW - 900
)
PARTITION = replace(X, name="mentions-0", kind=FeedKind.PARTITION, per_minute=120.0, reached=NOW - 7)


@asynccontextmanager
async def board(*reports: FeedReport | bytes, clock: FakeClock) -> AsyncIterator[FeedBoard]:
    """A board that has read these reports."""
    cluster = MemoryCluster(clock=clock)
    cluster.create(TopicSpec(KAFKA.feeds, 1))
    values = [one if isinstance(one, bytes) else codec.encode_feed_report(one) for one in reports]
    cluster.append([Outgoing(KAFKA.feeds, b"feeds", value) for value in values])
    known, stop = FeedBoard(MemoryBroker(cluster), KAFKA, clock, lambda: {"mentions-0": 4}), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(known.run(stop), name="feeds")
        while reports and known.written_at is None:
            await clock.advance(0)
        yield known
        stop.set()


def pulse_of(known: FeedBoard, clock: FakeClock, metrics: AlertingMetrics | None = None) -> Observer:
    metrics = metrics or AlertingMetrics(CollectorRegistry())
    return Observer(MemoryStore(), clock, metrics, CollectorRegistry(), feeds=known, wait_seconds=5.0)


async def test_every_feed_is_listed_with_what_arrives_what_is_usual_and_where_it_stands() -> None:
    clock = FakeClock()

    async with board(FeedReport(NOW - 60, (X, PARTITION)), clock=clock) as known, api_house(feeds=known) as house:
        answer = (await house.api.get("/api/v1/feeds")).json()

    partition, x = answer["feeds"]
    assert answer["reported_at"] == "2026-01-05T12:00:00Z"
    assert (x["name"], x["kind"], x["state"], x["watched"]) == ("x", "platform", "delivering", True)
    assert (x["per_minute"], x["usual_per_minute"], x["last_arrival"]) == (118.0, 90.0, "2026-01-05T11:59:58Z")
    assert (x["behind_seconds"], x["lag_records"], x["incident"]) == (None, None, None)
    assert (partition["name"], partition["kind"]) == ("mentions-0", "partition")
    assert (partition["behind_seconds"], partition["lag_records"]) == (7.0, 4)  # seven seconds before it was written


async def test_a_silent_feed_whose_incident_was_resolved_by_hand_is_still_listed_as_silent() -> None:
    clock = FakeClock()

    async with board(FeedReport(NOW - 60, (FORUM,)), clock=clock) as known, api_house(feeds=known) as house:
        [forum] = (await house.api.get("/api/v1/feeds")).json()["feeds"]

    assert (forum["state"], forum["silent_since"], forum["incident"]) == ("quiet", "2026-01-05T11:45:00Z", None)


async def test_where_nobody_reports_any_more_feeds_are_unknown_not_well() -> None:
    clock = FakeClock()

    async with board(FeedReport(NOW - 60, (X, PARTITION)), clock=clock) as known:
        await clock.advance(FRESH_SECONDS + 1)
        partition, x = known.statuses()
        pulse = pulse_of(known, clock).pulse()

    assert (x.state, x.per_minute, x.usual_per_minute) == (FeedState.UNKNOWN, None, 90.0)
    assert (partition.state, partition.behind_seconds) == (FeedState.UNKNOWN, None)
    assert (pulse.feeds_well, pulse.feeds_silent) == (None, ())


async def test_a_report_that_cannot_be_read_leaves_the_one_before() -> None:
    clock = FakeClock()

    async with board(FeedReport(NOW - 60, (X,)), b"?", clock=clock) as known:
        [x] = known.statuses()

    assert x.state is FeedState.DELIVERING


async def test_the_pulse_names_what_is_silent_and_counts_what_is_well() -> None:
    clock = FakeClock()

    async with board(FeedReport(NOW - 60, (FORUM, X, PARTITION)), clock=clock) as known:
        pulse = pulse_of(known, clock).pulse()

    assert (pulse.feeds_well, pulse.feeds_silent, pulse.mood) == (2, ("forum",), Mood.WORRIED)
    assert pulse.mentions_per_second == pytest.approx(2.0)  # 120 a minute: no role of this process counts by itself
    assert pulse.seconds_behind == pytest.approx(2.0)  # seven, less the five of the wait


async def test_metrics_name_watched_feeds_alone_so_that_invented_ones_cost_nothing() -> None:
    clock, metrics = FakeClock(), AlertingMetrics(CollectorRegistry())

    async with board(FeedReport(NOW - 60, (FORUM, NEW, X, PARTITION)), clock=clock) as known:
        metrics.show_feeds(known.statuses())

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(name, labels)

    assert value("tocsin_feeds", kind="platform", state="delivering") == 2
    assert value("tocsin_feeds", kind="platform", state="quiet") == 1
    assert value("tocsin_feeds", kind="partition", state="stalled") == 0
    assert value("tocsin_feed_arrivals_per_minute", feed="x") == 118.0
    assert value("tocsin_feed_arrivals_per_minute", feed="new") is None
    assert value("tocsin_feed_arrivals_per_minute", feed="other") == 2.0
