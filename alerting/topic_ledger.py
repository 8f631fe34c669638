"""What is tracked, changed over the API, with a record of every change in the audit trail."""

from collections.abc import Mapping
from typing import Final

from alerting.catalogue import Catalogue
from alerting.directives.directive import DirectiveEntry
from alerting.directives.topic_change import TopicChange
from alerting.incidents import wording
from alerting.incidents.store import Store
from alerting.incidents.work import person
from streams.clock import Clock
from streams.settings import TopicSettings
from streams.topic import Declared, Topic

_QUERY_CHARACTERS: Final = 300


class TopicLedger:
    """Declares and removes topics as the catalogue does, and writes down who did.

    Topics live in Kafka and the trail in the database, so a change is made first and recorded then. Where the database
    does not answer the caller is told so: the same request again changes nothing and makes up for the record.
    """

    def __init__(self, catalogue: Catalogue, store: Store, clock: Clock) -> None:
        self._catalogue = catalogue
        self._store = store
        self._clock = clock

    @property
    def declared(self) -> Mapping[str, Declared]:
        """Every topic by id."""
        return self._catalogue.declared

    async def put(self, topic: TopicSettings, *, by: str, expected: int | None, absent: bool = False) -> Declared:
        """Declare a topic; see `Catalogue.put`.

        Raises:
            DatabaseUnavailable: It is declared, and not recorded yet.
        """
        declared = await self._catalogue.put(topic, by=by, expected=expected, absent=absent)
        became = declared.topic
        text = f"Topic {became.id} declared by {person(by)}: {wording.plain(became.query, _QUERY_CHARACTERS)}"
        await self._record(became.id, str(became.revision), "topic.declared", by, text, became)
        return declared

    async def remove(self, topic_id: str, *, by: str, expected: int | None) -> None:
        """Remove a topic; see `Catalogue.remove`.

        Raises:
            DatabaseUnavailable: It is removed, and not recorded.
        """
        known = self.declared.get(topic_id)
        await self._catalogue.remove(topic_id, by=by, expected=expected)
        at = f"{known.topic.revision if known else 0}-removed-{self._clock.now():%Y%m%dT%H%M%S}"
        await self._record(topic_id, at, "topic.removed", by, f"Topic {topic_id} removed by {person(by)}", None)

    async def _record(self, topic_id: str, at: str, act: str, by: str, text: str, became: Topic | None) -> None:
        now = self._clock.now()
        name = f"topic/{topic_id}@{at}"
        change = TopicChange(name, topic_id, person(by), now, now, became)
        async with self._store.begin() as unit:
            if await unit.directive(name) is None:
                await unit.keep(change, [DirectiveEntry(name, now, act, person(by), text)], expected_revision=None)
