"""Which stage canaries get stuck at, as `tocsin doctor` tells it."""

import pytest

from alerting.cli.canary_findings import canary_findings
from alerting.cli.findings import Samples, Verdict

NOW = 10_000.0
STAGES = "tocsin_canary_timestamp_seconds"
PASSED = "tocsin_canary_passed_timestamp_seconds"


def alert(*, sent: float, incident: float, delivered: float, interval: float = 60.0) -> Samples:
    """What the alert role counts; when a canary passed each stage, in seconds ago."""
    ago = {"sent": sent, "incident": incident, "delivered": delivered}
    return {
        "tocsin_canary_interval_seconds": [({}, interval)],
        STAGES: [({"stage": stage}, NOW - seconds) for stage, seconds in ago.items()],
    }


def stream(role: str, *passed: float) -> Samples:
    """What a stream role counts: when a canary passed each of its partitions, in seconds ago."""
    return {
        PASSED: [
            ({"group": f"tocsin-{role}", "kafka_topic": "k", "partition": str(number)}, NOW - seconds)
            for number, seconds in enumerate(passed)
        ]
    }


def told(*processes: Samples) -> str:
    [finding] = canary_findings(processes, NOW)
    assert finding.verdict is Verdict.BAD
    return finding.text


def test_where_no_alert_role_was_asked_nothing_is_said() -> None:
    assert canary_findings([stream("score", 3)], NOW) == []


def test_a_way_that_works_is_well() -> None:
    [finding] = canary_findings([alert(sent=3, incident=3, delivered=3)], NOW)

    assert finding.verdict is Verdict.OK
    assert finding.text == "came all the way 3 s ago; one flies every 60 s"


def test_a_canary_that_is_switched_off_is_unknown_and_not_well() -> None:
    [finding] = canary_findings([alert(sent=0, incident=0, delivered=0, interval=0)], NOW)

    assert finding.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("sent", "score", "detect", "incident", "stuck"),
    [
        (900.0, 900.0, 900.0, 900.0, "through sending into Kafka for"),
        (3.0, 900.0, 900.0, 900.0, "through score for"),
        (3.0, 3.0, 900.0, 900.0, "through detect for"),
        (3.0, 3.0, 3.0, 900.0, "through alert, taking in for"),
        (3.0, 3.0, 3.0, 3.0, "through alert, delivering for"),
    ],
)
def test_the_first_stage_that_lets_none_through_is_named(
    sent: float, score: float, detect: float, incident: float, stuck: str
) -> None:
    ends = alert(sent=sent, incident=incident, delivered=900.0)

    assert stuck in told(ends, stream("score", score), stream("detect", detect))


def test_one_partition_that_stands_still_is_a_stage_that_is_stuck() -> None:
    ends = alert(sent=3, incident=900, delivered=900)

    assert "through score for 900 s" in told(ends, stream("score", 3, 900), stream("detect", 3, 900))


def test_a_partition_that_moved_to_another_process_counts_as_it_does_there() -> None:
    ends = alert(sent=3, incident=900, delivered=900)
    left_over, owner = stream("score", 900), stream("score", 3)

    assert "through detect for" in told(ends, left_over, owner, stream("detect", 900))


def test_what_nobody_answers_for_may_be_where_it_is_stuck() -> None:
    ends = alert(sent=3, incident=900, delivered=900)

    assert "through detect or alert, taking in for 900 s" in told(ends, stream("score", 3))
    assert "through score or detect or alert, taking in" in told(ends)
