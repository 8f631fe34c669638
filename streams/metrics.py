"""Every Prometheus metric of the stream side, declared once."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.broker.base import Outgoing, Partition
from streams.readiness import Readiness
from streams.stages.base import Stage

_COMMIT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)
_RESTORE_BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 300)


@runtime_checkable
class Counting(Protocol):
    """A stage that counts what it does."""

    def counts(self) -> Mapping[str, int]:
        """Totals since the stage was made, by name; they never fall."""
        ...


@runtime_checkable
class Delayed(Protocol):
    """A stage that knows how far its event time has come."""

    @property
    def watermark_ms(self) -> int | None:
        """Up to here everything is counted, milliseconds since 1970; None while unknown."""
        ...


class StreamMetrics:
    """The stream side's metrics in one registry.

    Labels are bounded by what an operator configures: groups, Kafka topics, partitions, phases; never by what stands
    in mentions.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.mentions_read = Counter(
            "tocsin_mentions_read", "Mentions read from Kafka, readable or not.", registry=registry
        )
        self.mentions_matched = Counter(
            "tocsin_mentions_matched", "Mentions that belong to at least one topic.", registry=registry
        )
        self.mentions_duplicate = Counter(
            "tocsin_mentions_duplicate", "Mentions that were counted before and changed nothing.", registry=registry
        )
        self.mentions_late = Counter(
            "tocsin_mentions_late", "Mentions that came after their window had become final.", registry=registry
        )
        self.mentions_dead_lettered = Counter(
            "tocsin_mentions_dead_lettered", "Records that could not be read as mentions.", registry=registry
        )
        self.partials_written = Counter(
            "tocsin_partials_written", "Partial counts written for the detect stage.", registry=registry
        )
        self.windows_written = Counter("tocsin_windows_written", "Window counts written.", registry=registry)
        self.detections = Counter(
            "tocsin_detections", "Detections written, by phase of the episode.", ["phase"], registry=registry
        )
        self.commits = Counter(
            "tocsin_commits", "Commits of records with their position.", ["group"], registry=registry
        )
        self.records_written = Counter(
            "tocsin_records_written", "Records written in commits.", ["group"], registry=registry
        )
        self.commit_seconds = Histogram(
            "tocsin_commit_seconds", "How long a commit took.", ["group"], buckets=_COMMIT_BUCKETS, registry=registry
        )
        self.restore_seconds = Histogram(
            "tocsin_restore_seconds",
            "How long taking over a partition took.",
            ["group"],
            buckets=_RESTORE_BUCKETS,
            registry=registry,
        )
        self.lag_records = Gauge(
            "tocsin_lag_records",
            "Records between our position and the end of the partition.",
            ["group", "kafka_topic", "partition"],
            registry=registry,
        )
        self.watermark_delay_seconds = Gauge(
            "tocsin_watermark_delay_seconds",
            "How far event time is behind processing time.",
            ["group", "kafka_topic", "partition"],
            registry=registry,
        )
        self.ready = Gauge(
            "tocsin_stream_ready",
            "1 while assignment is held and state restored, else 0.",
            ["group"],
            registry=registry,
        )
        self._by_count = {
            "mentions_read": self.mentions_read,
            "mentions_matched": self.mentions_matched,
            "mentions_duplicate": self.mentions_duplicate,
            "mentions_late": self.mentions_late,
            "mentions_dead_lettered": self.mentions_dead_lettered,
            "partials_written": self.partials_written,
            "windows_written": self.windows_written,
        }
        self._seen: dict[tuple[str, Partition], tuple[Counting, dict[str, int]]] = {}

    def committed(
        self, group: str, partition: Partition, stage: Stage, outgoing: Sequence[Outgoing], *, seconds: float
    ) -> None:
        """A commit of `outgoing` succeeded after `seconds`; take over what the stage counted meanwhile."""
        self.commits.labels(group).inc()
        self.records_written.labels(group).inc(len(outgoing))
        self.commit_seconds.labels(group).observe(seconds)
        if isinstance(stage, Counting):
            self._take_counts(group, partition, stage)

    def _take_counts(self, group: str, partition: Partition, stage: Counting) -> None:
        """Counters of a stage begin at 0 when the partition is taken over; those of Prometheus go on."""
        owner, seen = self._seen.get((group, partition), (None, {}))
        if owner is not stage:
            seen = {}
        counts = dict(stage.counts())
        for name, total in counts.items():
            counter = self._by_count.get(name)
            if counter is not None:
                counter.inc(max(0, total - seen.get(name, 0)))
        self._seen[group, partition] = (stage, counts)

    def lag(self, group: str, partition: Partition, records: int | None) -> None:
        """Records between our position and the partition's end; None while unknown."""
        if records is not None:
            self.lag_records.labels(group, partition.kafka_topic, str(partition.number)).set(records)

    def forget(self, group: str, partition: Partition) -> None:
        """The partition is with somebody else, who reports about it from now on."""
        self._seen.pop((group, partition), None)
        for gauge in (self.lag_records, self.watermark_delay_seconds):
            gauge.remove(group, partition.kafka_topic, str(partition.number))

    def show_readiness(self, group: str, readiness: Readiness) -> None:
        """Where the group's member in this process stands."""
        self.ready.labels(group).set(1 if readiness.is_ready else 0)
