"""Every problem of what is configured about muting, with its place."""

from typing import Any

from alerting.routing.muting_checks import muting_checks
from alerting.settings import Settings

NIGHTS = {"name": "nights", "time_intervals": [{"times": [{"start_time": "22:00", "end_time": "24:00"}]}]}


def problems(**change: Any) -> dict[tuple[str | int, ...], str]:
    return dict(muting_checks(Settings.model_validate(change)))


def test_what_is_right_has_no_problems() -> None:
    route = {"receiver": "comms", "routes": [{"matchers": ["topic=a"], "mute_time_intervals": ["nights"]}]}

    assert problems(time_intervals=[NIGHTS], route=route) == {}


def test_each_problem_has_its_place() -> None:
    found = problems(
        time_intervals=[NIGHTS, NIGHTS, {"name": "odd", "time_intervals": [{"months": ["smarch"]}]}],
        inhibit_rules=[{"source_matchers": ["topic=a"], "target_matchers": ["topic=b"], "equal": ["colour"]}],
        playbooks=[{"name": "p", "kind": "praise", "drivers": ["("]}],
        route={
            "receiver": "comms",
            "mute_time_intervals": ["nights"],
            "routes": [{"matchers": ["topic=a"], "active_time_intervals": ["days"]}],
        },
    )

    assert set(found) == {
        ("time_intervals", 1, "name"),
        ("time_intervals", 2),
        ("inhibit_rules", 0),
        ("playbooks", 0),
        ("route", "mute_time_intervals"),
        ("route", "routes", 0, "active_time_intervals", 0),
    }
    missing = found["route", "routes", 0, "active_time_intervals", 0]
    assert missing == "there is no time interval 'days'; known are nights, odd"
