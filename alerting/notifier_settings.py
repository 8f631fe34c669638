"""What can be set about one notifier of a receiver."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, HttpUrl, SecretStr, model_validator

from streams.settings import Section


class SlackSettings(Section):
    """A Slack channel, written to with a bot token (`chat:write`).

    To find its own message after an answer was lost it needs `channels:history`, in a private channel
    `groups:history`, and the channel's id instead of its name. Without them such a message may come twice.
    """

    type: Literal["slack"]
    channel: Annotated[str, Field(min_length=1, max_length=100)]
    token: SecretStr | None = None
    token_file: Path | None = None
    api_url: HttpUrl = HttpUrl("https://slack.com/api/")
    buttons: bool = False

    @model_validator(mode="after")
    def _one_token(self) -> "SlackSettings":
        if (self.token is None) == (self.token_file is None):
            raise ValueError("needs exactly one of token and token_file")
        return self


class PagerDutySettings(Section):
    """A PagerDuty service, reached by its Events v2 integration key."""

    type: Literal["pagerduty"]
    routing_key: SecretStr | None = None
    routing_key_file: Path | None = None
    service: str = "PagerDuty"
    events_url: HttpUrl = HttpUrl("https://events.pagerduty.com/v2/enqueue")

    @model_validator(mode="after")
    def _one_key(self) -> "PagerDutySettings":
        if (self.routing_key is None) == (self.routing_key_file is None):
            raise ValueError("needs exactly one of routing_key and routing_key_file")
        return self


class WebhookSettings(Section):
    """An HTTP endpoint that gets every transition, signed as Standard Webhooks ask."""

    type: Literal["webhook"]
    url: Annotated[HttpUrl, Field(repr=False)]
    secret: SecretStr | None = None
    secret_file: Path | None = None

    @model_validator(mode="after")
    def _one_secret(self) -> "WebhookSettings":
        if (self.secret is None) == (self.secret_file is None):
            raise ValueError("needs exactly one of secret and secret_file")
        return self


class LogSettings(Section):
    """The service's own log; always works, wakes nobody."""

    type: Literal["log"]


NotifierSettings = Annotated[
    SlackSettings | PagerDutySettings | WebhookSettings | LogSettings, Field(discriminator="type")
]
