"""The topics as the Kafka topic of topics declares them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from streams import codec
from streams.broker.base import Outgoing, Record
from streams.errors import InvalidQuery, StateCorrupted, TopicChanged, TopicRefused, UnknownTopic
from streams.feedback import MOST_KEPT, Feedback, caution_of
from streams.query import atoms, parse
from streams.shares import Reach, to_be_shared_anew
from streams.topic import Declared, Origin, Topic

MAX_TOPICS: Final = 20_000
MAX_TERMS_IN_ALL: Final = 500_000

# No topic can have this id. It says that a configuration was declared in full: from then on the topics are complete.
COMPLETE_KEY: Final = b"_complete"
# Neither this prefix: authors who asked to be forgotten, by their 64-bit hashes.
ERASED_PREFIX: Final = b"_erased:"
MAX_ERASED: Final = 10_000
REVISION_HEADER: Final = "revision"


class Declarations:
    """A fold over the log: of each topic the newest record holds; a record without a value removes it.

    Pure: what changes it answers as records to be written. A revision is the moment of the change in milliseconds since
    1970, or one more than the one before, so that it grows over removals, compaction and a log that was made anew.

    Attributes:
        complete: The topics of a configuration were declared in full at least once.
        erased: Authors who are to be forgotten, by their 64-bit hashes, with the moment in milliseconds since 1970.
        removed: Topics that are gone, with the revision of their removal, as far back as the log still tells.
    """

    def __init__(self) -> None:
        self._declared: dict[str, Declared] = {}
        self._terms: dict[str, int] = {}
        self.removed: dict[str, int] = {}
        self.erased: dict[int, int] = {}
        self.complete = False

    @property
    def declared(self) -> Mapping[str, Declared]:
        """What is declared, by topic id, in the order in which it was first declared."""
        return self._declared

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The topics alone."""
        return tuple(declared.topic for declared in self._declared.values())

    def take(self, record: Record) -> bool:
        """Take in one record of the log; whether any topic is another now.

        Raises:
            StateCorrupted: Somebody else wrote it; it changes nothing.
        """
        if record.key == COMPLETE_KEY:
            self.complete = True
            return False
        if record.key is not None and record.key.startswith(ERASED_PREFIX):
            return self._take_erased(record.key, record.value)
        if record.value is None:
            return self._remove((record.key or b"").decode(errors="replace"), _revision(record))
        declared = codec.decode_declared(record.value)
        topic = declared.topic
        if topic.id.encode() != record.key:
            raise StateCorrupted(f"the record of topic {topic.id[:80]!a} has another key")
        try:
            terms = _terms(topic)
        except InvalidQuery as exc:
            raise StateCorrupted(f"the query of topic {topic.id!r} cannot be read: {exc}") from exc
        self._terms[topic.id] = terms
        changed = self._declared.get(topic.id) != declared
        self._declared[topic.id] = declared
        self.removed.pop(topic.id, None)
        return changed

    def _take_erased(self, key: bytes, value: bytes | None) -> bool:
        try:
            author = int(key.removeprefix(ERASED_PREFIX), 16)
            at_ms = int(value or b"")
        except ValueError as exc:
            raise StateCorrupted(f"the record {key[:40]!r} names no author and time") from exc
        changed = author not in self.erased
        self.erased.setdefault(author, at_ms)
        return changed

    def erase(self, kafka_topic: str, author: int, *, now: datetime) -> list[Outgoing]:
        """The record by which an author is forgotten from now on; none where it stands already.

        Raises:
            TopicRefused: There are 10,000 already.
        """
        if author in self.erased:
            return []
        if len(self.erased) >= MAX_ERASED:
            raise TopicRefused(f"{MAX_ERASED} authors are erased already; no more are kept out")
        at_ms = round(now.timestamp() * 1000)
        return [Outgoing(kafka_topic, ERASED_PREFIX + f"{author:016x}".encode(), str(at_ms).encode(), partition=0)]

    def _remove(self, topic_id: str, revision: int) -> bool:
        known = self._declared.pop(topic_id, None)
        self._terms.pop(topic_id, None)
        self.removed[topic_id] = max(revision, 0 if known is None else known.topic.revision + 1)
        return known is not None

    def declare_file(self, kafka_topic: str, topics: Sequence[Topic], *, by: str, now: datetime) -> list[Outgoing]:
        """The records that make the file's topics what the file says; topics of the API stay, unless it names them."""
        records: list[Outgoing] = []
        for topic in topics:
            known = self._declared.get(topic.id)
            if known is None or known.origin is not Origin.FILE or as_declared(known.topic) != as_declared(topic):
                records.append(self._record(kafka_topic, self._next(topic, Origin.FILE, by, now)))
        named = {topic.id for topic in topics}
        for topic_id, known in self._declared.items():
            if known.origin is Origin.FILE and topic_id not in named:
                records.append(self._tombstone(kafka_topic, topic_id, now))
        if records or not self.complete:
            records.append(Outgoing(kafka_topic, COMPLETE_KEY, b"{}", partition=0))
        return records

    def share_out(self, kafka_topic: str, reach: Reach, per_receiver: float, *, now: datetime) -> list[Outgoing]:
        """The records that give every topic the share of its receivers' budgets that is its own now."""
        records = []
        for topic in to_be_shared_anew(self.topics, reach, per_receiver):
            known = self._declared[topic.id]
            revised = msgspec.structs.replace(
                known.topic, revision=self._next_revision(topic.id, now), share=topic.share
            )
            records.append(self._record(kafka_topic, msgspec.structs.replace(known, topic=revised)))
        return records

    def put(self, topic: Topic, *, by: str, now: datetime, expected: int | None, absent: bool = False) -> Declared:
        """The topic as the API is to declare it.

        Args:
            expected: The revision that the change is based on; None is any.
            absent: Only if there is no such topic yet.

        Raises:
            TopicChanged: It is at another revision.
            TopicRefused: It comes from the file, or does not fit the other topics or the limits.
            InvalidQuery: The query does not parse.
        """
        known = self._declared.get(topic.id)
        self._refuse_other_revision(topic.id, expected)
        if absent and known is not None:
            raise TopicChanged(f"topic {topic.id!r} is there already, at revision {known.topic.revision}")
        self._refuse_from_file(topic.id)
        self._refuse_kinship(topic)
        terms = sum(self._terms.values()) - self._terms.get(topic.id, 0) + _terms(topic)
        if terms > MAX_TERMS_IN_ALL:
            raise TopicRefused(f"all queries together would have {terms} terms; at most {MAX_TERMS_IN_ALL} are allowed")
        if known is None and len(self._declared) >= MAX_TOPICS:
            raise TopicRefused(f"there are {len(self._declared)} topics; at most {MAX_TOPICS} are allowed")
        if known is not None and as_declared(known.topic) == as_declared(topic):
            return known
        return self._next(topic, Origin.API, by, now)

    def remove(self, topic_id: str, *, expected: int | None) -> None:
        """Return if the API may remove the topic.

        Raises:
            UnknownTopic: There is none.
            TopicChanged: It is at another revision.
            TopicRefused: It comes from the file, or others are a part of it.
        """
        if topic_id not in self._declared:
            raise UnknownTopic(f"there is no topic {topic_id!r}")
        self._refuse_other_revision(topic_id, expected)
        self._refuse_from_file(topic_id)
        parts = sorted(known.topic.id for known in self._declared.values() if known.topic.parent == topic_id)
        if parts:
            raise TopicRefused(f"{', '.join(parts[:5])} would lose their parent; change them first")

    def add_feedback(self, topic_id: str, feedback: Feedback, *, now: datetime) -> Declared:
        """The topic as it is to be declared with one more verdict; as it is where that verdict stands already.

        Raises:
            UnknownTopic: There is none.
            TopicRefused: It has as many verdicts as are kept.
        """
        known = self._known(topic_id)
        if any(one.id == feedback.id for one in known.feedback):
            return known
        if len(known.feedback) >= MOST_KEPT:
            raise TopicRefused(f"topic {topic_id!r} has {len(known.feedback)} verdicts, as many as are kept")
        return self._judged(known, (*known.feedback, feedback), now)

    def remove_feedback(self, topic_id: str, feedback_id: str, *, now: datetime) -> Declared:
        """The topic as it is to be declared without that verdict; as it is where there is none.

        Raises:
            UnknownTopic: There is no such topic.
        """
        known = self._known(topic_id)
        left = tuple(one for one in known.feedback if one.id != feedback_id)
        return known if len(left) == len(known.feedback) else self._judged(known, left, now)

    def _known(self, topic_id: str) -> Declared:
        known = self._declared.get(topic_id)
        if known is None:
            raise UnknownTopic(f"there is no topic {topic_id!r}")
        return known

    def _judged(self, known: Declared, feedback: tuple[Feedback, ...], now: datetime) -> Declared:
        revision = self._next_revision(known.topic.id, now)
        topic = msgspec.structs.replace(known.topic, revision=revision, caution=caution_of(feedback))
        return msgspec.structs.replace(known, topic=topic, feedback=feedback)

    def record(self, kafka_topic: str, declared: Declared) -> Outgoing:
        """What is to be written so that `declared` holds."""
        return self._record(kafka_topic, declared)

    def tombstone(self, kafka_topic: str, topic_id: str, now: datetime) -> Outgoing:
        """What is to be written so that the topic is gone."""
        return self._tombstone(kafka_topic, topic_id, now)

    def _refuse_other_revision(self, topic_id: str, expected: int | None) -> None:
        known = self._declared.get(topic_id)
        if expected is not None and (known is None or known.topic.revision != expected):
            stands = "is not there" if known is None else f"is at revision {known.topic.revision}"
            raise TopicChanged(f"topic {topic_id!r} {stands}; the change is based on revision {expected}")

    def _refuse_from_file(self, topic_id: str) -> None:
        known = self._declared.get(topic_id)
        if known is not None and known.origin is Origin.FILE:
            raise TopicRefused(f"topic {topic_id!r} stands in the configuration file; change it there")

    def _refuse_kinship(self, topic: Topic) -> None:
        above, seen = topic.parent, {topic.id}
        while above is not None:
            if above in seen:
                raise TopicRefused(f"topic {topic.id!r} cannot stand above itself")
            known = self._declared.get(above)
            if known is None:
                raise TopicRefused(f"there is no topic {above!r} to be the parent")
            seen.add(above)
            above = known.topic.parent

    def _next(self, topic: Topic, origin: Origin, by: str, now: datetime) -> Declared:
        known = self._declared.get(topic.id)
        # what was said of another query says nothing of this one
        said = known.feedback if known is not None and known.topic.query == topic.query else ()
        revision = self._next_revision(topic.id, now)
        revised = msgspec.structs.replace(topic, revision=revision, caution=caution_of(said))
        return Declared(topic=revised, origin=origin, changed_at=now, changed_by=by, feedback=said)

    def _next_revision(self, topic_id: str, now: datetime) -> int:
        known = self._declared.get(topic_id)
        before = self.removed.get(topic_id, 0) if known is None else known.topic.revision
        return max(before + 1, int(now.timestamp() * 1000))

    def _tombstone(self, kafka_topic: str, topic_id: str, now: datetime) -> Outgoing:
        headers = ((REVISION_HEADER, str(self._next_revision(topic_id, now)).encode()),)
        return Outgoing(kafka_topic, topic_id.encode(), None, headers, partition=0)

    @staticmethod
    def _record(kafka_topic: str, declared: Declared) -> Outgoing:
        return Outgoing(kafka_topic, declared.topic.id.encode(), codec.encode_declared(declared), partition=0)


def overload(topics: Iterable[Topic]) -> str | None:
    """Why these are too many topics or terms; None where they are not. Queries that do not parse count nothing."""
    number = terms = 0
    for topic in topics:
        number += 1
        try:
            terms += _terms(topic)
        except InvalidQuery:
            continue
    if number > MAX_TOPICS:
        return f"{number} topics; at most {MAX_TOPICS} are allowed"
    return f"{terms} terms in all queries; at most {MAX_TERMS_IN_ALL} are allowed" if terms > MAX_TERMS_IN_ALL else None


def _terms(topic: Topic) -> int:
    return 0 if topic.members else sum(1 for _ in atoms(parse(topic.query)))


def as_declared(topic: Topic) -> Topic:
    """Without what does not stand in a declaration: its revision, what follows from feedback and from other topics."""
    return msgspec.structs.replace(topic, revision=0, caution=1.0, share=1.0)


def _revision(record: Record) -> int:
    told = dict(record.headers).get(REVISION_HEADER, b"")
    return int(told) if told.isdigit() and len(told) < 19 else max(record.timestamp_ms, 0)
