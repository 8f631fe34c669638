import csv
import io
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from alerting.notifiers.escaping import (
    MAX_CHARACTERS,
    defang,
    escape_csv_cell,
    escape_log,
    escape_rich,
    escape_slack,
    escape_slack_plain,
    escape_terminal,
    one_line,
    plain,
    shorten,
)
from tests.fakes.hostile import HOSTILE, Hostile, assert_inert_in_csv, assert_inert_in_slack, assert_inert_in_terminal

EVERY_STRING = pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)


@EVERY_STRING
def test_every_hostile_string_is_inert_in_its_medium(hostile: Hostile) -> None:
    assert_inert_in_slack({"type": "mrkdwn", "text": escape_slack(hostile.text)})
    assert_inert_in_slack({"type": "plain_text", "emoji": False, "text": escape_slack_plain(hostile.text)})
    assert_inert_in_terminal(escape_terminal(hostile.text))
    assert_inert_in_terminal(plain(hostile.text))
    assert_inert_in_csv(escape_csv_cell(hostile.text))
    assert "\n" not in escape_log(hostile.text)
    assert escape_log(hostile.text).isprintable()


@EVERY_STRING
def test_rich_shows_hostile_text_as_it_is(hostile: Hostile) -> None:
    console = Console(file=io.StringIO(), width=200, force_terminal=True, color_system=None)
    marked = Text.from_markup(escape_rich(hostile.text))

    console.print(marked)

    shown = marked.plain.replace("\ua789", ":")
    assert shown.rstrip("\\") == escape_terminal(hostile.text).rstrip("\\")
    assert marked.spans == []


@given(st.text())
def test_escaping_twice_is_as_good_as_once(text: str) -> None:
    once = one_line(text)

    assert one_line(once) == once


@given(st.text(st.characters(codec=None)))
def test_whatever_comes_nothing_stays_that_a_terminal_obeys(text: str) -> None:
    assert_inert_in_terminal(escape_terminal(text))


@given(st.text(st.sampled_from("ae\u0301\u200d👩👧🇩🇪🏽"), max_size=40), st.integers(1, 20))
@example("aaaaaaaa\u200d🇩🇩a", 11)
def test_a_cut_never_exceeds_its_limit_nor_begins_a_character_it_does_not_finish(text: str, limit: int) -> None:
    cut = shorten(text, limit)

    assert len(cut) <= limit
    if cut != text:
        kept, following = cut[:-1], text[len(cut) - 1]
        assert cut == f"{kept}…"
        assert text.startswith(kept)
        if kept:
            assert not kept.endswith("\u200d")
            assert following not in {"\u0301", "\u200d", "🏽"}


def test_a_cut_keeps_an_accent_with_its_letter() -> None:
    assert shorten("abe\u0301def", 4) == "ab…"
    assert shorten("abe\u0301def", 5) == "abe\u0301…"


def test_a_cut_keeps_flags_and_families_whole() -> None:
    assert shorten("🇩🇪🇫🇷🇮🇹", 4) == "🇩🇪…"
    assert shorten("x👩‍👧yz", 4) == "x…"


def test_a_link_shows_its_host_and_leads_nowhere() -> None:
    assert defang("HTTPS://Evil.Example:8443/a?b=c") == "hxxps://Evil[.]Example:8443/a?b=c"
    assert defang("www.evil.example") == "www[.]evil[.]example"
    assert defang("evil.example/login") == "evil[.]example/login"
    assert defang("http:\\\\evil.example") == "hxxp://evil[.]example"
    assert defang("ldap://evil.example/x") == "ldap[:]//evil[.]example/x"


def test_a_homograph_shows_itself() -> None:
    # The first letter is Cyrillic.
    assert defang("https://\u0430pple.com/login") == "hxxps://xn--pple-43d[.]com/login"


def test_ordinary_sentences_stay_as_they_are() -> None:
    text = "Refund failed at 12:00, order #4711 - 3 of 5 stars. Support said: wait. €5 & counting"

    assert plain(text) == text
    assert escape_csv_cell(text) == text


@given(st.text(st.sampled_from("&<>ab e\u0301👩"), max_size=200), st.integers(5, 100))
def test_slack_text_keeps_its_limit_with_its_entities(text: str, limit: int) -> None:
    escaped = escape_slack(text, limit)

    assert len(escaped) <= limit
    assert_inert_in_slack({"type": "mrkdwn", "text": escaped})


def test_slack_keeps_underscores_inside_words() -> None:
    assert escape_slack("refund_policy") == "refund_policy"
    assert "_" not in escape_slack("_now_")


def test_other_scripts_keep_their_joiners_and_accents() -> None:
    hindi = "क्\u200dष"
    viet = unicodedata.normalize("NFD", "Việt")

    assert plain(hindi) == hindi
    assert plain(viet) == viet


def test_a_huge_text_is_cut() -> None:
    assert len(plain("w" * 1_000_000)) == MAX_CHARACTERS


def test_a_csv_cell_survives_its_writer() -> None:
    out = io.StringIO()

    csv.writer(out).writerow([escape_csv_cell('=1+1,"x"'), "next"])

    assert next(csv.reader(io.StringIO(out.getvalue()))) == ['\'=1+1,"x"', "next"]
