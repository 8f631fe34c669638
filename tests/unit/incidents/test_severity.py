from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerting.incidents.model import Severity
from alerting.incidents.severity import MAX_SCORE, Assessment, assess, settled
from streams.events import Direction, Evidence
from tests.fakes.detections import evidence

SHARE = st.floats(0, 1)
POLARITY = st.floats(-1, 1)
EVIDENCE = st.builds(
    Evidence,
    observed=st.integers(0, 10**7),
    expected=st.floats(0, 10**6),
    low=st.just(0.0),
    high=st.just(1.0),
    window_seconds=st.integers(1, 86_400),
    polarity=POLARITY | st.none(),
    polarity_expected=POLARITY | st.none(),
    negative_share=SHARE | st.none(),
    negative_share_expected=SHARE | st.none(),
    reach=st.integers(0, 10**9),
    per_minute=st.floats(0, 10**6),
)


@st.composite
def more_harm(draw: st.DrawFn) -> tuple[Evidence, Evidence]:
    less = draw(EVIDENCE)
    changes: dict[str, Any] = {
        "observed": less.observed + draw(st.integers(0, 10**6)),
        "per_minute": less.per_minute + draw(st.floats(0, 10**5)),
    }
    if less.reach > 0:  # what is unknown may turn out to be little
        changes["reach"] = less.reach + draw(st.integers(0, 10**8))
    if less.negative_share is not None:
        changes["negative_share"] = draw(st.floats(less.negative_share, 1))
    if less.polarity is not None:
        changes["polarity"] = draw(st.floats(-1, less.polarity))
    chosen = draw(st.sets(st.sampled_from(sorted(changes)), min_size=1))
    return less, replace(less, **{name: changes[name] for name in chosen})


@given(more_harm(), st.sampled_from(Direction))
def test_more_of_any_harm_never_lowers_the_severity(pair: tuple[Evidence, Evidence], direction: Direction) -> None:
    less, more = (assess(one, direction) for one in pair)

    assert more.severity <= less.severity  # SEV1 sorts before SEV2
    known = [factor.score for factor in (*less.factors, *more.factors) if factor.score is not None]
    assert all(0 <= score <= MAX_SCORE for score in known)


@given(EVIDENCE)
def test_a_joyful_rise_is_at_most_sev3(found: Evidence) -> None:
    assert assess(found, Direction.VIRAL).severity >= Severity.SEV3


def test_each_factor_explains_itself() -> None:
    assessment = assess(evidence(reach=1_900_000), Direction.CRISIS)

    assert [(factor.name, factor.weight, factor.reason) for factor in assessment.factors] == [
        ("size", 1.0, "530 more than usual in 5 min"),  # 715 - 185
        ("speed", 1.0, "3.8 times the usual rate"),  # (715 + 1) / (185 + 1)
        ("anger", 1.0, "72% negative"),
        ("reach", 1.0, "reach 1.9 M"),
        ("spread", 0.5, "2 platforms, as if evenly 1.6"),  # 600 and 115
        ("unanswered", 0.5, "unknown whether they were answered"),
        ("organic", 0.5, "unknown how many speak for themselves"),
    ]
    assert [factor.name for factor in assessment.factors if factor.score is None] == ["unanswered", "organic"]
    assert assessment.severity is Severity.SEV1


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (evidence(observed=185, negative_share=0.31, per_minute=37.0, reach=1000), Severity.SEV4),
        (evidence(reach=1000), Severity.SEV2),
        (evidence(reach=1_900_000), Severity.SEV1),
    ],
)
def test_the_same_anger_weighs_more_where_more_people_say_and_see_it(seen: Evidence, expected: Severity) -> None:
    assert assess(seen, Direction.CRISIS).severity is expected


def test_what_is_unknown_is_no_harm() -> None:
    unknown = Evidence(observed=0, expected=0.0, low=0.0, high=0.0, window_seconds=60)

    assessment = assess(unknown, Direction.CRISIS)

    assert assessment.harm == 0.0
    assert [factor.reason for factor in assessment.factors[2:5]] == [
        *("sentiment unknown", "reach unknown", "platforms unknown")
    ]


def test_what_is_unknown_does_not_count_and_what_is_known_does() -> None:
    unknown = assess(evidence(), Direction.CRISIS)
    worst = assess(replace(evidence(), unanswered_share=1.0, organic_share=1.0), Direction.CRISIS)
    best = assess(replace(evidence(), unanswered_share=0.0, organic_share=0.0), Direction.CRISIS)

    assert best.harm < unknown.harm < worst.harm
    # three whole weights and spread's half one count while reach and two more are unknown
    assert unknown.harm == pytest.approx(weighed(unknown) / 3.5 * 4, abs=0.01)
    assert worst.harm == pytest.approx((weighed(unknown) + 3.0) / 4.5 * 4, abs=0.01)


def test_reach_that_no_source_gave_neither_lessens_the_harm_nor_adds_to_it() -> None:
    harms = [assess(evidence(reach=reach), Direction.CRISIS).harm for reach in (1_000, 0, 1_000_000)]

    assert harms == sorted(harms)  # a reach of a thousand is known to be small: 0 of 3
    assert harms[0] < harms[1] < harms[2]


@pytest.mark.parametrize(
    ("expected", "reason"),
    [
        (0.0, "usually almost none"),
        (0.49, "usually almost none"),
        (1.0, "over 100 times the usual rate"),  # (715 + 1) / (1 + 1) = 358
        (185.0, "3.8 times the usual rate"),
    ],
)
def test_a_rate_is_no_multiple_of_next_to_nothing(expected: float, reason: str) -> None:
    factor = assess(replace(evidence(), expected=expected), Direction.CRISIS).factors[1]

    assert factor.reason == reason


def weighed(assessment: Assessment) -> float:
    return sum(factor.weight * factor.score for factor in assessment.factors if factor.score is not None)


def test_what_one_author_repeats_is_one_complaint() -> None:
    many = assess(replace(evidence(), authors=700), Direction.CRISIS).factors[0]
    few = assess(replace(evidence(), authors=130), Direction.CRISIS).factors[0]

    assert many.score == pytest.approx(2.72, abs=0.01)  # log10(715 - 185)
    assert few.score == pytest.approx(1.0)  # log10(130 * 1.5 - 185)
    assert few.reason == "530 more than usual in 5 min, from about 130 people"


@pytest.mark.parametrize(
    ("current", "harm", "expected"),
    [
        (Severity.SEV2, 8.1, Severity.SEV1),
        (Severity.SEV4, 8.1, Severity.SEV1),
        (Severity.SEV1, 7.1, Severity.SEV1),
        (Severity.SEV1, 6.9, Severity.SEV2),
        (Severity.SEV1, 0.0, Severity.SEV2),
        (Severity.SEV2, 4.6, Severity.SEV2),
        (Severity.SEV2, 4.4, Severity.SEV3),
        (Severity.SEV4, 0.0, Severity.SEV4),
    ],
)
def test_it_rises_at_once_and_falls_a_step_when_harm_has_clearly_fallen(
    current: Severity, harm: float, expected: Severity
) -> None:
    severity = next(one for one, least in LEAST.items() if harm >= least)

    assert settled(current, Assessment(severity, harm, ())) is expected


LEAST = {Severity.SEV1: 8.0, Severity.SEV2: 5.5, Severity.SEV3: 3.0, Severity.SEV4: 0.0}
