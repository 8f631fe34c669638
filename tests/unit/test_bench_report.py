import json

import pytest

from tests.bench.report import Report


def test_the_last_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("speed", seed=7)
    report.add("rate", 51_234.5678, "1/s", goal=">= 50000")
    report.add("latency", 2.5, "s", goal="<= 2")
    report.add("memory", None, "MB", goal="<= 100")
    report.add("broker", "tansu", "")

    report.print()

    last = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert last == {
        "benchmark": "speed",
        "seed": 7,
        "results": [
            {"name": "rate", "value": 51_234.6, "unit": "1/s", "goal": ">= 50000", "met": True},
            {"name": "latency", "value": 2.5, "unit": "s", "goal": "<= 2", "met": False},
            {"name": "memory", "value": None, "unit": "MB", "goal": "<= 100", "met": False},
            {"name": "broker", "value": "tansu", "unit": "", "goal": None, "met": None},
        ],
    }


def test_refuses_a_goal_that_is_no_comparison() -> None:
    with pytest.raises(ValueError, match="comparison and a number"):
        Report("speed", seed=None).add("rate", 1.0, "1/s", goal="50000")
