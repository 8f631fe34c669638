"""Which topics there are: the configuration's are declared, all are followed, the API changes its own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from streams.backoff import Backoff, sleep_unless
from streams.broker.base import Broker
from streams.clock import Clock
from streams.declarations import Declarations, as_declared
from streams.errors import BrokerUnavailable
from streams.feedback import Feedback
from streams.settings import StreamSettings
from streams.shares import Reach, to_be_shared_anew, to_one
from streams.topic import Declared, Topic
from streams.topic_follower import TopicFollower
from streams.topic_register import TopicRegister
from streams.topic_settings import TopicSettings

FILE = "the configuration"

log = structlog.get_logger(__name__)


class Catalogue:
    """The declared topics as this process knows them; a change by anybody arrives within seconds.

    Args:
        settings: Kafka's topics are made equal to its own at the start; those of the API stay.
        know: Told all topics when they are known, and after every change.
        forget: Told the authors who are erased, by their 64-bit hashes, before the topics.
        reach: Which receivers a topic may come to: they share out what they accept.
    """

    def __init__(
        self,
        settings: StreamSettings,
        *,
        broker: Broker,
        clock: Clock,
        know: Callable[[Sequence[Topic]], None],
        reach: Reach = to_one,
        forget: Callable[[frozenset[int]], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._know, self._reach, self._forget = know, reach, forget
        self._register = TopicRegister(broker, settings.kafka, clock)
        self._follower = TopicFollower(broker, settings.kafka, clock, self._changed)
        self._declared: Mapping[str, Declared] = {}
        self._shared_out: tuple[Topic, ...] = ()
        self._has_read = False
        self._anew = asyncio.Event()

    @property
    def declared(self) -> Mapping[str, Declared]:
        """Every topic by id; empty before the first were read."""
        return self._declared

    @property
    def has_read(self) -> bool:
        """Whether the declared topics were read, so that one which is not among them does not stand."""
        return self._has_read

    async def run(self, stop: asyncio.Event) -> None:
        """Declare the configuration's topics, then follow all of them until `stop`."""
        await self._declare(stop)
        async with asyncio.TaskGroup() as group:
            anew = group.create_task(self._declare_anew(stop), name="topics.anew")
            await self._follower.run(stop)
            anew.cancel()

    def follow(self, settings: StreamSettings, reach: Reach) -> None:
        """Kafka's topics are made equal to those of these settings, as at the start; those of the API stay."""
        if settings is self._settings:
            return
        self._settings, self._reach, self._shared_out = settings, reach, ()
        self._anew.set()

    async def _declare_anew(self, stop: asyncio.Event) -> None:
        while True:
            await self._anew.wait()
            self._anew.clear()
            await self._declare(stop)
            await self._share_out([known.topic for known in self._declared.values()])

    async def _declare(self, stop: asyncio.Event) -> None:
        backoff = Backoff()
        said = False
        topics = self._settings.topic_values(self._reach)
        while not stop.is_set():
            try:
                changed = await self._register.declare_file(topics, by=FILE)
            except BrokerUnavailable as exc:
                if not said:
                    log.warning("topics.not_declared", reason=str(exc), then="retrying")
                said = True
                await sleep_unless(stop, backoff.next_seconds(), self._clock)
            else:
                log.info("topics.declared", topics=len(topics), changed=changed)
                return

    def wanted(self, topic: TopicSettings) -> Topic:
        """The topic as it would be declared, beside those that are."""
        return self._settings.topic_value(topic, [known.topic for known in self._declared.values()], self._reach)

    async def put(self, topic: TopicSettings, *, by: str, expected: int | None, absent: bool = False) -> Declared:
        """Declare a topic; see `TopicRegister.put`."""
        declared = await self._register.put(self.wanted(topic), by=by, expected=expected, absent=absent)
        if self._has_read:
            self._see(declared)
        log.info("topic.declared", topic=topic.id, revision=declared.topic.revision, by=by)
        return declared

    async def remove(self, topic_id: str, *, by: str, expected: int | None) -> None:
        """Remove a topic; see `TopicRegister.remove`."""
        await self._register.remove(topic_id, expected=expected)
        self._declared = {id_: known for id_, known in self._declared.items() if id_ != topic_id}
        log.info("topic.removed", topic=topic_id, by=by)

    async def erase(self, author: int) -> None:
        """Have an author forgotten; see `TopicRegister.erase`."""
        await self._register.erase(author)

    async def add_feedback(self, topic_id: str, feedback: Feedback) -> Declared:
        """Add a verdict; see `TopicRegister.add_feedback`."""
        declared = await self._register.add_feedback(topic_id, feedback)
        self._see(declared)
        log.info("topic.judged", topic=topic_id, verdict=feedback.verdict.value, caution=declared.topic.caution)
        return declared

    async def remove_feedback(self, topic_id: str, feedback_id: str) -> Declared:
        """Withdraw a verdict; see `TopicRegister.remove_feedback`."""
        declared = await self._register.remove_feedback(topic_id, feedback_id)
        self._see(declared)
        log.info("topic.verdict_withdrawn", topic=topic_id, feedback=feedback_id, caution=declared.topic.caution)
        return declared

    def _see(self, declared: Declared) -> None:
        """Whoever said it sees it on the next page, before the log has come round."""
        known = self._declared.get(declared.topic.id)
        if known is None or known.topic.revision < declared.topic.revision:
            self._declared = {**self._declared, declared.topic.id: declared}

    async def _changed(self, declarations: Declarations) -> None:
        self._declared = dict(declarations.declared)
        self._has_read = True
        self._forget(frozenset(declarations.erased))
        self._know(declarations.topics)
        await self._share_out(declarations.topics)

    async def _share_out(self, topics: Sequence[Topic]) -> None:
        """Once for the same topics: a process with other routes may see it otherwise, and the two must not fight."""
        per_receiver = self._settings.detect.pages_per_week_per_receiver
        if not to_be_shared_anew(topics, self._reach, per_receiver):
            return
        apart = tuple(as_declared(topic) for topic in topics)
        if apart == self._shared_out:
            log.warning("topics.shared_otherwise", then="left as it is: another process has other routes or budgets")
            return
        try:
            changed = await self._register.share_out(self._reach, per_receiver)
        except BrokerUnavailable as exc:
            log.warning("topics.not_shared_out", reason=str(exc), then="again with the next change")
        else:
            self._shared_out = apart
            log.info("topics.shared_out", changed=changed)
