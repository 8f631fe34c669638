"""What a pressed button of a Slack message asks for."""

import hashlib
from typing import Final

import msgspec

from alerting.inbound.request import ActRequest, Vendor, Wish, is_name
from alerting.notifiers.slack_blocks import ACKNOWLEDGE, ASSIGN, RESOLVE

_WISHES: Final = {ACKNOWLEDGE: Wish.ACKNOWLEDGE, RESOLVE: Wish.RESOLVE, ASSIGN: Wish.ASSIGN}


class Press(msgspec.Struct, frozen=True):
    """A request, and where its private answer goes; None where Slack named no such place."""

    request: ActRequest
    response_url: str | None


class _User(msgspec.Struct):
    id: str


class _Action(msgspec.Struct):
    action_id: str = ""
    value: str = ""
    action_ts: str = ""
    block_id: str = ""
    selected_user: str | None = None


class _Payload(msgspec.Struct):
    type: str
    user: _User
    actions: list[_Action] = []
    response_url: str | None = None


def read_press(payload: bytes | str) -> Press | None:
    """The press; None for what is no press of one of our acting buttons.

    Raises:
        ValueError: It is not what Slack sends.

    Source:
        https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
    """
    try:
        told = msgspec.json.decode(payload, type=_Payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as exc:
        raise ValueError("not a payload of Slack's") from exc
    if told.type != "block_actions":
        return None
    for action in told.actions:
        wish = _WISHES.get(action.action_id)
        # A menu has no value: the block's id begins with the incident.
        incident = action.block_id.partition(".")[0] if wish is Wish.ASSIGN else action.value
        chosen = action.selected_user
        if wish is None or not (is_name(incident) and is_name(told.user.id)):
            continue
        if (wish is Wish.ASSIGN and chosen is None) or not (chosen is None or is_name(chosen)):
            continue
        pressed = f"{told.user.id}\n{action.action_id}\n{incident}\n{action.action_ts}\n{chosen or ''}"
        identity = hashlib.sha256(pressed.encode("utf-8", "replace")).hexdigest()[:32]
        request = ActRequest(Vendor.SLACK, identity, told.user.id, wish, incident, chosen)
        return Press(request, told.response_url)
    return None
