"""Names of incidents and deliveries: sortable by time, and the same again when the same work is done again."""

from datetime import datetime
from hashlib import blake2b
from typing import Final

# With a slash in it no path of the API or the console reaches it.
CANARY_INCIDENT: Final = "canary/1"
"""The id of the incident that canaries open."""

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_BITS: Final = 48
_HASH_BITS: Final = 80


def incident_id(topic: str, episode: str, opened_at: datetime) -> str:
    """`inc_` and 26 characters, sortable by `opened_at` to the millisecond.

    >>> from datetime import UTC
    >>> incident_id("refunds", "e1", datetime(2026, 1, 5, tzinfo=UTC))[:14]
    'inc_01KE5Q8600'
    """
    return f"inc_{_sortable(opened_at, topic, episode)}"


def delivery_id(incident: str, revision: int, receiver: str, notifier: str, created_at: datetime) -> str:
    """`dlv_` and 26 characters; one revision is told once to one notifier of one receiver."""
    return f"dlv_{_sortable(created_at, incident, str(revision), receiver, notifier)}"


def dedup_key(incident: str) -> str:
    """What pager providers fold on; stays the same over all states of the incident."""
    return f"tocsin-{incident}"


def _sortable(at: datetime, *parts: str) -> str:
    """Crockford's base 32 of 48 bits of milliseconds and 80 bits of hash, as a ULID is built.

    Source: https://github.com/ulid/spec
    """
    digest = blake2b("\0".join(parts).encode(), digest_size=_HASH_BITS // 8).digest()
    milliseconds = int(at.timestamp() * 1000) % (1 << _TIME_BITS)
    number = (milliseconds << _HASH_BITS) | int.from_bytes(digest)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
