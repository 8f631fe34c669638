"""What can be set about one notifier of a receiver."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, HttpUrl, SecretStr, model_validator

from streams.section import Section

_ADDRESS: Final = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$"


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
    charts: bool = False

    @model_validator(mode="after")
    def _one_token(self) -> "SlackSettings":
        if (self.token is None) == (self.token_file is None):
            raise ValueError("needs exactly one of token and token_file")
        return self


class PagerDutySettings(Section):
    """A PagerDuty service, reached by its Events v2 integration key.

    With a REST API key and `api_from`, the e-mail address of a PagerDuty user, an incident that is assigned here is
    reassigned there. `users` holds PagerDuty's ids by name of those who do not stand under `people`.
    """

    type: Literal["pagerduty"]
    routing_key: SecretStr | None = None
    routing_key_file: Path | None = None
    service: str = "PagerDuty"
    events_url: HttpUrl = HttpUrl("https://events.pagerduty.com/v2/enqueue")
    api_token: SecretStr | None = None
    api_token_file: Path | None = None
    api_from: Annotated[str, Field(pattern=_ADDRESS)] | None = None
    api_url: HttpUrl = HttpUrl("https://api.pagerduty.com/")
    users: dict[str, Annotated[str, Field(pattern=r"^[A-Z0-9]{3,30}$")]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_key(self) -> "PagerDutySettings":
        if (self.routing_key is None) == (self.routing_key_file is None):
            raise ValueError("needs exactly one of routing_key and routing_key_file")
        if self.api_token is not None and self.api_token_file is not None:
            raise ValueError("needs at most one of api_token and api_token_file")
        if (self.api_token is not None or self.api_token_file is not None) != (self.api_from is not None):
            raise ValueError("an api_token acts in somebody's name: it needs api_from, and api_from needs it")
        return self


class WebhookSettings(Section):
    """An HTTP endpoint that gets every transition, signed as Standard Webhooks ask."""

    type: Literal["webhook"]
    url: Annotated[HttpUrl, Field(repr=False)]
    secret: SecretStr | None = None
    secret_file: Path | None = None
    more_secrets: Annotated[tuple[SecretStr, ...], Field(max_length=5)] = ()
    more_secret_files: Annotated[tuple[Path, ...], Field(max_length=5)] = ()

    @model_validator(mode="after")
    def _one_secret(self) -> "WebhookSettings":
        if (self.secret is None) == (self.secret_file is None):
            raise ValueError("needs exactly one of secret and secret_file")
        return self


class TeamsSettings(Section):
    """A Microsoft Teams channel, posted to through a workflow."""

    type: Literal["teams"]
    url: SecretStr | None = None
    url_file: Path | None = None
    name: Annotated[str, Field(min_length=1, max_length=100)] = "Teams"

    @model_validator(mode="after")
    def _one_url(self) -> "TeamsSettings":
        if (self.url is None) == (self.url_file is None):
            raise ValueError("needs exactly one of url and url_file")
        return self


class EmailSettings(Section):
    """People who are written to, by way of a mail server."""

    type: Literal["email"]
    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    security: Literal["starttls", "implicit", "none"] = "starttls"
    username: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    sender: Annotated[str, Field(pattern=_ADDRESS)]
    to: Annotated[tuple[Annotated[str, Field(pattern=_ADDRESS)], ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _login_is_whole(self) -> "EmailSettings":
        secrets = [self.password is not None, self.password_file is not None].count(True)
        if secrets != (1 if self.username is not None else 0):
            raise ValueError("needs exactly one of password and password_file where there is a username, else none")
        return self


class NtfySettings(Section):
    """A topic of an ntfy server."""

    type: Literal["ntfy"]
    url: HttpUrl = HttpUrl("https://ntfy.sh/")
    topic: SecretStr | None = None
    topic_file: Path | None = None
    token: SecretStr | None = None
    token_file: Path | None = None
    name: Annotated[str, Field(min_length=1, max_length=100)] = "ntfy"
    person: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    act_secret: Annotated[SecretStr, Field(min_length=16)] | None = None
    act_secret_file: Path | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> "NtfySettings":
        if (self.topic is None) == (self.topic_file is None):
            raise ValueError("needs exactly one of topic and topic_file")
        if self.token is not None and self.token_file is not None:
            raise ValueError("needs at most one of token and token_file")
        if self.act_secret is not None and self.act_secret_file is not None:
            raise ValueError("needs at most one of act_secret and act_secret_file")
        if self.person is None and (self.act_secret is not None or self.act_secret_file is not None):
            raise ValueError("a button needs a person, under whose name it acts")
        return self


class LogSettings(Section):
    """The service's own log; always works, wakes nobody."""

    type: Literal["log"]


NotifierSettings = Annotated[
    SlackSettings | PagerDutySettings | WebhookSettings | TeamsSettings | EmailSettings | NtfySettings | LogSettings,
    Field(discriminator="type"),
]
