import pytest
from prometheus_client import CollectorRegistry

from alerting.cli.findings import MOST_BEHIND_SECONDS, MOST_FAILURES, MOST_WAITING_SECONDS, Samples, Verdict, judged
from alerting.metrics import AlertingMetrics
from streams.broker.base import Partition
from streams.metrics import StreamMetrics
from streams.readiness import Readiness
from streams.stage_reading import StageReading

ZERO = Partition("mentions", 0)


def sampled(registry: CollectorRegistry) -> Samples:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in registry.collect():
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def bad(registry: CollectorRegistry) -> dict[str, str]:
    return {finding.part: finding.text for finding in judged(sampled(registry)) if finding.verdict is Verdict.BAD}


def test_of_a_process_that_counts_nothing_nothing_is_said() -> None:
    assert judged({}) == ()


def test_a_fresh_process_has_nothing_bad(registry: CollectorRegistry) -> None:
    AlertingMetrics(registry)
    StreamMetrics(registry)

    assert bad(registry) == {}


def test_a_role_without_partitions_is_bad(registry: CollectorRegistry) -> None:
    StreamMetrics(registry).show_readiness("tocsin-score", Readiness.STARTING)

    assert bad(registry) == {"tocsin-score": "has no partitions, or not their state"}


@pytest.mark.parametrize(("seconds", "is_bad"), [(MOST_BEHIND_SECONDS, False), (MOST_BEHIND_SECONDS + 1, True)])
def test_who_is_far_behind_is_told_with_what_waits(registry: CollectorRegistry, seconds: float, is_bad: bool) -> None:  # noqa: FBT001
    streams = StreamMetrics(registry)
    streams.lag("g", ZERO, 12_345)
    streams.read("g", ZERO, StageReading(event_seconds=0.0), since=StageReading(), now=seconds)

    found = {finding.part: finding for finding in judged(sampled(registry))}

    assert (found["g"].verdict is Verdict.BAD) == is_bad
    assert "12,345 records wait" in found["g"].text


def test_an_intake_that_waits_for_the_database_is_bad(registry: CollectorRegistry) -> None:
    metrics = AlertingMetrics(registry)
    metrics.intake_state.labels("detections", "database_down").set(1)
    metrics.intake_state.labels("detections", "following").set(0)

    assert bad(registry) == {"intake of detections": "database down"}


def test_messages_that_wait_long_are_bad_and_so_is_whoever_does_not_take_them(registry: CollectorRegistry) -> None:
    metrics = AlertingMetrics(registry)
    metrics.outbox_age.set(MOST_WAITING_SECONDS + 1)
    metrics.outbox_pending.set(3)
    metrics.destination_failures.labels("comms", "slack").set(MOST_FAILURES)
    metrics.destination_failures.labels("ops", "pagerduty").set(MOST_FAILURES - 1)

    assert bad(registry) == {
        "outbox": "3 messages wait, the oldest for 121 s",
        "comms by slack": "5 failures in a row",
    }


def test_a_page_that_reached_nobody_is_told(registry: CollectorRegistry) -> None:
    AlertingMetrics(registry).nobody_reached.inc()

    (warning,) = [finding for finding in judged(sampled(registry)) if finding.verdict is Verdict.WARNING]

    assert (warning.part, warning.text) == ("pages that reached nobody", "1 since the process started")


def test_one_in_fifty_that_cannot_be_read_is_a_warning(registry: CollectorRegistry) -> None:
    streams = StreamMetrics(registry)
    read = StageReading(totals={"mentions_read": 100, "mentions_dead_lettered": 2})
    streams.read("g", ZERO, read, since=StageReading(), now=0.0)

    (warning,) = [finding for finding in judged(sampled(registry)) if finding.verdict is Verdict.WARNING]

    assert warning.text == "2 of 100 mentions could not be read"
