"""Who is called when, until somebody takes it on. Pure: `now` is an argument.

A chain is a policy as it stood when the incident opened. Its calls are numbered through all rounds, and when each of
them is due follows from the beginning alone, so a late call makes no later one later.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec


class TargetKind(StrEnum):
    """What a step names."""

    PERSON = "person"
    SCHEDULE = "schedule"
    RECEIVER = "receiver"


class Target(msgspec.Struct, frozen=True):
    """Whom a step calls; who is on call, and over what people are reached, is looked up when the call is made."""

    kind: TargetKind
    name: str

    def __str__(self) -> str:
        return self.name if self.kind is TargetKind.PERSON else f"{self.kind.value} {self.name}"


class ChainStep(msgspec.Struct, frozen=True):
    """Who is called together, and how long they have, in seconds, > 0."""

    targets: tuple[Target, ...]
    wait_seconds: float


class Chain(msgspec.Struct, frozen=True, omit_defaults=True):
    """A policy, fixed.

    Attributes:
        policy: Its name in the configuration.
        steps: At least one.
        repeats: Rounds after the first; None without end.
        acknowledgements: How many different people have to acknowledge, >= 1.
        handed_over: Its first step is whom somebody handed it over to.
    """

    policy: str
    steps: tuple[ChainStep, ...]
    repeats: int | None = None
    acknowledgements: int = 1
    handed_over: bool = False

    @property
    def round_seconds(self) -> float:
        """How long one round takes."""
        return sum(step.wait_seconds for step in self.steps)

    def step(self, number: int) -> ChainStep:
        """The step that the call with this number, from 0, makes."""
        return self.steps[number % len(self.steps)]

    def seconds_to(self, number: int) -> float | None:
        """From the beginning to the call with this number; None where the chain has ended before it."""
        rounds, place = divmod(number, len(self.steps))
        if self.repeats is not None and rounds > self.repeats:
            return None
        return rounds * self.round_seconds + sum(step.wait_seconds for step in self.steps[:place])


class Call(msgspec.Struct, frozen=True):
    """A call that was made.

    Attributes:
        number: Its place in the chain, from 0, through all rounds.
        due_at: When it was to be made.
        receivers: Who was called; empty where nobody could be.
    """

    number: int
    due_at: datetime
    at: datetime
    receivers: tuple[str, ...]


class Escalation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an incident's chain stands.

    Attributes:
        began_at: From when the waits count; moved back where somebody said "not mine", so that the next call is due.
        made: How many calls were made or passed over.
        acknowledged_by: Who has acknowledged since it began.
        calls: The latest call of each step, oldest first.
        put_off_until: When the quiet hours end for which the next call waits.
    """

    chain: Chain
    began_at: datetime
    made: int = 0
    acknowledged_by: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    put_off_until: datetime | None = None

    @property
    def next_at(self) -> datetime | None:
        """When the next call is due; None after the last."""
        return self.due_at(self.made)

    @property
    def lacking(self) -> int:
        """How many more people have to acknowledge."""
        return max(0, self.chain.acknowledgements - len(self.acknowledged_by))

    def due_at(self, number: int) -> datetime | None:
        """When the call with this number is due; None where the chain ends before it."""
        seconds = self.chain.seconds_to(number)
        return None if seconds is None else self.began_at + timedelta(seconds=seconds)

    def due_number(self, now: datetime) -> int | None:
        """The call to be made now; None where none is due.

        What was missed, with every process down, is caught up on by one call of each step at most.
        """
        due = self.due_at(self.made)
        if due is None or due > now:
            return None
        length = len(self.chain.steps)
        newest = self.made + int((now - due).total_seconds() // self.chain.round_seconds) * length
        if self.chain.repeats is not None:
            newest = min(newest, (self.chain.repeats + 1) * length - 1)
        while (following := self.due_at(newest + 1)) is not None and following <= now:
            newest += 1
        return max(self.made, newest - length + 1)

    def after(self, call: Call) -> "Escalation":
        """With this call made."""
        step = call.number % len(self.chain.steps)
        others = (made for made in self.calls if made.number % len(self.chain.steps) != step)
        return msgspec.structs.replace(self, made=call.number + 1, calls=(*others, call), put_off_until=None)

    def hurried(self, now: datetime) -> "Escalation":
        """With the next call due now; the same where there is none, or where it is due already."""
        due = self.next_at
        if due is None or due <= now:
            return self
        return msgspec.structs.replace(self, began_at=self.began_at - (due - now), put_off_until=None)

    def put_off(self, now: datetime, until: datetime) -> "Escalation":
        """With the call that is due now due then, and all later ones as much later."""
        number = self.due_number(now)
        due = self.due_at(self.made if number is None else number) or now
        made = self.made if number is None else number
        return msgspec.structs.replace(self, made=made, began_at=self.began_at + (until - due), put_off_until=until)

    def joined(self, who: str) -> "Escalation":
        """With this person among those who have acknowledged."""
        if who in self.acknowledged_by:
            return self
        return msgspec.structs.replace(self, acknowledged_by=(*self.acknowledged_by, who))
