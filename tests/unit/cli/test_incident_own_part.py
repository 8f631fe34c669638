"""Our own part in an incident, on a terminal."""

import pytest

from alerting.api.own_part_answers import OwnPartAnswer
from alerting.cli.incident_own_part import show_own_part
from alerting.incidents.own_part import OwnPart
from tests.fakes.clock import START
from tests.fakes.own_parts import own_part


def shown(part: OwnPart | None, capsys: pytest.CaptureFixture[str]) -> str:
    answer = None if part is None else OwnPartAnswer.model_validate(part).model_dump(mode="json")
    show_own_part({"own_part": answer})
    return capsys.readouterr().out


def test_shows_waits_templates_backlash_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(own_part(), capsys)

    for words in (
        "300 (262 to 331) of 400",
        "14.0 min, of 16",
        "9 of 12 replies",
        "51, usual 0.6",
        "3 of 64",
        "1 thanked",
    ):
        assert words in told
    assert "\x1b[31m" not in told


def test_says_that_ours_are_not_in_the_stream(capsys: pytest.CaptureFixture[str]) -> None:
    assert "not in the stream" in shown(OwnPart(START), capsys)
    assert shown(None, capsys) == ""
