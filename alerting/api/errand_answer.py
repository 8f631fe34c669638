"""What another system was told, as the API answers it."""

from pydantic import BaseModel, ConfigDict

from alerting.api.utc_time import UtcTime
from alerting.directives.errand import ErrandState, Hook


class ErrandAnswer(BaseModel):
    """One event for one hook, and whether it arrived."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    hook: Hook
    event: str
    state: ErrandState
    attempts: int
    sent_at: UtcTime | None
    reason: str | None
