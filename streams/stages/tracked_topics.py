"""The topics that a score stage counts for, and what it has told the detect stage about them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from streams.definition import Definition
from streams.id_index import hash64
from streams.matching import TopicMatcher
from streams.query import Field, Word, atoms, parse
from streams.stages.partial_sums import OwnWords
from streams.topic import Topic

_OWN_WORDS: Final = 256
_NONE: Final[Mapping[str, int]] = {}


class TrackedTopics:
    """Answers what a topic's counts need, and puts a definition in front of the first counts under each revision.

    Definitions travel in the topic's own partition of the partials, ahead of what was counted under them, so the detect
    stage never has to read a second source. They are cheap to repeat: every input partition writes its own.

    Args:
        matcher: Holds the topics.
    """

    def __init__(self, matcher: TopicMatcher) -> None:
        self.matcher = matcher
        self._topics = {topic.id: topic for topic in matcher.topics}
        self._own_words: dict[str, OwnWords] = {}
        self._told: dict[str, int] = {}

    def revision(self, topic_id: str) -> int | None:
        """Under which revision the topic is counted; None where nobody tracks it any more."""
        topic = self._topics.get(topic_id)
        return None if topic is None else topic.revision

    def own_words(self, topic_id: str) -> OwnWords:
        """The words that its query names, and the beginnings of words: they stand in every mention and tell nothing."""
        found = self._own_words.get(topic_id)
        if found is None:
            found = self._own_words[topic_id] = _own_words(self._topics[topic_id])
        return found

    def definition(self, topic_id: str) -> Definition | None:
        """The topic's definition, where it was not told yet."""
        topic = self._topics[topic_id]
        if self._told.get(topic_id) == topic.revision:
            return None
        self._told[topic_id] = topic.revision
        return definition_of(topic)

    def adopt(self, matcher: TopicMatcher, removed: Mapping[str, int] = _NONE) -> list[Definition]:
        """Count for these topics from now on; answers what the detect stage should know at once.

        That is new definitions of topics that it was told about, and which topics are gone, with the revision of that.
        """
        before, self.matcher = self._topics, matcher
        self._topics = {topic.id: topic for topic in matcher.topics}
        for topic_id, topic in before.items():
            if self._topics.get(topic_id) is not topic:
                self._own_words.pop(topic_id, None)
        news: list[Definition] = []
        for topic_id in self._told.keys() & self._topics.keys():
            definition = self.definition(topic_id)
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
        subject=f"{hash64(topic.query):016x}",
        pages_per_week=topic.budget,
        collecting_since=None if since is None else since.timestamp(),
        caution=topic.caution,
        own_words=_told_words(*_own_words(topic)) if topic.query else (),
        brand=topic.brand,
    )


def _told_words(whole: frozenset[str], beginnings: tuple[str, ...]) -> tuple[str, ...]:
    bare = sorted(word for word in whole if not word.startswith("@"))
    return tuple([*(f"{beginning}*" for beginning in beginnings), *bare][:_OWN_WORDS])


def _own_words(topic: Topic) -> OwnWords:
    whole: set[str] = set()
    beginnings: set[str] = set()
    for atom in atoms(parse(topic.query)):
        if isinstance(atom, Field):
            continue
        words = (atom.text,) if isinstance(atom, Word) else atom.words
        bare = [word.lstrip("#@") for word in words]
        whole.update(bare)
        whole.update(f"@{word}" for word in bare)
        if atom.prefix:
            beginnings.add(bare[-1])
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
    )
