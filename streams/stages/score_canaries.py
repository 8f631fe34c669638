"""Canaries on their way through the score stage."""

from collections.abc import Sequence
from typing import Final

from streams import codec
from streams.broker.base import Record
from streams.canary import CANARY, Canary, targets_of
from streams.counted import Counted
from streams.errors import InvalidMention
from streams.mention import Mention
from streams.sentiment.base import Scorer
from streams.stages.mention_polarity import polarity_of
from streams.stages.packing import Packing
from streams.stages.partial_sums import PartialSums
from streams.stages.sampling import short_name

_KEY: Final = f"{CANARY}:".encode()


def without_canaries(records: Sequence[Record]) -> Sequence[Record]:
    """The records that are no canaries; as they stand where none is."""
    if not any(record.key and record.key.startswith(_KEY) for record in records):
        return records
    return [record for record in records if not (record.key and record.key.startswith(_KEY))]


class ScoreCanaries:
    """Scores and folds a canary as it would any mention, for a topic that nobody tracks.

    It is no arrival of any feed, moves no event time, and is remembered nowhere. One that cannot be read goes nowhere,
    and is missed.

    Args:
        sources: How many partitions the mentions have.
        targets: How many the partials have.

    Attributes:
        total: Flights since the stage was made.
    """

    def __init__(self, packing: Packing, scorer: Scorer, sources: int, targets: int) -> None:
        self._packing, self._scorer = packing, scorer
        self._sources, self._targets = sources, targets
        self.total = 0

    def let_fly(self, records: Sequence[Record]) -> Sequence[Record]:
        """Put the canaries' partial counts where they fly on to; all other records."""
        others = without_canaries(records)
        if len(others) < len(records):
            for record in records:
                if record.key and record.key.startswith(_KEY):
                    self._take(record)
        return others

    def _take(self, record: Record) -> None:
        try:
            mention = codec.decode_mention(record.value)
        except InvalidMention:
            return
        source = record.partition.number
        second = round(mention.published_at.timestamp())
        polarity = polarity_of(mention, self._scorer)
        for target in targets_of(source, self._sources, self._targets):
            sums = PartialSums()
            sums.accepted_ms = record.timestamp_ms
            sums.count(_counted(mention, second, polarity), 1, polarity)
            flight = Canary(
                round=mention.thread_id or mention.id,
                sent_ms=round(mention.published_at.timestamp() * 1000),
                source=source,
                sources=self._sources,
                target=target,
                targets=self._targets,
            )
            partial = sums.partial(CANARY, 1, second, history=False, canary=flight)
            if partial is not None:
                self._packing.add_to(target, codec.encode_partial(partial))
        self.total += 1


def _counted(mention: Mention, second: int, polarity: float | None) -> Counted:
    return Counted(
        seq=None,
        second=second,
        topics=(CANARY,),
        polarity=polarity,
        reach=0,
        engagement=0,
        delayed=False,
        history=False,
        platform=short_name(mention.platform),
        region=None,
        lang=mention.lang,
    )
