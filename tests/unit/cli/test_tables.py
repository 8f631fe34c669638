"""Whatever came in a mention is shown in a terminal without its power over it."""

import json

import pytest

from alerting.cli.tables import minute, show_json, show_table
from tests.fakes.hostile import HOSTILE, assert_inert_in_terminal


@pytest.mark.parametrize("columns", [80, 240])
def test_a_cell_of_a_table_does_nothing_but_show_itself(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich writes as if to a terminal
    monkeypatch.setenv("COLUMNS", str(columns))
    assert len(HOSTILE) == 100

    for hostile in HOSTILE:
        show_table("Incidents", ("id", "title"), [("inc_1", hostile.text), (hostile.text, None)], empty="")

        shown = capsys.readouterr().out
        assert "\x1b[1m" in shown, "not written as to a terminal"
        try:
            assert_inert_in_terminal(shown, styled=True)
        except AssertionError as exc:
            raise AssertionError(f"{hostile.name}: {exc}") from exc


def test_states_and_times_are_not_broken_in_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    opened = minute("2026-11-22T09:25:41.123456Z")
    row = (
        "inc_01KE5Q86000123456789ABCDEF",
        "SEV1",
        "acknowledged",
        opened,
        "refunds",
        "Refunds: " + "ten times the usual " * 4,
    )

    show_table("Incidents", ("id", "severity", "state", "opened (UTC)", "topic", "title"), [row], empty="")

    shown = capsys.readouterr().out.splitlines()
    assert any(all(word in line for word in (row[0], "SEV1", "acknowledged", "2026-11-22 09:25")) for line in shown)
    assert "refunds" in [line.strip() for line in shown]
    assert max(map(len, shown)) <= 80


def test_json_leaves_as_ascii_and_comes_back_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    for hostile in HOSTILE:
        show_json({"title": hostile.text})

        shown = capsys.readouterr().out
        assert shown.isascii(), hostile.name
        assert "\x1b" not in shown, hostile.name
        assert json.loads(shown) == {"title": hostile.text}, hostile.name


def test_a_table_without_rows_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("Incidents", ("id",), [], empty="No such incidents.")

    assert capsys.readouterr().out == "No such incidents.\n"
