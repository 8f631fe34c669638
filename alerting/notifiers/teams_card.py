"""An incident as an Adaptive Card. Every text is a text run, which knows no Markdown: hostile text stays text."""

from typing import Final

import msgspec

from alerting.incidents.model import Severity, Transition
from alerting.notifiers.base import Message
from alerting.notifiers.escaping import one_line
from streams.events import Direction

# https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/format-your-bot-messages
MAX_BYTES: Final = 28_000
_MAX_DRIVERS: Final = 5
_MAX_SAMPLES: Final = 3
_MAX_FACTS: Final = 6
_MAX_STEPS: Final = 20
_STANDINGS: Final = {
    Transition.OPENED: "New",
    Transition.REOPENED: "Back again",
    Transition.CALLED: "Nobody has it yet",
    Transition.NOTIFIED: "New",
    Transition.SEVERITY_CHANGED: "Severity changed",
    Transition.ACKNOWLEDGED: "Acknowledged",
    Transition.RESOLVED: "Resolved",
    Transition.WITHDRAWN: "Withdrawn, not confirmed",
    Transition.STATED: "What is known has changed",
    Transition.BACKLASH: "A reply of ours draws anger",
}
_COLOURS: Final = {
    Severity.SEV1: "Attention",
    Severity.SEV2: "Attention",
    Severity.SEV3: "Warning",
    Severity.SEV4: "Accent",
}
_OVER: Final = frozenset({Transition.RESOLVED, Transition.WITHDRAWN})

Element = dict[str, object]

_KINDS: Final = {Direction.CRISIS: "crisis", Direction.VIRAL: "going viral", Direction.QUIET: "feed quiet"}


def card_body(message: Message) -> bytes:
    """The request's body, at most 28 KB: samples give way first, then drivers, then the rest but for the headline."""
    for samples, drivers, facts in ((_MAX_SAMPLES, _MAX_DRIVERS, _MAX_FACTS), (1, _MAX_DRIVERS, _MAX_FACTS), (0, 3, 3)):
        body = _encoded(message, samples, drivers, facts)
        if len(body) <= MAX_BYTES:
            return body
    return _encoded(message, 0, 0, 0)


def _encoded(message: Message, samples: int, drivers: int, facts: int) -> bytes:
    headline = one_line(message.headline, 150) or one_line(message.title, 150) or "Incident"
    headline = f"TEST {headline}" if message.test else headline
    colour = "Good" if message.change in _OVER else _COLOURS[message.severity]
    body = [
        _text(headline, weight="Bolder", size="Large"),
        _text(_standing(message), color=colour),
        *([_text(one_line(message.note, 200))] if message.note else []),
        *([_text(f"Status: {one_line(message.statement, 600)}", weight="Bolder")] if message.statement else []),
        _text(one_line(message.why, 1000) or "-"),
        *_what_to_do(message, _MAX_STEPS if facts else 0),
        *([_text(one_line(message.answers, 200), isSubtle=True)] if message.answers else []),
        *(
            _text(f"{one_line(fact.value, 100)} {one_line(fact.label, 200)}", isSubtle=True)
            for fact in message.facts[:facts]
        ),
    ]
    if told := ", ".join(
        f"{one_line(driver.term, 80)} {driver.mentions:,} (expected {driver.expected:,.0f})"
        for driver in message.drivers[:drivers]
    ):
        body.append(_text(f"Drivers: {told}"))
    body.extend(
        _text(f"“{one_line(sample.text, 280)}” {one_line(sample.author or 'somebody', 80)}", italic=True)
        for sample in message.samples[:samples]
    )
    owner = one_line(message.owner or "nobody yet", 80)
    body.append(_text(f"Owner: {owner} · {one_line(message.odds, 200)}", isSubtle=True))
    card: Element = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "fallbackText": headline,
        "body": body,
    }
    if message.url is not None and message.url.startswith(("http://", "https://")):
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open in Tocsin", "url": message.url[:2000]}]
    kind = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": kind, "contentUrl": None, "content": card}
    return msgspec.json.encode({"type": "message", "summary": headline, "attachments": [attachment]})


def _what_to_do(message: Message, most_steps: int) -> list[Element]:
    """The playbook: its line, its steps, and what may be said at once."""
    if not message.playbook:
        return []
    statement = one_line(message.holding_statement, 1000)
    return [
        _text(f"Playbook: {one_line(message.playbook, 400)}", weight="Bolder"),
        *(_text(f"{number}. {one_line(step, 200)}") for number, step in enumerate(message.steps[:most_steps], 1)),
        *([_text(f"Approved to be said at once: “{statement}”")] if statement else []),
    ]


def _standing(message: Message) -> str:
    parts = [message.severity.value, _KINDS[message.direction]]
    parts.append(_STANDINGS.get(message.change, "Changed"))
    who = message.acknowledged_by or message.actor
    if who and who != "tocsin":
        parts.append(f"by {one_line(who, 80)}")
    if message.assignee:
        parts.append(f"assigned to {one_line(message.assignee, 80)}")
    return " · ".join(parts)


def _text(text: str, *, italic: bool = False, isSubtle: bool = False, **style: str) -> Element:  # noqa: N803  # theirs
    run: Element = {"type": "TextRun", "text": text or "-", **style}
    if italic:
        run["italic"] = True
    if isSubtle:
        run["isSubtle"] = True
    return {"type": "RichTextBlock", "inlines": [run]}
