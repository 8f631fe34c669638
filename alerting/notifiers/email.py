"""E-mail: an incident is one thread."""

import hashlib
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from alerting.incidents.model import PAGES, Severity, Transition
from alerting.notifiers.base import Message, Receipt
from alerting.notifiers.escaping import one_line, plain
from alerting.notifiers.smtp import MailServer

_MAX_SAMPLES: Final = 3
_MAX_DRIVERS: Final = 10
_MAX_STEPS: Final = 20
_SUBJECT_CHARACTERS: Final = 150
_TOLD: Final = {
    Transition.OPENED: "New",
    Transition.REOPENED: "Back again",
    Transition.CALLED: "Nobody has it yet",
    Transition.NOTIFIED: "New",
    Transition.SEVERITY_CHANGED: "Severity changed",
    Transition.ACKNOWLEDGED: "Acknowledged",
    Transition.RESOLVED: "Resolved",
    Transition.WITHDRAWN: "Withdrawn: the first suspicion was not confirmed",
    Transition.STATED: "What is known has changed",
    Transition.BACKLASH: "A reply of ours draws anger",
}


class EmailNotifier:
    """People who are written to. A message in doubt is sent again under the same Message-ID, which mailboxes fold.

    Args:
        sender: The address that it comes from; its domain names our messages.
        recipients: At least one.
    """

    def __init__(self, server: MailServer, *, sender: str, recipients: Sequence[str]) -> None:
        self._server = server
        self._sender = sender
        self._recipients = tuple(recipients)

    def __repr__(self) -> str:
        return f"EmailNotifier({self.destination!r})"

    @property
    def kind(self) -> str:
        """`email`."""
        return "email"

    @property
    def destination(self) -> str:
        """Whom it goes to."""
        more = len(self._recipients) - 1
        return f"{self._recipients[0]}{f' and {more} more' if more else ''}"

    def wants(self, change: Transition) -> bool:
        """What people have to know; growth is no new mail."""
        return change in _TOLD

    async def send(self, message: Message, *, reference: str | None, timeout_seconds: float) -> Receipt:
        """Write; the reference is the first mail's Message-ID and subject, which all later ones answer."""
        root, _, subject = (reference or "").partition(" ")
        mail = self._mail(message, root, subject)
        content = mail.as_bytes(policy=SMTP)
        await self._server.take(self._sender, self._recipients, content, timeout_seconds=timeout_seconds)
        return Receipt(reference or f"{mail['Message-ID']} {_subject(message)}")

    async def close(self) -> None:
        """Nothing is held open."""

    def _mail(self, message: Message, root: str, subject: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = ", ".join(self._recipients)
        mail["Subject"] = f"Re: {subject}" if root and subject else _subject(message)
        mail["Date"] = format_datetime(message.at)
        mail["Message-ID"] = f"<{_name(message)}@{self._sender.rpartition('@')[2]}>"
        if root:
            mail["In-Reply-To"] = root
            mail["References"] = root
        mail["Auto-Submitted"] = "auto-generated"
        if message.severity is Severity.SEV1 and message.change in PAGES:
            mail["Importance"] = "high"
        mail.set_content(_text(message))
        return mail


def _name(message: Message) -> str:
    """The same for every attempt at one delivery."""
    about = message.delivery or f"{message.incident}\n{message.change.value}\n{message.revision}"
    return hashlib.sha256(about.encode("utf-8", "replace")).hexdigest()[:32]


def _subject(message: Message) -> str:
    """The headline: a lock screen shows no more."""
    headline = one_line(message.headline, _SUBJECT_CHARACTERS) or one_line(message.title, _SUBJECT_CHARACTERS)
    return f"TEST {headline or 'Incident'}" if message.test else headline or "Incident"


def _what_to_do(message: Message) -> list[str]:
    """The playbook: its line, its steps, and what may be said at once."""
    if not message.playbook:
        return []
    statement = one_line(message.holding_statement, 1000)
    return [
        "",
        f"Playbook: {one_line(message.playbook, 400)}",
        *(f"  {number}. {one_line(step, 200)}" for number, step in enumerate(message.steps[:_MAX_STEPS], 1)),
        *([f"  Approved to be said at once: “{statement}”"] if statement else []),
        "",
    ]


def _text(message: Message) -> str:
    who = message.acknowledged_by or message.actor
    by = f" by {one_line(who, 80)}" if who and who != "tocsin" else ""
    lines = [
        _subject(message),
        f"{message.severity.value} · {_TOLD.get(message.change, 'Changed')}{by} · since {message.onset_at:%H:%M} UTC",
        *(["This is a drill: nothing happened, and nobody has to act."] if message.test else []),
        *([one_line(message.note, 200)] if message.note else []),
        *([f"Status: {one_line(message.statement, 600)}"] if message.statement else []),
        *([one_line(message.answers, 200)] if message.answers else []),
        *([f"Assigned to {one_line(message.assignee, 80)}"] if message.assignee else []),
        "",
        plain(message.why, 1000),
        *_what_to_do(message),
        *(f"  {one_line(fact.value, 100)} {one_line(fact.label, 200)}" for fact in message.facts[:8]),
        "",
        *(
            f"  {one_line(driver.term, 80)}: {driver.mentions:,} (expected {driver.expected:,.0f})"
            for driver in message.drivers[:_MAX_DRIVERS]
        ),
        *(
            f"  “{one_line(sample.text, 280)}” {one_line(sample.author or 'somebody', 80)}"
            for sample in message.samples[:_MAX_SAMPLES]
        ),
        "",
        f"Owner: {one_line(message.owner or 'nobody yet', 80)}. Happens by chance {one_line(message.odds, 200)}.",
    ]
    if message.url is not None and message.url.startswith(("http://", "https://")):
        lines.append(message.url)
    return "\n".join(lines).encode("utf-8", "replace").decode() + "\n"
