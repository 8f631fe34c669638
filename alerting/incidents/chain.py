"""The hash chain of the audit trail: how records are chained, and how any later change shows. Pure."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from alerting.directives.directive import Directive, DirectiveEntry
from alerting.incidents.audit import AuditRecord, Checkpoint, Fault, FaultKind, Head, Link
from alerting.incidents.model import Incident, TimelineEntry
from alerting.incidents.outcome import SYSTEM

_HASH_CHARACTERS: Final = 32
_KEY_CHARACTERS: Final = 8

Happened = tuple[Incident, TimelineEntry, str] | tuple[Directive, DirectiveEntry, str]
"""An incident or a directive after an act, what happened, and the line as the store keeps it."""

_encoder: Final = msgspec.json.Encoder()
_record: Final = msgspec.json.Decoder(AuditRecord)


class _Key:
    """One key, with a purpose for each use, so that what is good for one is worth nothing for another."""

    def __init__(self, secret: bytes) -> None:
        def made_for(purpose: str) -> bytes:
            return hmac.digest(secret, f"tocsin audit {purpose}".encode(), hashlib.sha256)

        self.name = made_for("name").hex()[:_KEY_CHARACTERS]
        self._chain, self._seal = made_for("chain"), made_for("seal")
        self._author, self._line = made_for("author"), made_for("line")
        self.for_another_use = made_for

    def mac(self, before: str, value: str) -> str:
        return hmac.digest(self._chain, bytes.fromhex(before) + _bytes(value), hashlib.sha256).hex()

    def seal(self, first: int, position: int, mac: str) -> str:
        return hmac.digest(self._seal, _bytes(f"{first}:{position}:{mac}"), hashlib.sha256).hex()

    def author(self, name: str) -> str:
        return hmac.digest(self._author, _bytes(name), hashlib.sha256).hex()[:_HASH_CHARACTERS]

    def line(self, position: int, text: str) -> str:
        return hmac.digest(self._line, _bytes(f"{position}:{text}"), hashlib.sha256).hex()[:_HASH_CHARACTERS]


class Chain:
    """Chains records with a secret key, so that only who has the key can make a chain that verifies.

    It proves that no record between the first and the head was changed, removed, added or moved, nor the timeline's
    line that it stands for. It cannot prove that the whole database was not put back to an earlier state, head and all:
    for that a `Checkpoint` has to be kept elsewhere. Who has the key can write any history.

    Args:
        keys: Oldest first; the last one signs. A record may not be signed by an older key than the one before it.

    Raises:
        ValueError: There is no key.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("an audit trail needs a key")
        self._keys = tuple(_Key(secret) for secret in keys)
        self._order = {key.name: place for place, key in enumerate(self._keys)}

    def authors(self, name: str) -> tuple[str, ...]:
        """The hashes under which the acts of `name` stand, one for each key."""
        return tuple(key.author(name) for key in self._keys)

    def keys_for(self, purpose: str) -> tuple[bytes, ...]:
        """Keys for another use, oldest first: who has them can neither read nor write the trail."""
        return tuple(key.for_another_use(f"for {purpose}") for key in self._keys)

    def extend(self, head: Head, happened: Sequence[Happened]) -> tuple[tuple[Link, ...], Head]:
        """The links that follow `head`, and the head they make."""
        key = self._keys[-1]
        first = head.position + 1 if head.first is None else head.first
        position, mac = head.position, head.mac if head.first is not None else _begin(first)
        links: list[Link] = []
        for one in happened:
            position += 1
            line = one[2]
            record = _record_of(one, position, key)
            value = _encoder.encode(record).decode()
            mac = key.mac(mac, value)
            links.append(Link(position, value, mac, line))
        return tuple(links), Head(first, position, mac, key.seal(first, position, mac))

    def follow(self, head: Head, checkpoint: Checkpoint | None = None) -> "Verification":
        """Begin to verify the chain that ends at `head`."""
        return Verification(self._find, head, checkpoint)

    def _find(self, name: str) -> tuple[int, _Key] | None:
        place = self._order.get(name)
        return None if place is None else (place, self._keys[place])


class Verification:
    """Walks along a chain, link by link, up to its first fault.

    Attributes:
        fault: The first thing that is wrong; None so far. Nothing after it is looked at.
        verified: How many records are as they were written.
        by_key: How many of them each key signed.
    """

    def __init__(
        self, find: Callable[[str], tuple[int, _Key] | None], head: Head, checkpoint: Checkpoint | None
    ) -> None:
        self._find = find
        self._head = head
        self._checkpoint = checkpoint
        self._before = _begin(head.first or 0)
        self._oldest_key = 0
        self._signed_by: _Key | None = None
        self.fault: Fault | None = None
        self.verified = 0
        self.by_key: dict[str, int] = {}

    @property
    def following(self) -> int:
        """The position that has to come next."""
        return (self._head.position + 1 if self._head.first is None else self._head.first) + self.verified

    def take(self, link: Link) -> Fault | None:
        """Look at the next link; the fault, if there is one by now. What came after the head was read is left out."""
        if self.fault is None and (link.position <= self._head.position or self._head.first is None):
            self.fault = self._judge(link)
        return self.fault

    def finish(self) -> Fault | None:
        """After the last link: is it the one the head names, and the one that was written down elsewhere?"""
        if self.fault is None:
            self.fault = self._judge_end()
        return self.fault

    def _judge(self, link: Link) -> Fault | None:
        expected = self.following
        if self._head.first is None:
            return Fault(link.position, FaultKind.HEAD_CHANGED, "there are records, and the head knows of none")
        if link.position > expected:
            return Fault(expected, FaultKind.MISSING, f"record {expected} is missing; {link.position} comes next")
        try:
            record = _record.decode(link.value)
        except (msgspec.MsgspecError, UnicodeError):
            return Fault(expected, FaultKind.CHANGED, f"record {expected} cannot be read")
        found = self._find(record.key)
        if found is None:
            reason = f"record {expected} was signed with the key {record.key!r}, which is not among those given"
            return Fault(expected, FaultKind.UNKNOWN_KEY, reason)
        place, key = found
        fault = self._judge_record(link, record, place, key) or _judge_line(link, record, key)
        if fault is None:
            self._before, self._oldest_key, self._signed_by = link.mac, place, key
            self.verified += 1
            self.by_key[key.name] = self.by_key.get(key.name, 0) + 1
        return fault

    def _judge_record(self, link: Link, record: AuditRecord, place: int, key: _Key) -> Fault | None:
        expected = self.following
        in_place = link.position == record.position == expected and place >= self._oldest_key
        if not in_place or not _same(key.mac(self._before, link.value), link.mac):
            return Fault(expected, FaultKind.CHANGED, f"record {expected} is not what was written, or not in its place")
        if self._checkpoint and self._checkpoint.position == expected and self._checkpoint.mac != link.mac:
            return Fault(expected, FaultKind.CHANGED, f"record {expected} is not the one of the checkpoint")
        return None

    def _judge_end(self) -> Fault | None:
        head, following = self._head, self.following
        if following <= head.position:
            text = f"the records from {following} to {head.position} are missing at the end"
            return Fault(following, FaultKind.CUT_OFF, text)
        if head.first is not None and self._signed_by is not None:
            seal = self._signed_by.seal(head.first, head.position, head.mac)
            if head.mac != self._before or following != head.position + 1 or not _same(seal, head.seal):
                text = f"the head of the chain does not fit its last record, {following - 1}"
                return Fault(following, FaultKind.HEAD_CHANGED, text)
        if self._checkpoint and not (head.first or following) <= self._checkpoint.position < following:
            text = f"the chain does not have record {self._checkpoint.position}, which the checkpoint knows"
            return Fault(min(following, self._checkpoint.position), FaultKind.CUT_OFF, text)
        if head.newest > head.position:
            text = f"the chain ends at {head.position}, and yet something stands at {head.newest}"
            return Fault(head.position + 1, FaultKind.UNCHAINED, text)
        return None


def _record_of(happened: Happened, position: int, key: _Key) -> AuditRecord:
    subject, entry, line = happened
    author = SYSTEM if entry.actor == SYSTEM else key.author(entry.actor)
    signed = key.line(position, line)
    if isinstance(subject, Incident) and isinstance(entry, TimelineEntry):
        return AuditRecord(
            position=position,
            at=entry.at,
            act=entry.transition.value,
            author=author,
            incident=subject.id,
            revision=subject.revision,
            state=subject.state.value,
            severity=subject.severity.value,
            paged=entry.paged,
            told=entry.told,
            line=signed,
            key=key.name,
        )
    act = entry.act if isinstance(entry, DirectiveEntry) else entry.transition.value
    return AuditRecord(
        position=position,
        at=entry.at,
        act=act,
        author=author,
        incident="",
        revision=subject.revision,
        state="",
        severity="",
        line=signed,
        key=key.name,
        directive=subject.id,
    )


def _judge_line(link: Link, record: AuditRecord, key: _Key) -> Fault | None:
    if link.line is None:
        text = f"the timeline has lost the line of record {link.position}"
        return Fault(link.position, FaultKind.LINE_MISSING, text)
    if not _same(key.line(link.position, link.line), record.line):
        text = f"the timeline's line of record {link.position} was changed"
        return Fault(link.position, FaultKind.LINE_CHANGED, text)
    written = record.directive or record.incident
    if link.filed is not None and link.filed != written:
        text = f"the line of record {link.position} stands among those of {link.filed}, and was written of {written}"
        return Fault(link.position, FaultKind.LINE_MOVED, text)
    if link.strays:
        text = f"beside the line of record {link.position} stands another one, which nobody wrote"
        return Fault(link.position, FaultKind.LINE_ADDED, text)
    return None


def _begin(first: int) -> str:
    """What the first record follows on."""
    return hashlib.sha256(f"tocsin audit trail from {first}".encode()).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(_bytes(one), _bytes(other))
