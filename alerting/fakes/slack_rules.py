"""What Slack refuses, and how a message looks to the channel's members.

Source:
    https://docs.slack.dev/reference/block-kit/blocks
"""

import html
import re
from collections.abc import Iterator
from typing import Any, Final

MAX_BLOCKS: Final = 50
MAX_TEXT: Final = 40_000
MAX_BLOCK_TEXT: Final = 13_000
MAX_HEADER: Final = 150
MAX_SECTION: Final = 3000
MAX_FIELDS: Final = 10
MAX_FIELD: Final = 2000
MAX_CONTEXT_ELEMENTS: Final = 10
MAX_BUTTON: Final = 75
MAX_URL: Final = 3000
MAX_VALUE: Final = 2000
MAX_ACTION_ID: Final = 255
MAX_BLOCK_ID: Final = 255
MAX_PLACEHOLDER: Final = 150

_LINK: Final = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_STYLE: Final = re.compile(r"(?<!\w)([*_~])(\S(?:[^\n]*?\S)?)\1(?!\w)")
_EMOJI: Final = {
    ":red_circle:": "🔴",
    ":large_orange_circle:": "🟠",
    ":large_yellow_circle:": "🟡",
    ":large_blue_circle:": "🔵",
    ":white_check_mark:": "✅",
    ":eyes:": "👀",
}


def refusal_of(arguments: dict[str, Any]) -> str | None:
    """The error code with which Slack refuses such a message; None where it takes it."""
    text = arguments.get("text") or ""
    blocks = arguments.get("blocks")
    if not isinstance(text, str) or (not text and not blocks):
        return "no_text"
    if len(text) > MAX_TEXT:
        return "msg_too_long"
    if blocks is not None:
        if not isinstance(blocks, list) or len(blocks) > MAX_BLOCKS or not all(_is_valid(block) for block in blocks):
            return "invalid_blocks"
        if sum(len(str(found.get("text", ""))) for block in blocks for found in texts_of(block)) > MAX_BLOCK_TEXT:
            return "msg_blocks_too_long"
    return None if _is_metadata(arguments.get("metadata")) else "invalid_metadata_format"


def texts_of(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every text object of a block, in reading order."""
    own = block.get("text")
    if isinstance(own, dict):
        yield own
    for part in [*(block.get("fields") or []), *(block.get("elements") or [])]:
        if isinstance(part, dict):
            yield part["text"] if isinstance(part.get("text"), dict) else part


def seen_text(text: str) -> str:
    """Mrkdwn as its reader sees it, without styles."""
    for name, picture in _EMOJI.items():
        text = text.replace(name, picture)
    text = _LINK.sub(lambda found: found[2] or found[1], text)
    return html.unescape(_STYLE.sub(r"\2", text))


def seen_title(post: dict[str, Any]) -> str:
    """The header, or the text where there is none."""
    for block in post.get("blocks") or []:
        if block.get("type") == "header":
            return str(block["text"]["text"])
    return seen_text(str(post.get("text", "")))


def seen_lines(post: dict[str, Any]) -> tuple[str, ...]:
    """What stands below the header, line by line."""
    lines: list[str] = []
    for block in post.get("blocks") or []:
        if block.get("type") in {"header", "actions"}:
            continue
        for found in texts_of(block):
            shown = str(found.get("text", ""))
            lines.extend((seen_text(shown) if found.get("type") == "mrkdwn" else shown).split("\n"))
    return tuple(lines)


def seen_url(post: dict[str, Any]) -> str | None:
    """Where the first button that leads somewhere leads; None where there is none."""
    for block in post.get("blocks") or []:
        for element in block.get("elements") or []:
            if block.get("type") == "actions" and element.get("url"):
                return str(element["url"])
    return None


def _is_valid(block: object) -> bool:
    if not isinstance(block, dict) or len(str(block.get("block_id", ""))) > MAX_BLOCK_ID:
        return False
    kind = block.get("type")
    if kind == "header":
        return _is_text(block.get("text"), MAX_HEADER, kinds=("plain_text",))
    if kind == "section":
        fields = block.get("fields", [])
        texts = [block["text"]] if "text" in block else []
        return (
            bool(texts or fields)
            and len(fields) <= MAX_FIELDS
            and all(_is_text(text, MAX_SECTION) for text in texts)
            and all(_is_text(field, MAX_FIELD) for field in fields)
        )
    elements = block.get("elements") or []
    if kind == "context":
        return 0 < len(elements) <= MAX_CONTEXT_ELEMENTS and all(_is_text(text, MAX_SECTION) for text in elements)
    if kind == "actions":
        names = [button.get("action_id") for button in elements if isinstance(button, dict)]
        return len(elements) > 0 and len(set(names)) == len(names) and all(_is_pressable(one) for one in elements)
    return kind == "divider"


def _is_text(text: object, limit: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> bool:
    if not isinstance(text, dict) or text.get("type") not in kinds or not isinstance(text.get("text"), str):
        return False
    if text["type"] == "plain_text" and "verbatim" in text:
        return False
    return 0 < len(text["text"]) <= limit and (text["type"] == "plain_text" or "emoji" not in text)


def _is_pressable(element: object) -> bool:
    if isinstance(element, dict) and element.get("type") == "users_select":
        placeholder = _is_text(element.get("placeholder"), MAX_PLACEHOLDER, kinds=("plain_text",))
        return placeholder and "value" not in element and 0 < len(element.get("action_id", "")) <= MAX_ACTION_ID
    return _is_button(element)


def _is_button(button: object) -> bool:
    return (
        isinstance(button, dict)
        and button.get("type") == "button"
        and _is_text(button.get("text"), MAX_BUTTON, kinds=("plain_text",))
        and len(button.get("url", "")) <= MAX_URL
        and len(button.get("value", "x")) <= MAX_VALUE
        and button.get("style", "primary") in {"primary", "danger"}
        and isinstance(button.get("action_id", ""), str)
        and len(button.get("action_id", "")) <= MAX_ACTION_ID
    )


def _is_metadata(metadata: object) -> bool:
    if metadata is None:
        return True
    return (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    )
