"""Every Prometheus metric of the stream side, declared once."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.broker.base import Partition
from streams.readiness import Readiness
from streams.stage_reading import StageReading

_COMMIT_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)
_RESTORE_BUCKETS: Final = (0.1, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 300)
_COUNTS: Final = {
    "mentions_read": "Mentions read from Kafka, readable or not.",
    "mentions_matched": "Mentions that belong to at least one topic.",
    "mentions_duplicate": "Mentions that were counted before and changed nothing.",
    "mentions_dead_lettered": "Records that could not be read as mentions.",
    "partials_written": "Partial counts written for the detect stage.",
    "mentions_late": "Mentions that came after their minute was final: counted and corrected, not learned from.",
    "mentions_lost": "Mentions that came when their minute was no longer kept: no window could be corrected.",
    "partials_read": "Partial counts taken in by the detect stage.",
    "partials_of_unknown_topics": "Partial counts of topics that the configuration does not know; counted and ignored.",
    "history_ignored": "Partial counts of the past for topics that were live already; ignored.",
    "windows_written": "Window counts written.",
}
_CANARIES: Final = "canaries"


class StreamMetrics:
    """The stream side's metrics in one registry.

    Labels are bounded by what an operator configures: groups, Kafka topics, partitions, phases; never by what stands
    in mentions. What a stage counted shows up with the commit that made it last.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counters = {name: Counter(f"tocsin_{name}", text, registry=registry) for name, text in _COUNTS.items()}
        self._detections = Counter(
            "tocsin_detections", "Detections written, by phase of the episode.", ["phase"], registry=registry
        )
        self._commits = Counter(
            "tocsin_commits", "Commits of records with their position.", ["group"], registry=registry
        )
        self._stalls = Counter(
            "tocsin_stalls",
            "Partitions taken over anew because they had work and did not move.",
            ["group"],
            registry=registry,
        )
        self._records_written = Counter(
            "tocsin_records_written", "Records written in commits.", ["group"], registry=registry
        )
        self._commit_seconds = Histogram(
            "tocsin_commit_seconds", "How long a commit took.", ["group"], buckets=_COMMIT_BUCKETS, registry=registry
        )
        self._takeovers = Counter(
            "tocsin_takeovers",
            "Partitions taken over: with state that was still known, or restored.",
            ["group", "state"],
            registry=registry,
        )
        self._rebuilds = Counter(
            "tocsin_state_rebuilds",
            "Parts of stored state that could not be read and were built anew from the input.",
            ["group"],
            registry=registry,
        )
        self._restore_seconds = Histogram(
            "tocsin_restore_seconds",
            "How long taking over a partition took.",
            ["group"],
            buckets=_RESTORE_BUCKETS,
            registry=registry,
        )
        by_partition = ["group", "kafka_topic", "partition"]
        self._lag = Gauge(
            "tocsin_lag_records",
            "Records between our position and the end of the partition.",
            by_partition,
            registry=registry,
        )
        self._delay = Gauge(
            "tocsin_watermark_delay_seconds",
            "How far event time is behind processing time.",
            by_partition,
            registry=registry,
        )
        self._canary_passed = Gauge(
            "tocsin_canary_passed_timestamp_seconds",
            "When a canary last came through this partition, seconds since 1970.",
            by_partition,
            registry=registry,
        )
        self._ready = Gauge(
            "tocsin_stream_ready",
            "1 while assignment is held and state restored, else 0.",
            ["group"],
            registry=registry,
        )

    def committed(self, group: str, *, records: int, seconds: float) -> None:
        """A commit of `records` records took `seconds`."""
        self._commits.labels(group).inc()
        self._records_written.labels(group).inc(records)
        self._commit_seconds.labels(group).observe(seconds)

    def stalled(self, group: str, *, partitions: int) -> None:
        """So many partitions had work and did not move."""
        self._stalls.labels(group).inc(partitions)

    def restored(self, group: str, *, seconds: float) -> None:
        """Taking over a partition took `seconds`."""
        self._restore_seconds.labels(group).observe(seconds)

    def took_over(self, group: str, *, kept: bool) -> None:
        """A partition was taken over; its state was still known, or was restored."""
        self._takeovers.labels(group, "kept" if kept else "restored").inc()

    def rebuilt(self, group: str, *, states: int) -> None:
        """So many parts of stored state could not be read and were built anew."""
        self._rebuilds.labels(group).inc(states)

    def read(
        self, group: str, partition: Partition, reading: StageReading, *, since: StageReading, now: float | None
    ) -> None:
        """Take over what a stage did since an earlier reading of it.

        Args:
            now: Up to then, seconds since 1970; None where the partition is with somebody else by now, who reports how
                far it has come.
        """
        seen = since.totals
        for name, total in reading.totals.items():
            counter = self._counters.get(name)
            if counter is not None:
                counter.inc(max(0, total - seen.get(name, 0)))
        for phase, count in reading.phases.items():
            self._detections.labels(phase).inc(count)
        if now is None:
            return
        if reading.totals.get(_CANARIES, 0) > seen.get(_CANARIES, 0):
            self._canary_passed.labels(group, partition.kafka_topic, str(partition.number)).set(now)
        if reading.event_seconds is not None:
            delay = self._delay.labels(group, partition.kafka_topic, str(partition.number))
            delay.set(now - reading.event_seconds)

    def lag(self, group: str, partition: Partition, records: int | None) -> None:
        """Records between our position and the partition's end; None while unknown."""
        if records is not None:
            self._lag.labels(group, partition.kafka_topic, str(partition.number)).set(records)

    def lags(self, kafka_topic: str) -> dict[str, int]:
        """Records between our position and the end of each partition of that Kafka topic that is ours, by its name."""
        return {
            f"{kafka_topic}-{sample.labels['partition']}": int(sample.value)
            for family in self._lag.collect()
            for sample in family.samples
            if sample.labels["kafka_topic"] == kafka_topic
        }

    def forget(self, group: str, partition: Partition) -> None:
        """The partition is with somebody else, who reports about it from now on."""
        for gauge in (self._lag, self._delay, self._canary_passed):
            gauge.remove(group, partition.kafka_topic, str(partition.number))

    def show_readiness(self, group: str, readiness: Readiness) -> None:
        """Where the group's member in this process stands."""
        self._ready.labels(group).set(1 if readiness.is_ready else 0)
