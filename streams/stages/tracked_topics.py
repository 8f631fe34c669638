"""The topics that a score stage counts for, and what it has told the detect stage about them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import msgspec

from streams import codec
from streams.definition import Definition
from streams.events import PartialCount
from streams.evidence.features import tokens
from streams.id_index import hash64
from streams.matching import TopicMatcher
from streams.query import Field, Word, atoms, parse
from streams.stages.packing import Packing
from streams.stages.partial_sums import OwnWords
from streams.topic import Topic

_OWN_WORDS: Final = 256
_REMEMBERED: Final = 32_768
_NONE: Final[Mapping[str, int]] = {}
_PEERS: Final = "peers:"  # no query


class TrackedTopics:
    """Answers what a topic's counts need, and puts a definition in front of the first counts under each revision.

    Definitions travel in the topic's own partition of the partials, ahead of what was counted under them, so the detect
    stage never has to read a second source. They are cheap to repeat: every input partition writes its own. What is
    counted for a member of a peer group goes to the group's partition as well, which is watched there as a topic.

    Args:
        matcher: Holds the topics.
    """

    def __init__(self, matcher: TopicMatcher) -> None:
        self.matcher = matcher
        self._topics = {topic.id: topic for topic in matcher.topics}
        self._groups_of = _groups_of(matcher.topics)
        self._told: dict[str, int] = {}

    def revision(self, topic_id: str) -> int | None:
        """Under which revision the topic is counted; None where nobody tracks it any more."""
        topic = self._topics.get(topic_id)
        return None if topic is None else topic.revision

    def own_words(self, topic_id: str) -> OwnWords:
        """The words of its query, its name and its brand, and beginnings of words: whoever reads of it knows them."""
        return _own_words_of(self._topics[topic_id])

    def put(self, partial: PartialCount, packing: Packing) -> int:
        """Put a topic's partial count on its way behind its definition, and a copy for each of its peer groups.

        How many partial counts these are.
        """
        topic_id = partial.topic
        self._put(partial, packing)
        groups = self._groups_of.get(topic_id, ())
        for group in groups:
            copy = msgspec.structs.replace(partial, topic=group.id, revision=group.revision, member=topic_id)
            self._put(copy, packing)
        return 1 + len(groups)

    def _put(self, partial: PartialCount, packing: Packing) -> None:
        definition = self._definition(partial.topic)
        if definition is not None:
            packing.add(partial.topic, codec.encode_definition(definition))
        packing.add(partial.topic, codec.encode_partial(partial))

    def _definition(self, topic_id: str) -> Definition | None:
        """The topic's definition, where it was not told yet."""
        topic = self._topics[topic_id]
        if self._told.get(topic_id) == topic.revision:
            return None
        self._told[topic_id] = topic.revision
        definition = definition_of(topic)
        if not topic.members:
            return definition
        known = [self._topics[member] for member in topic.members if member in self._topics]
        spoken = [word for member in known for word in definition_of(member).own_words]
        return msgspec.structs.replace(definition, own_words=tuple(sorted(set(spoken))[:_OWN_WORDS]))

    def adopt(self, matcher: TopicMatcher, removed: Mapping[str, int] = _NONE) -> list[Definition]:
        """Count for these topics from now on; answers what the detect stage should know at once.

        That is new definitions of topics that it was told about, and which topics are gone, with the revision of that.
        """
        self.matcher = matcher
        self._topics = {topic.id: topic for topic in matcher.topics}
        self._groups_of = _groups_of(matcher.topics)
        news: list[Definition] = []
        for topic_id in self._told.keys() & self._topics.keys():
            definition = self._definition(topic_id)
            if definition is not None:
                news.append(definition)
        for topic_id, revision in removed.items():
            if topic_id not in self._topics and self._told.get(topic_id) != revision:
                self._told[topic_id] = revision
                news.append(Definition(topic=topic_id, revision=revision, removed=True))
        return news


def definition_of(topic: Topic) -> Definition:
    """What the detect stage has to know of the topic."""
    since = topic.collecting_since
    return Definition(
        topic=topic.id,
        revision=topic.revision,
        # another member changes what a peer group is about no more than another mention does
        subject=f"{hash64(_PEERS if topic.members else topic.query):016x}",
        pages_per_week=topic.budget,
        collecting_since=None if since is None else since.timestamp(),
        caution=topic.caution,
        own_words=_told_words(*_own_words_of(topic)) if topic.query else (),
        brand=topic.brand,
        members=topic.members,
    )


def _groups_of(topics: Iterable[Topic]) -> dict[str, tuple[Topic, ...]]:
    """The peer groups of each topic that is in one."""
    found: dict[str, tuple[Topic, ...]] = {}
    for group in topics:
        for member in group.members:
            found[member] = (*found.get(member, ()), group)
    return found


def _told_words(whole: frozenset[str], beginnings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([*(f"{beginning}*" for beginning in beginnings), *sorted(whole)][:_OWN_WORDS])


def _own_words_of(topic: Topic) -> OwnWords:
    return _own_words(topic.query, topic.name, topic.brand or "")


@lru_cache(maxsize=_REMEMBERED)
def _own_words(query: str, *names: str) -> OwnWords:
    """All input partitions of a process count for the same topics: reading a query takes longer than a mention."""
    whole: set[str] = set()
    beginnings: set[str] = set()
    for name in names:
        spelt = [token.lstrip("#@").removesuffix("'s") for token in tokens(name) if token[-1].isalnum()]
        whole.update((*spelt, "".join(spelt)))  # "Acme Air" is @acmeair as well
    for atom in atoms(parse(query)):
        if isinstance(atom, Field):
            continue
        words = (atom.text,) if isinstance(atom, Word) else atom.words
        bare = [word.lstrip("#@") for word in words]
        whole.update(bare)
        if atom.prefix:
            beginnings.add(bare[-1])
    whole.discard("")
    return frozenset(whole), tuple(sorted(beginnings))


def topic_of(definition: Definition) -> Topic:
    """As much of the topic as detection depends on."""
    since = definition.collecting_since
    return Topic(
        id=definition.topic,
        name=definition.topic,
        query="",
        revision=definition.revision,
        pages_per_week=definition.pages_per_week,
        collecting_since=None if since is None else datetime.fromtimestamp(since, UTC),
        caution=definition.caution,
        brand=definition.brand,
        members=definition.members,
    )
