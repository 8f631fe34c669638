"""Microsoft Teams: cards through a workflow ("post to a channel when a webhook request is received")."""

from typing import Final

from alerting.incidents.model import Transition
from alerting.notifiers.base import Message, Receipt
from alerting.notifiers.egress import Egress
from alerting.notifiers.http import Body, Outbound
from alerting.notifiers.teams_card import card_body
from streams.clock import Clock

_TOLD: Final = frozenset(
    {
        Transition.OPENED,
        Transition.REOPENED,
        Transition.CALLED,
        Transition.NOTIFIED,
        Transition.SEVERITY_CHANGED,
        Transition.ACKNOWLEDGED,
        Transition.STATED,
        Transition.BACKLASH,
        Transition.RESOLVED,
        Transition.WITHDRAWN,
    }
)


class TeamsNotifier:
    """A Teams channel. A workflow takes cards and edits none, so only what people have to know is told.

    It recognises no repetition either: a message whose answer was lost may come twice.

    Args:
        url: The workflow's address, a secret: whoever has it may post.
        name: What people call the channel.
    """

    def __init__(self, *, url: str, name: str, clock: Clock, egress: Egress) -> None:
        self._name = name
        self._outbound = Outbound(url, provider="Teams", clock=clock, egress=egress)

    def __repr__(self) -> str:
        return f"TeamsNotifier({self._name!r})"

    @property
    def kind(self) -> str:
        """`teams`."""
        return "teams"

    @property
    def destination(self) -> str:
        """The channel."""
        return self._name

    def wants(self, change: Transition) -> bool:
        """What people have to know; growth is no new message."""
        return change in _TOLD

    async def send(self, message: Message, *, reference: str | None, timeout_seconds: float) -> Receipt:
        """Post a card."""
        answer = await self._outbound.post(
            Body(card_body(message)), headers={"Content-Type": "application/json"}, timeout_seconds=timeout_seconds
        )
        if 200 <= answer.status < 300:
            return Receipt(reference)
        raise self._outbound.failure(answer)

    async def close(self) -> None:
        """Give the connections back."""
        await self._outbound.close()
