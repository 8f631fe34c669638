"""What is tracked, changed over the API, with a record of every change in the audit trail."""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec
import structlog

from alerting.catalogue import Catalogue
from alerting.directives.directive import DirectiveEntry
from alerting.directives.topic_change import TopicChange
from alerting.errors import DatabaseUnavailable, Stale
from alerting.incidents import wording
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.store import Store
from alerting.incidents.work import person
from alerting.lookout import Lookout
from streams.clock import Clock
from streams.errors import BrokerUnavailable, StreamsError
from streams.topic import Declared, Topic
from streams.topic_settings import TopicSettings

LOOK_SECONDS: Final = 15.0
UNSETTLED_FOR: Final = timedelta(seconds=60)
"""So old a change is that nobody can be at work on any more: what came of it is looked up."""

_QUERY_CHARACTERS: Final = 300
_MOST_LOOKED_AT: Final = 1_000

log = structlog.get_logger(__name__)


class TopicLedger:
    """Declares and removes topics as the catalogue does, and writes down who did.

    Topics live in Kafka and the trail in the database. So it is recorded first that somebody wants a change, then it is
    made, then it is recorded what came of it. Where a process dies in between, or the database or Kafka is away then,
    another look a minute later finds out and says so: no change is without a record.
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
            DatabaseUnavailable: Nothing was changed.
        """
        wanted, known = self._catalogue.wanted(topic), self.declared.get(topic.id)
        query = wording.plain(wanted.query, _QUERY_CHARACTERS)
        asked = await self._ask(topic.id, by, f"{person(by)} wants topic {topic.id}: {query}", wanted)
        try:
            declared = await self._catalogue.put(topic, by=by, expected=expected, absent=absent)
        except BrokerUnavailable:
            raise  # whether it counts is unknown: it is looked up later
        except StreamsError as exc:
            await self._settle(asked, "topic.refused", asked.author, f"Refused: {wording.plain(str(exc), 300)}")
            raise
        if known is not None and known.topic.revision == declared.topic.revision:
            await self._settle(asked, "topic.unchanged", asked.author, f"Topic {topic.id} is as it was")
        else:
            await self._settle(asked, "topic.declared", asked.author, _declared(declared))
        return declared

    async def remove(self, topic_id: str, *, by: str, expected: int | None) -> None:
        """Remove a topic; see `Catalogue.remove`.

        Raises:
            DatabaseUnavailable: Nothing was changed.
        """
        asked = await self._ask(topic_id, by, f"{person(by)} wants topic {topic_id} removed", None)
        try:
            await self._catalogue.remove(topic_id, by=by, expected=expected)
        except BrokerUnavailable:
            raise
        except StreamsError as exc:
            await self._settle(asked, "topic.refused", asked.author, f"Refused: {wording.plain(str(exc), 300)}")
            raise
        await self._settle(asked, "topic.removed", asked.author, f"Topic {topic_id} removed by {asked.author}")

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` for changes of which nobody recorded what came of them."""
        await Lookout("topic_ledger", self._clock, every_seconds=LOOK_SECONDS).run(self.look, stop)

    async def look(self) -> None:
        """Record what came of changes that were left open; nothing before the declared topics were read.

        Raises:
            DatabaseUnavailable: The rest is looked at next time.
        """
        if not self._catalogue.has_read:
            return
        before = self._clock.now() - UNSETTLED_FOR
        for change in await self._store.directives("topic_change", limit=_MOST_LOOKED_AT):
            if isinstance(change, TopicChange) and not change.settled and change.created_at <= before:
                act, text = found_later(change, self.declared.get(change.topic))
                await self._record(change, act, SYSTEM, text)

    async def _ask(self, topic_id: str, by: str, text: str, became: Topic | None) -> TopicChange:
        now, name = self._clock.now(), f"topic/{topic_id}@{secrets.token_hex(8)}"
        change = TopicChange(name, topic_id, person(by), now, now, became, settled=False)
        async with self._store.begin() as unit:
            entry = DirectiveEntry(name, now, "topic.asked", change.author, text)
            await unit.keep(change, [entry], expected_revision=None)
        return change

    async def _settle(self, asked: TopicChange, act: str, by: str, text: str) -> None:
        """Whoever asked is answered what Kafka answered: what cannot be recorded now is found by a later look."""
        try:
            await self._record(asked, act, by, text)
        except (DatabaseUnavailable, Stale) as exc:
            log.warning("topic.recorded_later", topic=asked.topic, act=act, reason=str(exc))

    async def _record(self, change: TopicChange, act: str, by: str, text: str) -> None:
        settled = msgspec.structs.replace(change, settled=True, revision=change.revision + 1)
        async with self._store.begin() as unit:
            entry = DirectiveEntry(change.id, self._clock.now(), act, by, text)
            await unit.keep(settled, [entry], expected_revision=change.revision)


def found_later(change: TopicChange, declared: Declared | None) -> tuple[str, str]:
    """Act and text of what became of a change, by how its topic stands now."""
    if change.became is None:
        if declared is None:
            return "topic.removed", f"Topic {change.topic} was removed, as {change.author} wanted; found later"
        return "topic.not_removed", f"Topic {change.topic} still stands; found later"
    if declared is None:
        return "topic.not_declared", f"Topic {change.topic} does not stand; found later"
    if declared.topic.query == change.became.query:
        if declared.changed_at < change.created_at:
            return "topic.unchanged", f"Topic {change.topic} is as it was; found later"
        return "topic.declared", f"{_declared(declared)}; found later"
    return "topic.not_declared", f"Topic {change.topic} stands otherwise, by {declared.changed_by}; found later"


def _declared(declared: Declared) -> str:
    query = wording.plain(declared.topic.query, _QUERY_CHARACTERS)
    return f"Topic {declared.topic.id} declared by {person(declared.changed_by)}: {query}"
