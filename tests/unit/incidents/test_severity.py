from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerting.incidents.model import Severity
from alerting.incidents.severity import MAX_SCORE, assess
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
        "reach": less.reach + draw(st.integers(0, 10**8)),
    }
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
    assert all(0 <= factor.score <= MAX_SCORE for factor in (*less.factors, *more.factors))


@given(EVIDENCE)
def test_a_joyful_rise_is_at_most_sev3(found: Evidence) -> None:
    assert assess(found, Direction.VIRAL).severity >= Severity.SEV3


def test_each_factor_explains_itself() -> None:
    assessment = assess(evidence(reach=1_900_000), Direction.CRISIS)

    assert [(factor.name, factor.reason) for factor in assessment.factors] == [
        ("size", "530 more than usual in 5 min"),  # 715 - 185
        ("speed", "3.8 times the usual rate"),  # (715 + 1) / (185 + 1)
        ("anger", "72% negative"),
        ("reach", "reach 1.9 M"),
    ]
    assert assessment.severity is Severity.SEV1


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (evidence(observed=185, negative_share=0.31, per_minute=37.0), Severity.SEV4),
        (evidence(), Severity.SEV2),
        (evidence(reach=1_900_000), Severity.SEV1),
    ],
)
def test_the_same_anger_weighs_more_where_more_people_say_and_see_it(seen: Evidence, expected: Severity) -> None:
    assert assess(seen, Direction.CRISIS).severity is expected


def test_what_is_unknown_is_no_harm() -> None:
    unknown = Evidence(observed=0, expected=0.0, low=0.0, high=0.0, window_seconds=60)

    assessment = assess(unknown, Direction.CRISIS)

    assert assessment.harm == 0.0
    assert [factor.reason for factor in assessment.factors[2:]] == ["sentiment unknown", "reach not given"]
