"""What was expected, and what is more than that: numbers derived in sight."""

from datetime import timedelta

import msgspec
import pytest

from alerting.directives.notice import Notice, NoticeKind
from alerting.incidents.sighting import new_incident
from alerting.routing.expectation import Verdict, announced, expected, times_usual, touching, verdict
from streams.events import Direction, Evidence
from tests.fakes.clock import START
from tests.fakes.detections import detection

HOUR = timedelta(hours=1)
LAUNCH = Notice(
    id="ntc_1",
    kind=NoticeKind.LAUNCH,
    topics=("refunds", "app"),
    owner="Product",
    text="version 9",
    starts_at=START - HOUR,
    ends_at=START + HOUR,
    created_at=START - HOUR,
    updated_at=START - HOUR,
    expected_multiplier=8.0,
)
CALM = Evidence(
    observed=400,
    expected=50.0,
    low=40.0,
    high=60.0,
    window_seconds=300,
    polarity=0.1,
    polarity_expected=0.1,
    negative_share=0.2,
    negative_share_expected=0.2,
    regions={"DE-BE": 300, "FR": 100},
)


def judged(evidence: Evidence, notice: Notice = LAUNCH, *, topic: str = "refunds", after: timedelta = HOUR / 2) -> str:
    return verdict(notice, topic, evidence, Direction.CRISIS, evidence.regions, START + after)


@pytest.mark.parametrize(
    ("observed", "per_minute", "found"),
    [
        (400, 0.0, Verdict.EXPECTED),  # 400 / 50 = 8 times, as announced
        (800, 0.0, Verdict.EXPECTED),  # 16 times: twice the forecast, and not beyond it
        (801, 0.0, Verdict.BEYOND_FORECAST),
        (400, 160.0, Verdict.EXPECTED),  # 160 a minute are 800 in five minutes
        (400, 160.2, Verdict.BEYOND_FORECAST),  # its last minutes already are 801 / 50 times the usual
    ],
)
def test_up_to_twice_the_forecast_is_expected(observed: int, per_minute: float, found: Verdict) -> None:
    assert judged(msgspec.structs.replace(CALM, observed=observed, per_minute=per_minute)) == found


@pytest.mark.parametrize(
    ("share", "polarity", "found"),
    [
        (0.33, 0.1, Verdict.EXPECTED),  # 13 points above the usual: (0.33 - 0.2) / 0.4 * 3 = 0.975
        (0.34, 0.1, Verdict.ANGER),  # 14 points: 1.05
        (0.2, -0.09, Verdict.EXPECTED),  # 0.19 below the usual: 0.19 / 0.6 * 3 = 0.95
        (0.2, -0.11, Verdict.ANGER),  # 0.21 below: 1.05
        (None, None, Verdict.EXPECTED),  # nothing was scored: nobody knows of anger
    ],
)
def test_anger_is_never_expected(share: float | None, polarity: float | None, found: Verdict) -> None:
    assert judged(msgspec.structs.replace(CALM, negative_share=share, polarity=polarity)) == found


def test_a_notice_without_a_forecast_only_informs() -> None:
    assert judged(CALM, msgspec.structs.replace(LAUNCH, expected_multiplier=None)) == Verdict.NO_FORECAST


def test_it_holds_for_its_topics_and_its_time() -> None:
    assert judged(CALM, topic="payments") == Verdict.NOT_ITS_TOPIC
    assert judged(CALM, after=-HOUR) == Verdict.EXPECTED
    assert judged(CALM, after=-2 * HOUR) == Verdict.NOT_NOW
    assert judged(CALM, after=HOUR) == Verdict.NOT_NOW


@pytest.mark.parametrize(
    ("area", "regions", "found"),
    [
        (("DE",), {"DE-BE": 80, "FR": 20}, Verdict.EXPECTED),  # 80 of 100 are from the area
        (("DE",), {"DE-BE": 79, "FR": 21}, Verdict.ELSEWHERE),
        (("DE",), {"DEX": 100}, Verdict.ELSEWHERE),
        (("DE",), {}, Verdict.ELSEWHERE),  # nobody knows where it comes from: people are told
        ((), {}, Verdict.EXPECTED),
    ],
)
def test_what_comes_from_elsewhere_was_not_expected(
    area: tuple[str, ...], regions: dict[str, int], found: Verdict
) -> None:
    evidence = msgspec.structs.replace(CALM, regions=regions)

    assert judged(evidence, msgspec.structs.replace(LAUNCH, area=area)) == found


def test_where_nothing_is_usual_nothing_is_expected() -> None:
    assert times_usual(msgspec.structs.replace(CALM, expected=0.0)) == float("inf")
    assert times_usual(msgspec.structs.replace(CALM, expected=0.0, observed=0)) == 0.0


def test_an_incident_is_expected_only_if_every_topic_of_it_is() -> None:
    incident = new_incident(detection(seen=CALM), None, START)
    [part] = incident.parts
    wider = msgspec.structs.replace(incident, parts=(part, msgspec.structs.replace(part, topic="payments")))

    [muted] = expected(incident, [LAUNCH], START)

    assert (muted.source, muted.until) == ("ntc_1", LAUNCH.ends_at)
    assert muted.because.startswith("Expected: 8.0 times the usual, 8 announced.")
    assert expected(wider, [LAUNCH], START) == ()


def test_a_notice_says_what_by_whom_until_when() -> None:
    assert announced(LAUNCH) == (
        f"Launch announced by Product until {LAUNCH.ends_at:%d %b %H:%M} UTC, 8 times the usual expected: version 9"
    )


def test_an_incident_is_touched_where_topic_and_area_meet() -> None:
    incident = new_incident(detection(seen=CALM), None, START)

    def touched(**change: object) -> bool:
        return bool(touching(incident, [msgspec.structs.replace(LAUNCH, **change)], START))

    assert touched()
    assert touched(expected_multiplier=None)
    assert touched(area=("FR",))
    assert not touched(area=("IT",))
    assert not touched(topics=("payments",))
    assert not touched(ends_at=START)
