"""The part of the store that answers why something was decided."""

from collections.abc import Sequence

from alerting.incidents.sql import decision_queries
from alerting.incidents.sql.database import Database
from streams.events import Detection


class DecisionReading:
    """See `alerting.incidents.store.Store`."""

    def __init__(self, database: Database) -> None:
        self._decided_in = database

    async def decision(self, detection_id: str) -> Detection | None:
        """A detection as it was taken in; None where there is none, or where it was forgotten."""
        return await self._decided_in.read(decision_queries.by_id, detection_id)

    async def decisions(self, episodes: Sequence[str]) -> tuple[Detection, ...]:
        """The detections of these episodes, oldest first."""
        return await self._decided_in.read(decision_queries.of_episodes, episodes)
