"""Why an incident wakes nobody, as the API answers it."""

from pydantic import BaseModel, ConfigDict

from alerting.api.utc_time import UtcTime
from alerting.incidents.muted import MuteKind


class MutedAnswer(BaseModel):
    """Why nobody, or not everybody, is woken for an incident.

    `source` is a silence's or notice's id, or a rule's name; `receivers` are those it holds for, empty means all.
    """

    model_config = ConfigDict(from_attributes=True)

    kind: MuteKind
    source: str
    because: str
    until: UtcTime | None
    receivers: tuple[str, ...]
