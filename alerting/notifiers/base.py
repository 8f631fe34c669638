"""The notifier contract: one attempt, one classified outcome. Retry, backoff and deadlines live in `delivery`."""

from datetime import datetime
from typing import Protocol, runtime_checkable

import msgspec

from alerting.incidents.model import IncidentState, Severity, Transition
from streams.events import Direction, Driver, Sample


class Fact(msgspec.Struct, frozen=True):
    """One number with what was expected of it: `143/min`, `expected 29 to 46`."""

    value: str
    label: str


class Message(msgspec.Struct, frozen=True):
    """Everything a channel may show about an incident revision.

    `headline`, `why` and `facts` are Tocsin's own words and safe; `drivers`, `samples` and `insights` quote mentions
    and are hostile: each notifier escapes them for its own medium.

    Attributes:
        change: Why it is sent; decides between a new message, an edit and an all-clear.
        headline: At most 80 characters: brand, what, how big; a lock screen shows no more.
        odds: In words: "about once in 40 weeks for this topic".
        url: The incident in the console; None where the console has no public address.
        test: Sent by a drill: every channel says so, visibly.
        state: Where the work stands: which acts still make sense.
        acknowledged_by: Who works on it; None while nobody does. Later edits must not hide it.
        note: Why it comes to this receiver, where that needs saying; empty where not.
        again: Somebody held this delivery before, and may have sent it: look first where that can be seen.
        delivery: Names what is being sent: the same at every attempt, though the incident may have changed between two
            and with it the rest of the message. Empty where nothing is ever sent again, as in a drill.
        statement: What the people who fix it say, one line of a person's words; empty where nobody did.
        answers: How the brand answered in public, in our own words; empty where nobody counts that.
        said: What happened, as the timeline tells it; a person's words may be in it.
        announced: What ops announced that touches it, one line each, a person's words in it.
        excess: Mentions above expectation since the event began: what the drivers contribute to.
        insights: Where it comes from, who carries it, what it began with: text by label.
        playbook: What to do about it, in one line of our people's words; empty where no playbook is about it.
        steps: What to do, in order, for channels that have room.
        holding_statement: What may be said in public at once, as it was approved; empty where nothing may.
        grouped: Why several topics are one incident, in our own words; empty for a single topic.
    """

    incident: str
    dedup_key: str
    revision: int
    change: Transition
    severity: Severity
    direction: Direction
    topic: str
    topic_name: str
    headline: str
    title: str
    why: str
    odds: str
    facts: tuple[Fact, ...]
    opened_at: datetime
    onset_at: datetime
    at: datetime
    brand: str | None = None
    owner: str | None = None
    actor: str | None = None
    url: str | None = None
    drivers: tuple[Driver, ...] = ()
    samples: tuple[Sample, ...] = ()
    test: bool = False
    state: IncidentState = IncidentState.TRIGGERED
    acknowledged_by: str | None = None
    note: str = ""
    again: bool = False
    delivery: str = ""
    grouped: str = ""
    statement: str = ""
    answers: str = ""
    said: str = ""
    assignee: str | None = None
    announced: tuple[str, ...] = ()
    excess: float = 0.0
    insights: tuple[Fact, ...] = ()
    playbook: str = ""
    steps: tuple[str, ...] = ()
    holding_statement: str = ""


class Receipt(msgspec.Struct, frozen=True):
    """The provider took it; `reference` names the conversation for later edits, None where there is no such thing."""

    reference: str | None = None


@runtime_checkable
class ShowsPictures(Protocol):
    """A channel that can add a picture to a message that has arrived."""

    @property
    def shows_pictures(self) -> bool:
        """Whether it is set up to."""
        ...

    async def show_picture(self, png: bytes, *, reference: str, title: str, timeout_seconds: float) -> None:
        """Add it to the message that `reference` names. Raises as `Notifier.send` does."""
        ...


class Notifier(Protocol):
    """One configured channel of one receiver."""

    @property
    def kind(self) -> str:
        """As it stands in the configuration: `slack`, `pagerduty`, `webhook`, `log`."""
        ...

    @property
    def destination(self) -> str:
        """Where it goes, as people know it; never a secret."""
        ...

    def wants(self, change: Transition) -> bool:
        """Whether this channel says anything about such a change."""
        ...

    async def send(self, message: Message, *, reference: str | None, timeout_seconds: float) -> Receipt:
        """Make one attempt, within `timeout_seconds`.

        Args:
            reference: What an earlier message about the same incident was answered with.

        Raises:
            DeliveryRetryable: The provider is busy, limited or down.
            DeliveryInDoubt: It may have arrived.
            DeliveryRejected: It never will.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
