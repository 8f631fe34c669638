"""What can be set about acts that come in from chats and pagers: who is who, and how a caller proves that it is one."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, HttpUrl, SecretStr, model_validator

from alerting.oncall_settings import PolicyName, Zone
from alerting.tier_settings import QuietHoursSettings
from streams.section import Section


class PersonRole(StrEnum):
    """What somebody may do from a chat or a pager."""

    RESPONDER = "responder"


class PersonSettings(Section):
    """Somebody who may act on incidents from a chat or a pager.

    Attributes:
        name: Stands in timelines and messages as who did it.
        slack: The member id in Slack, `U0123456789`: in the profile, under "Copy member ID".
        pagerduty: The user id in PagerDuty, `PABC123`: the end of the profile's address.
        roles: `responder` may acknowledge and resolve; without it a button answers privately and does nothing.
        pages_per_hour: Of how many incidents an hour this person is paged one by one, over all receivers that name
            them; what comes on top goes out as a digest.
        receivers: Over which this person is called. Without any, over every receiver that names nobody else under
            its `people`.
        email: As calendars name this person.
        time_zone: In which this person's quiet hours are meant.
        quiet_hours: When this person is not paged, over any receiver that calls nobody else.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    slack: Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{2,30}$")] | None = None
    pagerduty: Annotated[str, Field(pattern=r"^[A-Z0-9]{3,30}$")] | None = None
    roles: tuple[PersonRole, ...] = ()
    pages_per_hour: Annotated[int, Field(ge=1, le=10_000)] | None = None
    receivers: tuple[PolicyName, ...] = ()
    email: Annotated[str, Field(min_length=3, max_length=254)] | None = None
    time_zone: Zone = "UTC"
    quiet_hours: QuietHoursSettings | None = None


class SlackAppSettings(Section):
    """The Slack app whose buttons act. With a signing secret over HTTP, with an app-level token over Socket Mode.

    Attributes:
        signing_secret: The app's signing secret; `POST /inbound/slack` then takes what people press.
        signing_secret_file: A file that holds it.
        app_token: An app-level token (`xapp-`, `connections:write`): a connection that we open brings what people
            press, so that no port has to be reached from outside.
        app_token_file: A file that holds it.
        api_url: Where Slack's web API is.
    """

    signing_secret: SecretStr | None = None
    signing_secret_file: Path | None = None
    app_token: SecretStr | None = None
    app_token_file: Path | None = None
    api_url: HttpUrl = HttpUrl("https://slack.com/api/")

    @property
    def hears(self) -> bool:
        """Whether buttons get here at all."""
        named = (self.signing_secret, self.signing_secret_file, self.app_token, self.app_token_file)
        return any(value is not None for value in named)

    @model_validator(mode="after")
    def _one_of_each(self) -> "SlackAppSettings":
        if self.signing_secret is not None and self.signing_secret_file is not None:
            raise ValueError("needs at most one of signing_secret and signing_secret_file")
        if self.app_token is not None and self.app_token_file is not None:
            raise ValueError("needs at most one of app_token and app_token_file")
        return self


class PagerDutyHooksSettings(Section):
    """PagerDuty's webhooks (v3) about incidents that we opened there.

    Attributes:
        secrets: Signing secrets of the webhook subscriptions; one that fits is enough, so that a new one can be added
            before the old one goes.
        secret_files: Files that hold such secrets.
    """

    secrets: Annotated[tuple[SecretStr, ...], Field(max_length=20)] = ()
    secret_files: Annotated[tuple[Path, ...], Field(max_length=20)] = ()

    @property
    def hears(self) -> bool:
        """Whether webhooks are taken at all."""
        return bool(self.secrets or self.secret_files)


class NtfyButtonsSettings(Section):
    """The buttons of ntfy messages that we sent.

    Attributes:
        secret: What `act_secret` of the notifiers is; `POST /inbound/ntfy` then takes what people press.
        secret_file: A file that holds it.
    """

    secret: Annotated[SecretStr, Field(min_length=16)] | None = None
    secret_file: Path | None = None

    @property
    def hears(self) -> bool:
        """Whether buttons get here at all."""
        return self.secret is not None or self.secret_file is not None

    @model_validator(mode="after")
    def _at_most_one(self) -> "NtfyButtonsSettings":
        if self.secret is not None and self.secret_file is not None:
            raise ValueError("needs at most one of secret and secret_file")
        return self


class CaseHooksSettings(Section):
    """The ticket system's own webhooks about cases, signed as Standard Webhooks ask; no API key is needed then.

    Attributes:
        secrets: Signing secrets, `whsec_` and base64 or any other text; `POST /inbound/cases` then takes what is signed
            with one of them.
        secret_files: Files that hold such secrets.
    """

    secrets: Annotated[tuple[SecretStr, ...], Field(max_length=20)] = ()
    secret_files: Annotated[tuple[Path, ...], Field(max_length=20)] = ()

    @property
    def hears(self) -> bool:
        """Whether webhooks are taken at all."""
        return bool(self.secrets or self.secret_files)


class InboundSettings(Section):
    """Acts that come in from chats and pagers."""

    slack: SlackAppSettings = SlackAppSettings()
    pagerduty: PagerDutyHooksSettings = PagerDutyHooksSettings()
    ntfy: NtfyButtonsSettings = NtfyButtonsSettings()
    cases: CaseHooksSettings = CaseHooksSettings()
