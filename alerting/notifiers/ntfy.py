"""ntfy: a push message on a phone, with a button that acknowledges."""

import hashlib
from typing import Final

import msgspec

from alerting.incidents.model import IncidentState, Severity, Transition
from alerting.notifiers.act_tokens import VALID_FOR, ActToken, sealed
from alerting.notifiers.base import Message, Receipt
from alerting.notifiers.egress import Egress
from alerting.notifiers.escaping import one_line, plain
from alerting.notifiers.http import Body, Outbound
from streams.clock import Clock

# https://docs.ntfy.sh/publish/#limitations
MAX_MESSAGE_BYTES: Final = 4096
_PRIORITIES: Final = {Severity.SEV1: 5, Severity.SEV2: 4, Severity.SEV3: 3, Severity.SEV4: 2}
_TAGS: Final = {
    Severity.SEV1: "rotating_light",
    Severity.SEV2: "warning",
    Severity.SEV3: "loudspeaker",
    Severity.SEV4: "information_source",
}
_WAKES: Final = frozenset({Transition.OPENED, Transition.REOPENED, Transition.CALLED, Transition.SEVERITY_CHANGED})
_TOLD: Final = _WAKES | {
    Transition.NOTIFIED,
    Transition.ACKNOWLEDGED,
    Transition.STATED,
    Transition.RESOLVED,
    Transition.WITHDRAWN,
}
_OVER: Final = frozenset({Transition.RESOLVED, Transition.WITHDRAWN})


class NtfyNotifier:
    """A topic of an ntfy server. What is sent again after doubt replaces the message that is there (ntfy 2.16 on).

    Args:
        topic: On a public server whoever knows it may listen, so it is a secret.
        token: An access token, a secret; None where the topic needs none.
        name: What people call it.
        person: Whose phone it is: the button acts under this name. None sends no button.
        act_key: What the button's token is signed with. None sends no button.
    """

    def __init__(
        self,
        *,
        url: str,
        topic: str,
        token: str | None,
        name: str,
        clock: Clock,
        egress: Egress,
        person: str | None = None,
        act_key: bytes | None = None,
    ) -> None:
        self._topic = topic
        self._token = token
        self._name = name
        self._person = person
        self._act_key = act_key
        self._clock = clock
        self._outbound = Outbound(url, provider="ntfy", clock=clock, egress=egress)

    def __repr__(self) -> str:
        return f"NtfyNotifier({self._name!r})"

    @property
    def kind(self) -> str:
        """`ntfy`."""
        return "ntfy"

    @property
    def destination(self) -> str:
        """What people call it."""
        return self._name

    def wants(self, change: Transition) -> bool:
        """What wakes people or lets them sleep."""
        return change in _TOLD

    async def send(self, message: Message, *, reference: str | None, timeout_seconds: float) -> Receipt:
        """Publish; what only informs replaces the message that woke."""
        sequence = reference if reference and message.change not in _WAKES else _sequence(message)
        answer = await self._outbound.post(
            Body(msgspec.json.encode(self._body(message, sequence))),
            headers=_Headers(self._token),
            timeout_seconds=timeout_seconds,
        )
        if 200 <= answer.status < 300:
            return Receipt(sequence)
        raise self._outbound.failure(answer)

    async def close(self) -> None:
        """Give the connections back."""
        await self._outbound.close()

    def _body(self, message: Message, sequence: str) -> dict[str, object]:
        headline = one_line(message.headline, 150) or one_line(message.title, 150) or "Incident"
        over = message.change in _OVER
        told = [
            one_line(message.note, 200),
            f"Status: {one_line(message.statement, 600)}" if message.statement else "",
            plain(message.why, 1500),
            f"Owner: {one_line(message.owner or 'nobody', 80)}",
            one_line(message.answers, 200),
            f"Assigned to {one_line(message.assignee, 80)}" if message.assignee else "",
        ]
        body: dict[str, object] = {
            "topic": self._topic,
            "title": f"TEST {headline}" if message.test else headline,
            "message": _within("\n".join(line for line in told if line)),
            "priority": _PRIORITIES[message.severity] if message.change in _WAKES else 2,
            "tags": ["white_check_mark"] if over else [_TAGS[message.severity]],
            "sequence_id": sequence,
        }
        if message.url is not None and message.url.startswith(("http://", "https://")):
            body["click"] = message.url
            body["actions"] = [{"action": "view", "label": "Open", "url": message.url}, *self._button(message)]
        return body

    def _button(self, message: Message) -> list[dict[str, object]]:
        if message.test or message.state is not IncidentState.TRIGGERED or self._person is None or not self._act_key:
            return []
        until = int((self._clock.now() + VALID_FOR).timestamp())
        token = sealed(ActToken(message.incident, "acknowledge", self._person, until), self._act_key)
        base = (message.url or "").partition("/incidents/")[0]
        return [
            {
                "action": "http",
                "label": "Acknowledge",
                "url": f"{base}/inbound/ntfy",
                "method": "POST",
                "body": token,
                "clear": True,
            }
        ]


class _Headers(dict[str, str]):
    """Headers that stay out of tracebacks which show local variables: one of them is a key."""

    def __init__(self, token: str | None) -> None:
        super().__init__({"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {}))

    def __repr__(self) -> str:
        return "<headers>"


def _sequence(message: Message) -> str:
    """The same for every attempt at one delivery."""
    about = message.delivery or f"{message.incident}\n{message.change.value}\n{message.revision}"
    return hashlib.sha256(about.encode("utf-8", "replace")).hexdigest()[:16]


def _within(text: str) -> str:
    return text.encode("utf-8", "replace")[: MAX_MESSAGE_BYTES - 96].decode("utf-8", "ignore") or "-"
