"""Corrections of how mentions were read: kept as labels; nothing that was counted changes."""

import hashlib
from typing import Final

import msgspec

from alerting.directives.directive import DirectiveEntry
from alerting.directives.mood_label import Mood, MoodLabel, name_of
from alerting.errors import UnknownMention
from alerting.incidents import wording
from alerting.incidents.store import Store
from alerting.incidents.work import person
from streams.clock import Clock
from streams.findings import Sample
from streams.tone import UNSCORED, tone_of

MAX_LISTED: Final = 10_000


class LabelDesk:
    """Takes in how people read a mention of an incident, and lists it.

    Saying the same again is harmless; saying otherwise replaces what was said, and both stand in the audit trail.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def label(self, incident_id: str, mention: str, mood: Mood, *, by: str) -> MoodLabel:
        """Keep that the mention, by `platform:id` or by its short name, is of this mood.

        Raises:
            UnknownIncident: There is none.
            UnknownMention: The incident does not show it.
            Stale: Somebody else labels it at this moment; say it again.
            DatabaseUnavailable: Nothing was written.
        """
        incident = await self._store.get(incident_id)
        evidence = incident.evidence
        shown = (*evidence.verbatims, *evidence.samples)
        sample = next((one for one in shown if mention in {one.key, name_of(one.key)}), None)
        if sample is None:
            raise UnknownMention(f"incident {incident_id} does not show the mention {mention!r}")
        fresh = self._fresh(incident.topic, incident_id, sample, mood, by)
        async with self._store.begin() as unit:
            known = await unit.directive(fresh.id)
            if isinstance(known, MoodLabel):
                if known.mood == mood:
                    return known
                fresh = msgspec.structs.replace(fresh, revision=known.revision + 1)
            was = tone_of(sample.polarity, UNSCORED)
            text = f"{person(by)}: {wording.plain(sample.key)} is {mood}; it was read as {was}"
            entry = DirectiveEntry(fresh.id, self._clock.now(), "mood.labelled", person(by), text)
            expected = known.revision if isinstance(known, MoodLabel) else None
            await unit.keep(fresh, [entry], expected_revision=expected)
        return fresh

    async def labels(self, limit: int = MAX_LISTED) -> tuple[MoodLabel, ...]:
        """The newest labels first."""
        found = await self._store.directives("mood", limit=limit)
        return tuple(one for one in found if isinstance(one, MoodLabel))

    def _fresh(self, topic: str, incident_id: str, sample: Sample, mood: Mood, by: str) -> MoodLabel:
        now = self._clock.now()
        digest = hashlib.blake2b(f"{topic}|{sample.key}".encode(), digest_size=8).hexdigest()
        return MoodLabel(
            id=f"mood_{digest}",
            topic=topic,
            incident=incident_id,
            mention=sample.key,
            text=sample.text,
            mood=mood,
            author=person(by),
            created_at=now,
            ends_at=now,
            read=sample.polarity,
            lang=sample.lang,
            author_number=sample.author_number,
        )
