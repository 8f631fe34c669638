"""The corpus and its checkers: each checker must catch what it is there for, or the contract suites prove nothing."""

import html
import json

import pytest

from tests.fakes.hostile import (
    HOSTILE,
    Aim,
    Hostile,
    assert_inert_in_csv,
    assert_inert_in_html,
    assert_inert_in_slack,
    assert_inert_in_terminal,
)

# Harmless as text of an element; they attack attributes, templates or a second decoding.
_NO_ELEMENT = {
    "attribute-breaker-double",
    "attribute-breaker-single",
    "bare-attribute",
    "template-jinja",
    "template-jinja-statement",
    "template-dollar",
    "template-angular",
    "template-erb",
    "double-escaped",
    "numeric-entities",
    "null-in-tag",
    "script-unclosed",
    "closes-script",
    "comment-opener",
}
# Nothing is wrong with them as such: letters, shortcodes and emoji that only some media read differently.
_READABLE_SLACK = {"slack-emoji", "slack-bold", "markdown-link", "markdown-image"}
_READABLE_TERMINAL = {"rich-markup", "rich-link", "rich-closing", "rich-escape"}


def _of(aim: Aim, without: set[str] = frozenset()) -> list[Hostile]:  # type: ignore[assignment]
    return [hostile for hostile in HOSTILE if hostile.aim is aim and hostile.name not in without]


def test_has_one_hundred_strings_with_names_of_their_own() -> None:
    assert len(HOSTILE) == 100
    assert len({hostile.name for hostile in HOSTILE}) == 100
    assert len({hostile.text for hostile in HOSTILE}) == 100


@pytest.mark.parametrize("hostile", _of(Aim.HTML, _NO_ELEMENT), ids=lambda hostile: hostile.name)
def test_unescaped_html_is_caught(hostile: Hostile) -> None:
    with pytest.raises(AssertionError):
        assert_inert_in_html(f"<!doctype html><p>{hostile.text}</p>")


def test_a_broken_attribute_is_caught() -> None:
    with pytest.raises(AssertionError):
        assert_inert_in_html('<p title="" onmouseover="pwned()" x="">text</p>')


def test_an_escaped_page_with_every_string_is_inert() -> None:
    shown = [html.escape(hostile.text.encode("utf-8", "replace").decode()) for hostile in HOSTILE]

    assert_inert_in_html("".join(f'<p title="{text}">{text}</p>' for text in shown))


@pytest.mark.parametrize(
    "hostile", _of(Aim.SLACK, _READABLE_SLACK | {"slack-bold", "slack-entities"}), ids=lambda hostile: hostile.name
)
def test_unescaped_slack_markup_is_caught(hostile: Hostile) -> None:
    with pytest.raises(AssertionError):
        assert_inert_in_slack({"text": hostile.text})


@pytest.mark.parametrize("hostile", _of(Aim.TERMINAL, _READABLE_TERMINAL), ids=lambda hostile: hostile.name)
def test_raw_terminal_sequences_are_caught(hostile: Hostile) -> None:
    with pytest.raises(AssertionError):
        assert_inert_in_terminal(hostile.text)


def test_our_own_colours_are_allowed_where_asked_for_and_links_never() -> None:
    assert_inert_in_terminal("\x1b[1;31mSEV1\x1b[0m", styled=True)

    with pytest.raises(AssertionError):
        assert_inert_in_terminal("\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\", styled=True)


@pytest.mark.parametrize("hostile", _of(Aim.CSV), ids=lambda hostile: hostile.name)
def test_formulas_are_caught(hostile: Hostile) -> None:
    with pytest.raises(AssertionError):
        assert_inert_in_csv(hostile.text)


def test_json_in_a_script_block_of_json_is_no_script() -> None:
    assert_inert_in_html(f'<script type="application/json">{json.dumps("pwned")}</script>')
