"""Traces through one stage: from the headers of what it takes in to the headers of what it writes."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from streams.broker.base import Outgoing, Record
from streams.stages.detect_output import place_of
from streams.tracing import TRACEPARENT, Span, Tracing, traceparent_in

_MOST_KNOWN: Final = 10_000


class LaneTraces(Protocol):
    """Follows what a stage takes in and puts out."""

    def took_in(self, records: Sequence[Record]) -> None:
        """These were folded."""
        ...

    def marked(self, outgoing: list[Outgoing]) -> list[Outgoing]:
        """What is to be written, with the places of the spans that led to it."""
        ...


class ScoreTraces:
    """One span for each write: what was folded since the last one leaves as packs, and they carry its place on.

    It continues the first mention with a place of its own; where none has one, it begins a trace.
    """

    def __init__(self, tracing: Tracing, partials: str) -> None:
        self._tracing, self._partials = tracing, partials
        self._folding: Span | None = None
        self._records = 0

    def took_in(self, records: Sequence[Record]) -> None:
        """The span begins with the first of them."""
        if self._folding is None:
            parent = next((one for record in records if (one := traceparent_in(record.headers))), "")
            self._folding = self._tracing.begin("score", parent, partition=str(records[0].partition))
        self._records += len(records)

    def marked(self, outgoing: list[Outgoing]) -> list[Outgoing]:
        """Every pack of partial counts carries the span's place; the span ends."""
        if self._folding is None or not any(record.kafka_topic == self._partials for record in outgoing):
            return outgoing
        header = (TRACEPARENT, self._folding.traceparent.encode())
        self._folding.end(records=self._records)
        self._folding, self._records = None, 0
        return [_with(record, header) if record.kafka_topic == self._partials else record for record in outgoing]


class DetectTraces:
    """One span for each detection, under that of the pack that decided it."""

    def __init__(self, tracing: Tracing, detections: str) -> None:
        self._tracing, self._detections = tracing, detections
        self._places: dict[int, str] = {}

    def took_in(self, records: Sequence[Record]) -> None:
        """Remember where each came from, until it is written what followed from it."""
        for record in records:
            if place := traceparent_in(record.headers):
                self._places[record.offset] = place
        while len(self._places) > _MOST_KNOWN:
            del self._places[next(iter(self._places))]

    def marked(self, outgoing: list[Outgoing]) -> list[Outgoing]:
        """Every detection carries the place of a span of its own."""
        marked = [self._marked(record) if record.kafka_topic == self._detections else record for record in outgoing]
        self._places.clear()
        return marked

    def _marked(self, record: Outgoing) -> Outgoing:
        decided_at = place_of(record.headers)
        parent = self._places.get(decided_at[1], "") if decided_at else ""
        if not parent:
            return record
        span = self._tracing.begin("detect", parent, topic=(record.key or b"").decode("utf-8", "replace"))
        span.end()
        return _with(record, (TRACEPARENT, span.traceparent.encode()))


def _with(record: Outgoing, header: tuple[str, bytes]) -> Outgoing:
    return msgspec.structs.replace(record, headers=(*record.headers, header))
