"""The topics that a detect stage watches, each with its newest definition."""

from collections.abc import Callable, Collection, Container, Iterable, Iterator
from typing import Any

from streams.definition import Definition
from streams.detectors.prior import Lesson, Prior
from streams.feeds import Feeds
from streams.settings import DetectSettings, TimeSettings
from streams.stages.detail import FULL, Detail
from streams.stages.peers import Peers
from streams.stages.topic_watch import TopicWatch
from streams.stages.tracked_topics import definition_of, topic_of
from streams.topic import Topic


def _unheeded(_: str) -> None:
    pass


class WatchedTopics:
    """One watch for each topic that spoke, made when it first does: the silent ones cost nothing.

    Args:
        topics: What is watched before the log says more.
        feeds: Shared by all of them.
        born: Told of each watch that is made from what its peers teach.
        detail: How much is told of what is decided.
    """

    def __init__(
        self,
        topics: Iterable[Topic],
        *,
        time: TimeSettings,
        detect: DetectSettings,
        feeds: Feeds,
        born: Callable[[str], None] = _unheeded,
        detail: Detail = FULL,
    ) -> None:
        self._born = born
        self._time, self._detect, self._feeds, self._detail = time, detect, feeds, detail
        self._definitions = {topic.id: definition_of(topic) for topic in topics}
        self._watches: dict[str, TopicWatch] = {}
        self._active: set[str] = set()
        self._teach_nothing: set[str] = set()  # as they stand
        self._peers = Peers(self._lesson, silent=self._teach_nothing)

    def get(self, topic_id: str) -> TopicWatch | None:
        """The topic's watch; None before it spoke, and where nobody watches it."""
        return self._watches.get(topic_id)

    def of(self, topic_id: str) -> TopicWatch | None:
        """The topic's watch, made now if there is none yet; None where nobody watches it."""
        watch = self._watches.get(topic_id)
        if watch is not None:
            return watch
        definition = self._definitions.get(topic_id)
        if definition is None or definition.removed:
            return None
        self._born(topic_id)
        return self._make(definition, self._peers.prior(topic_id, definition.brand))

    def _make(self, definition: Definition, prior: Prior | None) -> TopicWatch:
        watch = self._watches[definition.topic] = TopicWatch(
            topic_of(definition),
            time=self._time,
            detect=self._detect,
            feeds=self._feeds,
            prior=prior,
            detail=self._detail,
        )
        watch.name(definition.own_words)
        self._peers.add(definition.topic, definition.brand)
        return watch

    def _lesson(self, topic_id: str) -> Lesson | None:
        watch = self._watches.get(topic_id)
        lesson = None if watch is None else watch.lesson()
        if lesson is None:
            self._teach_nothing.add(topic_id)
        return lesson

    def definition(self, topic_id: str) -> Definition | None:
        """What is known of the topic; None where nothing is."""
        return self._definitions.get(topic_id)

    def define(self, definition: Definition) -> bool:
        """Whether it changes anything; the highest revision holds.

        Every input partition brings its own copy, a slow one perhaps an older.
        """
        topic_id = definition.topic
        before = self._definitions.get(topic_id)
        if before is not None and definition.revision <= before.revision:
            return False
        self._definitions[topic_id] = definition
        watch = self._watches.get(topic_id)
        if watch is not None and definition.removed:
            self.forget(topic_id)
        elif watch is not None:
            afresh = before is not None and before.subject != definition.subject
            watch.redefine(topic_of(definition), afresh=afresh)
            watch.name(definition.own_words)
            self._peers.add(topic_id, definition.brand)
        return True

    def erase(self, authors: Collection[int], *, but: Container[str] = ()) -> list[str]:
        """Forget what these people said, `but` in some topics; those that knew any of them."""
        asked = ((topic_id, watch) for topic_id, watch in self._watches.items() if topic_id not in but)
        return [topic_id for topic_id, watch in asked if watch.context.erase(authors)]

    def spoke(self, topic_id: str, watch: TopicWatch) -> None:
        """Something came: perhaps the passing of time changes something about the topic from now on."""
        self._teach_nothing.discard(topic_id)
        if watch.is_active:
            self._active.add(topic_id)

    def ticked(self, topic_id: str, watch: TopicWatch) -> None:
        """Time has passed: perhaps it changes nothing any more."""
        self._teach_nothing.discard(topic_id)
        if not watch.is_active:
            self._active.discard(topic_id)

    def active(self) -> Iterator[tuple[str, TopicWatch]]:
        """Those that time may change something about, in the order of their ids."""
        return ((topic_id, self._watches[topic_id]) for topic_id in sorted(self._active))

    def restore(self, stored: Definition, state: dict[str, Any] | None) -> None:
        """Take over a snapshot of one topic; None where nobody watched it.

        Raises:
            StateCorrupted: It is no snapshot of a watch.
        """
        topic_id = stored.topic
        known = self._definitions.get(topic_id)
        if known is None or known.revision <= stored.revision:
            self._definitions[topic_id] = stored
        definition = self._definitions[topic_id]
        if state is not None and not definition.removed:
            watch = self._watches.get(topic_id) or self._make(definition, None)  # what it borrowed is part of its state
            watch.restore(state)
            self.spoke(topic_id, watch)

    def forget(self, topic_id: str) -> None:
        """The topic's watch is broken."""
        self._teach_nothing.discard(topic_id)
        self._watches.pop(topic_id, None)
        self._peers.remove(topic_id)
        self._active.discard(topic_id)

    def only(self, topic_ids: Iterable[str], feeds: Feeds) -> "WatchedTopics":
        """The same definitions of these topics, and no watches yet."""
        afresh = WatchedTopics((), time=self._time, detect=self._detect, feeds=feeds, detail=self._detail)
        afresh._definitions = {one: self._definitions[one] for one in topic_ids if one in self._definitions}
        return afresh

    def take_over(self, topic_id: str, other: "WatchedTopics") -> bool:
        """Watch the topic as `other` does; False where that knows nothing of it."""
        definition, built = other.definition(topic_id), other.get(topic_id)
        if definition is None:
            return False
        self._definitions[topic_id] = definition
        if built is not None and not definition.removed:
            watch = self._watches.get(topic_id) or self._make(definition, None)
            watch.restore(built.snapshot())  # a watch of our own, which listens to our feeds
            self.spoke(topic_id, watch)
        return True
