r"""What came in a mention is hostile: made harmless here for each medium it leaves by.

All functions first bring the text into a shape that shows what it is: escape sequences, control, direction and
invisible characters are gone, lone surrogates are replaced, towers of combining marks are cut, links are defanged with
the host visible. Only then comes what the medium itself would take for markup.
"""

import re
import unicodedata
from typing import Final

from rich.markup import escape as escape_markup

MAX_CHARACTERS: Final = 5_000

_ELLIPSIS: Final = "…"
_MARKS_IN_A_ROW: Final = 3
_ZERO_WIDTH_JOINERS: Final = frozenset("\u200c\u200d")
_MARK_CATEGORIES: Final = frozenset({"Mn", "Me", "Mc"})
_DROPPED_CATEGORIES: Final = frozenset({"Cc", "Cf"})

# ECMA-48: CSI, then the strings OSC, DCS, SOS, PM and APC up to BEL or ST, then two-character escapes.
_ANSI: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,100}[ -/]{0,10}[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,2000}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]{0,10}[0-~]"
)
_LINK: Final = re.compile(
    r"\b(https?|ftp|[a-z][a-z0-9+.-]{0,20}(?=://))\s{0,3}:[/\\]{1,9}([^\s/?#<>\"'|]{1,300})", re.IGNORECASE
)
_BARE_LINK: Final = re.compile(
    r"\b((?:www\.|(?=[\w.-]{1,300}\.[a-z]{2,24}/))[\w-]{1,63}(?:\.[\w-]{1,63}){0,10})", re.IGNORECASE
)
_SCRIPT_LINK: Final = re.compile(r"\b(javascript|vbscript|data|mailto|tel|file|blob):(?=\S)", re.IGNORECASE)
_DOT: Final = re.compile(r"(?<!\[)\.|\.(?!\])")
_SCHEMES: Final = {"http": "hxxp", "https": "hxxps", "ftp": "fxp", "hxxp": "hxxp", "hxxps": "hxxps", "fxp": "fxp"}

_SLACK_MARKUP: Final = str.maketrans(
    # Lookalikes, because Slack has no escape for its own formatting characters.
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "*": "∗", "`": "ˋ", "~": "∼", "@": "\uff20", "|": "\u2223"}  # noqa: RUF001
)
_ENTITY_GROWTH: Final = {"&": 4, "<": 3, ">": 3}
_SLACK_ITALIC: Final = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_EMOJI_CODE: Final = re.compile(r":(?=[a-zA-Z0-9_+'-]+:)")
_SLACK_PLAIN: Final = str.maketrans({"<": "‹", ">": "›"})  # noqa: RUF001

_MARKDOWN_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")
_MARKDOWN_OPENING: Final = re.compile(r"^([-+=]|\d{1,9}(?=[.)]))")

_FORMULA: Final = frozenset("=+-@|%\uff1d\uff0b\uff0d\uff20")


def shorten(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, cut between characters as people see them, marked by an ellipsis.

    >>> shorten("refunds", 5)
    'refu…'
    """
    if len(text) <= limit:
        return text
    end = max(limit - 1, 0)
    for _ in range(32):
        if end == 0 or not (_joined(text[end - 1], text[end]) or _within_flag(text, end)):
            break
        end -= 1
    return text[:end].rstrip(" \n\t\u200c\u200d") + _ELLIPSIS


def defang(text: str) -> str:
    """Links that no reader's program follows, with the host as it really is.

    >>> defang("see https://evil.example/path?a=b")
    'see hxxps://evil[.]example/path?a=b'
    >>> defang("javascript:alert(1)")
    'javascript[:]alert(1)'
    """
    text = _LINK.sub(_defang_link, text)
    text = _BARE_LINK.sub(lambda found: _host(found[1]), text)
    return _SCRIPT_LINK.sub(r"\1[:]", text)


def plain(text: str, limit: int = MAX_CHARACTERS) -> str:
    r"""`text` for a medium without markup; lines stay lines.

    >>> plain("\x1b[31mred\x1b[0m and \u202eevil\u202c")
    'red and evil'
    """
    text = text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8") if _has_surrogate(text) else text
    text = _ANSI.sub("", text[:MAX_CHARACTERS]).replace("\r\n", "\n")
    return shorten(defang(_without_tricks(text)).strip(), limit)


def one_line(text: str, limit: int = MAX_CHARACTERS) -> str:
    r"""`text` for a place that has one line.

    >>> one_line("first\r\nX-Second: 1")
    'first X-Second: 1'
    """
    return shorten(" ".join(plain(text).split()), limit)


def escape_slack(text: str, limit: int = 2000) -> str:
    """`text` on one line inside Slack's mrkdwn, in at most `limit` characters, entities included.

    Source:
        https://docs.slack.dev/messaging/formatting-message-text

    >>> escape_slack("<!channel> now"), escape_slack("<<<<", 10)
    ('&lt;!channel&gt; now', '&lt;&lt;…')
    """
    line = _EMOJI_CODE.sub("\ua789", _SLACK_ITALIC.sub("\u02cd", one_line(text, limit)))
    room = limit - sum(_ENTITY_GROWTH.get(character, 0) for character in line)
    while room < len(line) and line not in {"", _ELLIPSIS}:
        # What is cut off takes its entities along, so that a pass or two make it fit.
        line = shorten(line, max(len(line) - max((len(line) - room) // 5, 1), 1))
        room = limit - sum(_ENTITY_GROWTH.get(character, 0) for character in line)
    return line.translate(_SLACK_MARKUP)


def escape_slack_plain(text: str, limit: int = 2000) -> str:
    """`text` on one line inside Slack's `plain_text`, which knows no formatting; angle brackets become lookalikes."""
    return one_line(text, limit).translate(_SLACK_PLAIN)


def escape_terminal(text: str, limit: int = MAX_CHARACTERS) -> str:
    r"""`text` on one line of a terminal; print it as it is, or give it to rich as `Text`, never as markup.

    >>> escape_terminal("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\")
    'click'
    """
    return one_line(text, limit)


def escape_rich(text: str, limit: int = MAX_CHARACTERS) -> str:
    r"""`text` on one line inside rich's console markup.

    >>> escape_rich("[red]alarm")
    '\\[red]alarm'
    """
    return escape_markup(_EMOJI_CODE.sub("\ua789", escape_terminal(text, limit)))


def escape_log(text: str, limit: int = 500) -> str:
    r"""`text` on one line of a log, with everything invisible spelled out, so that a reader sees what came.

    >>> escape_log("a\nb\x1b[31m")
    'a\\nb\\x1b[31m'
    """
    shown = "".join(_spelled(character) for character in text[:limit])
    return shown if len(text) <= limit else shown + _ELLIPSIS


def escape_csv_cell(text: str, limit: int = 5000) -> str:
    """`text` for a CSV cell that a spreadsheet will not run; quoting is the CSV writer's business.

    Source:
        https://owasp.org/www-community/attacks/CSV_Injection

    >>> escape_csv_cell("=cmd|' /C calc'!A0")
    "'=cmd|' /C calc'!A0"
    """
    cell = one_line(text, limit)
    return f"'{cell}" if cell[:1] in _FORMULA and cell else cell


def escape_markdown(text: str, limit: int = MAX_CHARACTERS) -> str:
    r"""`text` on one line of Markdown, without markup, and naming nobody who would be told.

    Source:
        https://spec.commonmark.org/0.31.2/#backslash-escapes

    >>> escape_markdown("<b>*hi*</b> @jo"), escape_markdown("1. first")
    ('\\<b\\>\\*hi\\*\\</b\\> \uff20jo', '1\\. first')
    """
    line = _MARKDOWN_MARKUP.sub(r"\\\1", one_line(text, limit)).replace("@", "\uff20")
    return _MARKDOWN_OPENING.sub(lambda found: _opening(found[1]), line, count=1)


def _opening(found: str) -> str:
    return f"{found}\\" if found.isdigit() else f"\\{found}"


def _without_tricks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for position, character in enumerate(text):
        if character.isascii() and character.isprintable():
            marks = 0
            kept.append(character)
        elif character == "\n" or character in "\u2028\u2029\x85\x0b\x0c":
            kept.append("\n")
        elif character.isspace():
            kept.append(" ")
        elif character in _ZERO_WIDTH_JOINERS:
            # Emoji families and several scripts need joiners; between ASCII characters they only hide something.
            if kept and not kept[-1].isascii() and kept[-1] not in _ZERO_WIDTH_JOINERS and _beyond(text, position + 1):
                kept.append(character)
        else:
            category = unicodedata.category(character)
            marks = marks + 1 if category in _MARK_CATEGORIES else 0
            if category not in _DROPPED_CATEGORIES and marks <= _MARKS_IN_A_ROW:
                kept.append(character)
    return "".join(kept)


def _beyond(text: str, position: int) -> bool:
    """Whether the character there is visible and not ASCII."""
    if position >= len(text) or text[position].isascii() or text[position].isspace():
        return False
    return unicodedata.category(text[position]) not in _DROPPED_CATEGORIES


def _defang_link(found: re.Match[str]) -> str:
    scheme = found[1].lower()
    opening = f"{_SCHEMES[scheme]}:" if scheme in _SCHEMES else f"{scheme}[:]"
    return f"{opening}//{_host(found[2])}"


def _host(host: str) -> str:
    try:
        # A homograph shows itself in its ASCII form: "apple.com" with a Cyrillic "a" is xn--pple-43d.com.
        shown = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        shown = host
    return _DOT.sub("[.]", shown)


def _joined(before: str, after: str) -> bool:
    """Whether a cut between the two would split what people see as one character."""
    return (
        unicodedata.category(after) in _MARK_CATEGORIES
        or "\u200d" in {before, after}
        or "\U0001f3fb" <= after <= "\U0001f3ff"
    )


def _within_flag(text: str, end: int) -> bool:
    """Whether a cut before `end` would split a flag, which is two characters."""
    flags = 0
    while flags < end and _is_flag_half(text[end - 1 - flags]):
        flags += 1
    return flags % 2 == 1 and _is_flag_half(text[end])


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _has_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _spelled(character: str) -> str:
    if character.isprintable() and character != "\\":
        return character
    return character.encode("unicode_escape").decode("ascii")
