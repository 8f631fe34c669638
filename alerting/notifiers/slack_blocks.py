"""An incident as a Slack message. Hostile text goes into `plain_text`, which has no formatting; ours into mrkdwn."""

from typing import Final

from alerting.incidents.model import IncidentState, Severity, Transition
from alerting.notifiers.base import Message
from alerting.notifiers.escaping import escape_slack, escape_slack_plain
from streams.events import Direction, Driver, Sample

# https://docs.slack.dev/reference/block-kit/blocks
MAX_HEADER_CHARACTERS: Final = 150
MAX_FACTS: Final = 8
MAX_DRIVERS: Final = 5
MAX_SAMPLES: Final = 3
MAX_INSIGHTS: Final = 8

# What a pressed button is called when it comes back.
ACKNOWLEDGE: Final = "tocsin_acknowledge"
RESOLVE: Final = "tocsin_resolve"
ASSIGN: Final = "tocsin_assign"

_SAMPLE_CHARACTERS: Final = 280
_LINK_CHARACTERS: Final = 120
_NAME_CHARACTERS: Final = 80
_WHY_CHARACTERS: Final = 600
_INSIGHT_CHARACTERS: Final = 300
# With the playbook's own line within the 3,000 characters of a text.
_MAX_STEPS: Final = 8
_STEP_CHARACTERS: Final = 150
_STATEMENT_CHARACTERS: Final = 1000

_MARKS: Final = {
    Severity.SEV1: ":red_circle:",
    Severity.SEV2: ":large_orange_circle:",
    Severity.SEV3: ":large_yellow_circle:",
    Severity.SEV4: ":large_blue_circle:",
}
_SYSTEM: Final = "tocsin"
_ALL_CLEAR: Final = ":white_check_mark:"
_KINDS: Final = {Direction.CRISIS: "crisis", Direction.VIRAL: "going viral", Direction.QUIET: "feed quiet"}
_STANDINGS: Final = {
    Transition.OPENED: "new",
    Transition.REOPENED: "back again",
    Transition.CALLED: "nobody has it yet",
    Transition.NOTIFIED: "new",
    Transition.GREW: "growing",
    Transition.COUNTED: "goes on",
    Transition.SEVERITY_CHANGED: "severity changed",
    Transition.PEAKED: "past its peak",
    Transition.RESOLVED: "resolved",
    Transition.WITHDRAWN: "withdrawn, not confirmed",
}
_OVER: Final = frozenset({Transition.RESOLVED, Transition.WITHDRAWN})

Block = dict[str, object]


def fallback(message: Message) -> str:
    """What a lock screen shows: the headline."""
    headline = escape_slack(message.headline, MAX_HEADER_CHARACTERS) or escape_slack(message.title, 150)
    return f"TEST {headline}" if message.test else headline or escape_slack(message.incident)


def message_blocks(message: Message, *, buttons: bool = False) -> list[Block]:
    """The whole message, at most 16 blocks and well below Slack's 13,000 characters.

    Args:
        buttons: Whether those that act are there, too.
    """
    headline = escape_slack_plain(message.headline, MAX_HEADER_CHARACTERS - 10) or "Incident"
    blocks: list[Block] = [{"type": "header", "text": _plain(f"TEST {headline}" if message.test else headline)}]
    if message.test:
        blocks.append(_context("This is a drill: nothing happened, and nobody has to act."))
    blocks.append(_context(standing(message)))
    if note := escape_slack(message.note, 200):
        blocks.append(_context(note))
    if why := escape_slack(message.why, _WHY_CHARACTERS):
        blocks.append({"type": "section", "text": _mrkdwn(why)})
    if statement := escape_slack(message.statement, _WHY_CHARACTERS):
        blocks.append({"type": "section", "text": _mrkdwn(f"*Status:* {statement}")})
    if playbook := escape_slack(message.playbook, _WHY_CHARACTERS):
        blocks.append(_context("\n".join([f"*Playbook:* {playbook}", *_what_to_do(message)])))
    blocks.extend(_context(f"*Announced:* {escape_slack(line, _WHY_CHARACTERS)}") for line in message.announced[:2])
    if answers := escape_slack(message.answers, _WHY_CHARACTERS):
        blocks.append(_context(answers))
    if grouped := escape_slack(message.grouped, _WHY_CHARACTERS):
        blocks.append(_context(grouped))
    if message.facts:
        fields = [
            _mrkdwn(f"*{escape_slack(fact.value, 100) or '-'}*\n{escape_slack(fact.label, 200)}")
            for fact in message.facts[:MAX_FACTS]
        ]
        blocks.append({"type": "section", "fields": fields})
    if message.drivers:
        blocks.append({"type": "section", "text": _plain(_drivers(message))})
    if message.insights:
        lines = [
            f"{escape_slack_plain(line.label, 40)}: {escape_slack_plain(line.value, _INSIGHT_CHARACTERS)}"
            for line in message.insights[:MAX_INSIGHTS]
        ]
        blocks.append({"type": "section", "text": _plain("\n".join(lines))})
    blocks.extend(_sample(sample) for sample in message.samples[:MAX_SAMPLES])
    if foot := _foot(message):
        blocks.append(_context(foot))
    pressable: list[Block] = _acts(message) if buttons and not message.test else []
    if message.url is not None and message.url.startswith(("http://", "https://")):
        pressable.append(
            {"type": "button", "text": _plain("Open in Tocsin"), "url": message.url, "action_id": "tocsin_open"}
        )
    if pressable:
        # The menu has no value of its own, so the block's id says which incident it is about; new with each edit.
        blocks.append({"type": "actions", "block_id": f"{message.incident}.{message.revision}", "elements": pressable})
    return blocks


def standing(message: Message) -> str:
    """Severity, kind and where the work stands, in mrkdwn."""
    mark = _ALL_CLEAR if message.change in _OVER else _MARKS[message.severity]
    parts = [f"{mark} *{message.severity.value}*", _KINDS[message.direction]]
    if message.change in _STANDINGS:
        parts.append(_STANDINGS[message.change])
    who = message.acknowledged_by or (message.actor if message.change is Transition.ACKNOWLEDGED else None)
    if message.change not in _OVER and message.change is not Transition.REOPENED and who:
        parts.append(f"acknowledged by {escape_slack(who, _NAME_CHARACTERS)}")
    elif message.change is Transition.ACKNOWLEDGED:
        parts.append("acknowledged")
    if message.assignee and message.change not in _OVER:
        parts.append(f"assigned to {escape_slack(message.assignee, _NAME_CHARACTERS)}")
    parts.append(f"since {message.onset_at:%H:%M} UTC")
    return " · ".join(part for part in parts if part)


def story(message: Message) -> str | None:
    """The line for the thread, in mrkdwn; None where the edit says enough."""
    headline = escape_slack(message.headline, MAX_HEADER_CHARACTERS)
    now = f"{headline}\n{escape_slack(message.why, _WHY_CHARACTERS)}"
    person = message.actor if message.actor != _SYSTEM else None
    by = f" by {escape_slack(person, _NAME_CHARACTERS)}" if person else ""
    stories = {
        Transition.OPENED: None,
        Transition.NOTIFIED: None,
        Transition.COUNTED: None,
        Transition.CALLED: f":rotating_light: *Called*: {escape_slack(message.said, _WHY_CHARACTERS) or headline}",
        Transition.REOPENED: f"{_MARKS[message.severity]} *Back again as {message.severity.value}*: {now}",
        Transition.GREW: f"Growing: {now}",
        Transition.SEVERITY_CHANGED: f"{_MARKS[message.severity]} *Now {message.severity.value}*: {now}",
        Transition.ACKNOWLEDGED: f":eyes: Acknowledged{by}",
        Transition.RESOLVED: f"{_ALL_CLEAR} Resolved{by or f': {headline}'}",
        Transition.WITHDRAWN: f"{_ALL_CLEAR} Withdrawn: the first suspicion was not confirmed",
    }
    told = stories[message.change] if message.change in stories else escape_slack(message.said, _WHY_CHARACTERS) or None
    return f"TEST {told}" if message.test and told else told


def _acts(message: Message) -> list[Block]:
    """A button for each act that still makes sense; its value is the incident's id."""
    if message.state is IncidentState.RESOLVED:
        return []
    later: list[Block] = [
        _act(RESOLVE, "Resolve", message),
        {"type": "users_select", "placeholder": _plain("Assign to…"), "action_id": ASSIGN},
    ]
    if message.state is IncidentState.ACKNOWLEDGED:
        return later
    return [_act(ACKNOWLEDGE, "Acknowledge", message) | {"style": "primary"}, *later]


def _act(action_id: str, text: str, message: Message) -> Block:
    return {"type": "button", "text": _plain(text), "value": message.incident, "action_id": action_id}


def _what_to_do(message: Message) -> list[str]:
    """The steps of its playbook, and what may be said at once."""
    steps = message.steps[:_MAX_STEPS] if len(message.steps) > 1 else ()
    told = [f"{number}. {escape_slack(step, _STEP_CHARACTERS)}" for number, step in enumerate(steps, 1)]
    if len(message.steps) > _MAX_STEPS:
        told.append(f"and {len(message.steps) - _MAX_STEPS} more steps")
    if statement := escape_slack(message.holding_statement, _STATEMENT_CHARACTERS):
        told.append(f"*Approved to be said at once:* “{statement}”")
    return told


def _drivers(message: Message) -> str:
    """What drives it, the negative apart from the rest, each with what it adds to the excess."""
    drivers = message.drivers[:MAX_DRIVERS]
    angry = [driver for driver in drivers if driver.tone == "negative"]
    others = [driver for driver in drivers if driver.tone != "negative"]
    lines = [
        f"{label}: {', '.join(_driver(driver, message.excess) for driver in some)}"
        for label, some in (("Angry about", angry), ("Also" if angry else "Drivers", others))
        if some
    ]
    return "\n".join(lines)


def _driver(driver: Driver, excess: float) -> str:
    term = escape_slack_plain(driver.term, _NAME_CHARACTERS)
    if driver.contribution is None:
        return f"{term} {driver.mentions:,} (expected {driver.expected:,.0f})"
    return f"{term} {driver.contribution:+,.0f}" + (f" of {excess:+,.0f}" if excess >= 1 else "")


def _sample(sample: Sample) -> Block:
    source = [
        escape_slack_plain(sample.author or "somebody", _NAME_CHARACTERS),
        f"{sample.followers:,} followers" if sample.followers is not None else "",
        f"{sample.published_at:%H:%M} UTC",
        f"{sample.fate} since" if sample.fate else "",
        escape_slack_plain(sample.url, _LINK_CHARACTERS) if sample.url else "",
    ]
    text = escape_slack_plain(sample.text, _SAMPLE_CHARACTERS) or f"(a {escape_slack_plain(sample.content_type, 20)})"
    return {"type": "section", "text": _plain(f"“{text}”\n{' · '.join(part for part in source if part)}")}


def _foot(message: Message) -> str:
    owner = escape_slack(message.owner or "", _NAME_CHARACTERS)
    parts = [
        f"Owner: {owner}" if owner else "Owner: nobody yet",
        f"Topic: {escape_slack(message.topic_name, _NAME_CHARACTERS)}",
        f"Happens by chance {odds}" if (odds := escape_slack(message.odds, 200)) else "",
    ]
    return " · ".join(part for part in parts if part)


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _mrkdwn(text: str) -> Block:
    # `verbatim` keeps Slack from turning names and addresses into links.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
