"""How the brand answered in public, over HTTP."""

from pydantic import BaseModel, ConfigDict

from alerting.api.utc_time import UtcTime


class PublicAnswersAnswer(BaseModel):
    """Counted over the mentions that the incident keeps as samples; `unanswered_share` is a share of those.

    `first_at` is when the first of them was answered, null while none is.
    """

    model_config = ConfigDict(from_attributes=True)

    asked: int
    answered: int
    unanswered_share: float
    first_at: UtcTime | None
