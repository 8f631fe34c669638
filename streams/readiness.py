"""May traffic and hopes rest on this role?"""

from enum import StrEnum


class Readiness(StrEnum):
    """Where a stream role stands; the value is the reason that people read."""

    STARTING = "starting: Kafka has not answered yet"
    NO_TOPICS = "waiting for the topics; the alert role declares those of the configuration"
    WAITING = "waiting for the consumer group to assign partitions"
    RESTORING = "restoring the state of assigned partitions"
    READY = "ready"
    STANDBY = "ready: every partition is with another member of the group"
    UNAVAILABLE = "Kafka does not answer; retrying"
    STALLED = "a partition has work and does not move; taking it over anew"
    STOPPED = "stopped"

    @property
    def is_ready(self) -> bool:
        """Assignment held and the state of every assigned partition restored."""
        return self in {Readiness.READY, Readiness.STANDBY}
