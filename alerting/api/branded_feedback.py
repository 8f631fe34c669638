"""Verdicts on pages, by those who see some brands alone."""

from datetime import datetime

from alerting.api.feedback import TakesFeedback
from alerting.brand_scope import scope_now
from alerting.incidents.store import Store
from streams.clock import Clock
from streams.errors import UnknownTopic
from streams.topic import Declared


class BrandedFeedback:
    """Topics of other brands are not there. Implements `TakesFeedback`.

    Args:
        store: As those see it for whom this task works.
    """

    def __init__(self, desk: TakesFeedback, store: Store, clock: Clock) -> None:
        self._desk = desk
        self._store = store
        self._clock = clock

    def of(self, topic: str) -> Declared:
        """The topic with its verdicts; of a topic without a brand of its own those alone who see every brand."""
        declared = self._desk.of(topic)
        if not scope_now().sees(declared.topic.brand):
            raise UnknownTopic(f"there is no topic {topic!r}")
        return declared

    async def false_alarm(self, incident_id: str, *, by: str, note: str = "", topic: str | None = None) -> Declared:
        """The incident was none."""
        await self._store.get(incident_id)
        return await self._desk.false_alarm(incident_id, by=by, note=note, topic=topic)

    async def missed(self, topic: str, start: datetime, end: datetime, *, by: str, note: str = "") -> Declared:
        """Nobody was paged although something happened."""
        await self._seen(topic)
        return await self._desk.missed(topic, start, end, by=by, note=note)

    async def withdraw(
        self, topic: str, feedback_id: str, *, by: str, expected_revision: int | None = None
    ) -> Declared:
        """A verdict does not count any more."""
        await self._seen(topic)
        return await self._desk.withdraw(topic, feedback_id, by=by, expected_revision=expected_revision)

    async def _seen(self, topic: str) -> None:
        if not scope_now().is_limited:
            return
        if topic not in {status.topic for status in await self._store.topics(self._clock.now())}:
            raise UnknownTopic(f"there is no topic {topic!r}")
