"""Canaries on their way through the detect stage."""

from datetime import UTC, datetime

from streams.canary import CANARY
from streams.events import Detection, Direction, Evidence, PartialCount, Phase
from streams.settings import DetectSettings, TimeSettings
from streams.stages.topic_watch import TopicWatch
from streams.topic import Topic
from streams.windows import MINUTE


class DetectCanaries:
    """Counts, judges and learns canaries as it would any topic's mentions, and lets each of them fly on.

    What the models say of them is dropped; that they came so far is what is told. It is kept in no snapshot and
    teaches no other topic.

    Attributes:
        total: Flights since the stage was made.
    """

    def __init__(self, time: TimeSettings, detect: DetectSettings) -> None:
        topic = Topic(CANARY, "Canary", CANARY, brand=CANARY)
        self._watch = TopicWatch(topic, time=time, detect=detect)
        self.total = 0

    def take(self, partial: PartialCount, now: int | None) -> Detection | None:
        """The flight's detection; None of a partial count that carries none.

        Args:
            now: Event time of the partition, whole seconds since 1970; None before it began.
        """
        self._watch.add(partial, now)
        if now is not None:
            self._watch.tick(now)
        flight = partial.canary
        if flight is None:
            return None
        self.total += 1
        at = datetime.fromtimestamp(partial.second, UTC)
        expected, low, high = self._watch.expected(MINUTE) or (0.0, 0.0, 0.0)
        return Detection(
            id=f"{CANARY}{flight.round}-{flight.source}-{flight.target}",
            episode=f"{CANARY}{flight.round}",
            sequence=0,
            topic=CANARY,
            topic_revision=partial.revision,
            detector=CANARY,
            phase=Phase.OPENED,
            direction=Direction.VIRAL,
            at=at,
            onset=at,
            score=0.0,
            false_pages_per_week=0.0,
            evidence=Evidence(
                observed=partial.tally.mentions, expected=expected, low=low, high=high, window_seconds=MINUTE
            ),
            accepted_ms=partial.accepted_ms,
            canary=flight,
        )
