"""The score stage: mentions in, partial counts and watermarks out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.counted import Counted, same_topics
from streams.errors import InvalidMention
from streams.id_index import IdIndex, hash64
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.own_accounts import marked_as_ours
from streams.sentiment.base import Scorer
from streams.settings import KafkaSettings, ScoreSettings, TimeSettings
from streams.stages.arrivals import Arrivals
from streams.stages.base import Restored
from streams.stages.dead_letters import DeadLetters
from streams.stages.description import Description
from streams.stages.forgotten import Forgotten
from streams.stages.heard import Heard
from streams.stages.mention_polarity import polarities_of
from streams.stages.mention_time import event_time, is_history
from streams.stages.packing import Packing
from streams.stages.partial_sums import PartialSums
from streams.stages.public_replies import PublicReplies
from streams.stages.sample_gate import SampleGate
from streams.stages.sampling import engagement_of, reach_of, seq_of, short_name
from streams.stages.score_canaries import ScoreCanaries, without_canaries
from streams.stages.score_state import ScoreState
from streams.stages.source_clock import SourceClock
from streams.stages.tracked_topics import TrackedTopics


class ScoreStage:
    """Folds one input partition into signed deltas per topic and event second.

    Event time is `published_at`, but never after the broker accepted the record: nobody speaks after he was heard. A
    mention that was older than the grace period already when it was ingested counts at `ingested_at`, flagged
    `delayed`. All versions of a mention count once: a repeated or older `seq`, or none, changes nothing; a newer one
    replaces the old at the original second; `delete` subtracts. A version of an unknown mention counts as its first, a
    deletion of one does nothing. Terms, authors and samples of what was replaced or deleted stay: they are approximate.

    Records with a header `history` load the past: they count when they were published and their partials are flagged.

    Where the topics change, mentions counted before stay with the topics they were counted for: their corrections are
    subtracted there, or nowhere if that topic is gone. A partial carries the revision in force when it was counted.

    Which mentions were counted, and how far event time had come, goes into a changelog with every write, so a restart
    changes nothing that is decided.

    Args:
        source: The input partition.
        sources: How many input partitions there are in all.
        partials_partitions: How many partitions the partials topic has; each gets every watermark.
    """

    def __init__(
        self,
        *,
        matcher: TopicMatcher,
        scorer: Scorer,
        kafka: KafkaSettings,
        time: TimeSettings,
        settings: ScoreSettings,
        source: Partition,
        sources: int,
        partials_partitions: int,
    ) -> None:
        self._tracked = TrackedTopics(matcher)
        self._scorer = scorer
        self._grace_ms = round(time.grace_seconds * 1000)
        self._settings = settings
        self._clock = SourceClock(str(source), sources, time)
        self._index = IdIndex(settings.index_mentions, settings.index_seconds)
        self._state = ScoreState(kafka.score_state, self._index, self._clock, reach=settings.index_mentions)
        self._dead_letters = DeadLetters(kafka.dead_letters, settings.dead_letter_share)
        self._sums: dict[tuple[str, int, bool, bool], PartialSums] = {}
        self._gate = SampleGate()
        self._packing = Packing(kafka.partials, partials_partitions)
        self._arrivals = Arrivals()
        self._canaries = ScoreCanaries(self._packing, scorer, sources, partials_partitions)
        self._replies = PublicReplies(kafka.replies, settings, scorer)
        self._forgotten = Forgotten()
        self._read = self._matched = self._duplicate = self._partials = 0

    @property
    def watermark_ms(self) -> int | None:
        """Up to here everything is counted, milliseconds since 1970; None before the first mention."""
        return self._clock.reached_ms

    def counts(self) -> dict[str, int]:
        """Totals since the stage was made."""
        return {
            "read": self._read,
            "matched": self._matched,
            "duplicate": self._duplicate,
            "dead_lettered": self._dead_letters.total,
            "partials": self._partials,
            "canaries": self._canaries.total,
        }

    def restore(self, changelog: Sequence[Record], committed: int | None) -> Restored:
        """Load what was counted and how far event time had come; see `ScoreState.restore`."""
        return self._state.restore(changelog, committed)

    def adopt(self, matcher: TopicMatcher, removed: Mapping[str, int]) -> None:
        """Count for these topics from now on; what was counted before goes out under the revisions of then.

        Args:
            removed: Topics that are gone, with the revision of their removal.
        """
        self._pack_partials()
        self._gate.clear()
        for definition in self._tracked.adopt(matcher, removed):
            self._packing.add(definition.topic, codec.encode_definition(definition))

    def erase(self, authors: frozenset[int], fresh: frozenset[int]) -> None:
        """Show none of these authors' mentions from now on; the next stage is told to forget the fresh ones."""
        self._forgotten.learn(authors, fresh)

    def replay(self, records: Sequence[Record]) -> None:
        """Remember what was counted already, and how far event time had come."""
        newest: int | None = None
        for one in self._heard(without_canaries(records), refuse=False):
            event_ms, delayed = event_time(one.mention, one.record, grace_ms=self._grace_ms)
            newest = event_ms if newest is None else max(newest, event_ms)
            self._take_in(one, event_ms, delayed=delayed)
        self._sums.clear()
        self._matched = self._duplicate = 0
        if newest is not None:
            self._clock.saw(newest, None)

    def fold(self, records: Sequence[Record], now: datetime) -> None:
        """Count new records.

        Raises:
            TooManyDeadLetters: More than the allowed share of recent records cannot be read.
        """
        records = self._canaries.let_fly(records)
        self._read += len(records)
        newest: int | None = None
        for one in self._heard(records, refuse=True):
            mention = one.mention
            event_ms, delayed = event_time(mention, one.record, grace_ms=self._grace_ms)
            if not is_history(one.record):
                self._arrivals.count(mention.platform)
                if mention.parent_id or mention.quote_of or mention.op == "delete" or marked_as_ours(mention):
                    self._replies.hear(mention, event_ms, self._forgotten.authors, polarity=one.polarity)
            if newest is None or event_ms > newest:
                newest = event_ms
                if self._clock.leaps(event_ms):
                    self._cut(event_ms, now)
            self._take_in(one, event_ms, delayed=delayed)
        if records:
            self._clock.saw(newest, now)

    def flush(self, now: datetime, *, at_end: bool) -> list[Outgoing]:
        """Partial counts and dead letters since the last flush; once a second a watermark for every partition."""
        self._pack_partials()
        if self._clock.is_due(now):
            self._pack_watermark(now, at_end=at_end)
        return [*self._dead_letters.take(), *self._replies.take(), *self._packing.take()]

    def _cut(self, event_ms: int, now: datetime) -> None:
        """Let event time pass between what was counted so far and what comes."""
        self._pack_partials()
        self._clock.saw(event_ms, now)
        self._pack_watermark(now, at_end=False)

    def _pack_partials(self) -> None:
        sums, self._sums = self._sums, {}
        for (topic, second, history, _), growing in sums.items():
            revision = self._tracked.revision(topic)
            if revision is None:
                continue  # corrections of what was counted for a topic that is gone
            own_words = self._tracked.own_words(topic)
            partial = growing.partial(topic, revision, second, history=history, own_words=own_words)
            if partial is not None:
                self._partials += self._tracked.put(partial, self._packing)

    def _pack_watermark(self, now: datetime, *, at_end: bool) -> None:
        watermark = self._clock.watermark(now, at_end=at_end)
        if watermark.event_ms is not None:
            watermark = msgspec.structs.replace(watermark, arrivals=self._arrivals.take())
        self._packing.add_everywhere(codec.encode_watermark(self._forgotten.told_with(watermark)))

    def changes(self, next_offset: int) -> list[Outgoing]:
        """What was counted since the last call, and how far event time has come."""
        return self._state.changes(next_offset)

    is_saving = False

    def snapshot_slice(self, next_offset: int) -> list[Outgoing]:  # noqa: ARG002
        """Nothing: every write carries what changed."""
        return []

    snapshot = snapshot_slice

    def _heard(self, records: Sequence[Record], *, refuse: bool) -> Iterator[Heard]:
        read: list[tuple[Record, Mention]] = []
        for record in records:
            try:
                read.append((record, codec.decode_mention(record.value)))
            except InvalidMention as exc:
                if refuse:
                    self._dead_letters.refuse(record, exc.reason)
            else:
                if refuse:
                    self._dead_letters.readable()
        return Heard.all_of(read, matcher=self._tracked.matcher, scorer=self._scorer)

    def _take_in(self, one: Heard, event_ms: int, *, delayed: bool) -> None:
        mention, topics = one.mention, one.topics
        if not topics and mention.seq is None and mention.op != "delete":
            return  # it replaces nothing
        key = mention.key
        known = self._index.get(key)
        if known is None:
            if topics and mention.op != "delete":
                self._matched += 1
                self._count(one, key, event_ms, event_ms // 1000, delayed=delayed, known=None)
        elif mention.op == "delete":
            self._delete(mention, key, known, one.record)
        elif mention.seq is not None and (known.seq is None or seq_of(mention.seq) > known.seq):
            self._count(one, key, event_ms, known.second, delayed=known.delayed, known=known)
        else:
            self._duplicate += 1

    def _delete(self, mention: Mention, key: str, known: Counted, record: Record) -> None:
        if mention.seq is not None and known.seq is not None and seq_of(mention.seq) <= known.seq:
            self._duplicate += 1
            return
        self._subtract(known, record, hash64(key), "deleted")
        seq = known.seq if mention.seq is None else seq_of(mention.seq)
        gone = Counted(seq, known.second, (), None, 0, 0, known.delayed, known.history, known.platform, None, None)
        self._index.put(key, gone)

    def _subtract(self, known: Counted, record: Record, number: int, fate: str) -> None:
        by_topic = known.polarities
        for at, topic in enumerate(known.topics):
            growing = self._grow(topic, known, record)
            growing.count(known, -1, known.polarity if by_topic is None else by_topic[at])
            if fate:
                growing.change(number, deleted=fate == "deleted")

    def _count(self, one: Heard, key: str, event_ms: int, second: int, *, delayed: bool, known: Counted | None) -> None:
        record, mention, topics, polarity = one
        by_topic = None
        if len(topics) > 1:
            by_topic = polarities_of(mention, topics, matcher=self._tracked.matcher, scorer=self._scorer)
        region = mention.country or mention.region
        counted = Counted(
            None if mention.seq is None else seq_of(mention.seq),
            second,
            same_topics(tuple([topic.id for topic in topics])),
            polarity,
            reach_of(mention),
            engagement_of(mention),
            delayed,
            known.history if known else is_history(record),
            short_name(mention.platform),
            short_name(region) if region else None,
            short_name(mention.lang) if mention.lang else None,
            by_topic,
        )
        if known is not None:
            # versions mostly count likes anew; a text that was rewritten reads differently
            self._subtract(known, record, hash64(key), "amended" if known.polarity != polarity else "")
        self._index.put(key, counted)
        description: Description | None = None
        for at, topic in enumerate(counted.topics):
            if by_topic is not None and by_topic[at] != polarity:
                polarity, description = by_topic[at], None
            growing = self._grow(topic, counted, record)
            growing.count(counted, 1, polarity)
            if known is not None and topic in known.topics:
                continue  # described when it was first counted
            description = description or Description(
                mention, key, event_ms, polarity, self._settings, self._forgotten.authors
            )
            description.add_to(growing, self._gate, (topic, second, counted.history))

    def _grow(self, topic: str, counted: Counted, record: Record) -> PartialSums:
        place = topic, counted.second, counted.history, counted.delayed
        growing = self._sums.get(place)
        if growing is None:
            growing = self._sums[place] = PartialSums()
        growing.accepted_ms = max(growing.accepted_ms, record.timestamp_ms)
        return growing
