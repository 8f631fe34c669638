"""Contacts, read from what the contact centre wrote, and written as it does."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.incidents.wording import plain
from streams.contact import Contact
from streams.errors import InvalidMention

AHEAD: Final = timedelta(minutes=5)
LONGEST_AGO: Final = timedelta(days=3660)
MOST_BYTES: Final = 20_000

_encoder: Final = msgspec.json.Encoder()
_contact: Final = msgspec.json.Decoder(Contact)


def read_contact(value: bytes | None, now: datetime) -> Contact:
    """The contact, its labels each on one line.

    Raises:
        InvalidMention: It cannot be read, or its time cannot be true.
    """
    if not value:
        raise InvalidMention("the record is empty")
    if len(value) > MOST_BYTES:
        raise InvalidMention(f"the record has {len(value)} bytes; at most {MOST_BYTES} are read")
    try:
        contact = _contact.decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        raise InvalidMention(str(exc)) from exc
    if contact.opened_at > now + AHEAD:
        raise InvalidMention(f"opened_at {contact.opened_at.isoformat()} lies in the future")
    if contact.opened_at < now - LONGEST_AGO:
        raise InvalidMention(f"opened_at {contact.opened_at.isoformat()} lies more than ten years back")
    reason = plain(contact.reason)
    if not reason:
        raise InvalidMention("reason holds nothing that can be read")
    return msgspec.structs.replace(
        contact,
        reason=reason,
        brand=_label(contact.brand),
        product=_label(contact.product),
        area=_label(contact.area),
    )


def written(contact: Contact) -> bytes:
    """The contact as JSON."""
    return _encoder.encode(contact)


def _label(text: str | None) -> str | None:
    return (plain(text) or None) if text is not None else None
