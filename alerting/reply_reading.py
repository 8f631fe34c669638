"""Records of public answers, read."""

from collections.abc import Sequence
from typing import Final

import msgspec

from streams.broker.base import Record
from streams.public_reply import PublicReply

_reply: Final = msgspec.json.Decoder(PublicReply)


def read_replies(records: Sequence[Record]) -> tuple[list[PublicReply], list[tuple[Record, str]]]:
    """Those that can be read, and those that cannot with the reason."""
    replies: list[PublicReply] = []
    unreadable: list[tuple[Record, str]] = []
    for record in records:
        try:
            reply = _reply.decode(record.value or b"")
            if not (reply.own or reply.to or reply.deleted):
                unreadable.append((record, "it answers nothing"))
                continue
            replies.append(reply)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            unreadable.append((record, str(exc)))
    return replies, unreadable
