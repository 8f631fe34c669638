"""What can be set about other systems that are told of what people decided."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, HttpUrl, SecretStr, model_validator

from streams.section import Section


class HookSettings(Section):
    """An HTTP endpoint that gets signed events, as Standard Webhooks ask."""

    url: Annotated[HttpUrl, Field(repr=False)]
    secret: SecretStr | None = None
    secret_file: Path | None = None

    @model_validator(mode="after")
    def _one_secret(self) -> "HookSettings":
        if (self.secret is None) == (self.secret_file is None):
            raise ValueError("needs exactly one of secret and secret_file")
        return self


class HooksSettings(Section):
    """Who is told of what people decided.

    Attributes:
        posts: Whoever publishes scheduled posts: told which to hold, and when they may go out again.
        customers: Whoever writes to customers: told what comms approved.
        cases: The ticket system: told which incident or mention a case belongs to, with the thread's id.
        hold_hours: How long a hold of scheduled posts lasts, unless somebody says otherwise.
    """

    posts: HookSettings | None = None
    customers: HookSettings | None = None
    cases: HookSettings | None = None
    hold_hours: Annotated[float, Field(gt=0, le=168)] = 12.0
