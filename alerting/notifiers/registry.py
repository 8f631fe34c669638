"""The table of notifiers: what stands as `type` in the configuration, and what it builds."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import SecretStr

from alerting.inbound_settings import PersonSettings
from alerting.notifier_settings import (
    EmailSettings,
    LogSettings,
    NotifierSettings,
    NtfySettings,
    PagerDutySettings,
    SlackSettings,
    TeamsSettings,
    WebhookSettings,
)
from alerting.notifiers.base import Notifier
from alerting.notifiers.egress import Egress
from alerting.notifiers.email import EmailNotifier
from alerting.notifiers.log import LogNotifier
from alerting.notifiers.ntfy import NtfyNotifier
from alerting.notifiers.pagerduty import PagerDutyNotifier
from alerting.notifiers.pagerduty_rest import PagerDutyRest
from alerting.notifiers.smtp import MailServer
from alerting.notifiers.teams import TeamsNotifier
from alerting.notifiers.webhook import WebhookNotifier
from alerting.settings import ReceiverSettings
from streams.clock import Clock
from streams.errors import InvalidConfig
from streams.secret import read_secret

Factory = Callable[[NotifierSettings, Clock, Egress], Notifier]


def build(settings: NotifierSettings, *, clock: Clock, egress: Egress) -> Notifier:
    """The notifier that these settings describe, its secrets read. Connects nowhere yet; `close` it in the end.

    Args:
        egress: Where it may connect to.

    Raises:
        InvalidConfig: A secret cannot be read or cannot be one; names the file, never the secret.
    """
    return NOTIFIERS[settings.type](settings, clock, egress)


def build_all(
    receivers: Sequence[ReceiverSettings], *, clock: Clock, egress: Egress, people: Sequence[PersonSettings] = ()
) -> dict[str, list[Notifier]]:
    """The notifiers of every receiver by its name, as `build` makes them.

    Args:
        people: Whom vendors know by ids of their own.

    Raises:
        InvalidConfig: Of all of them at once.
    """
    built: dict[str, list[Notifier]] = {}
    problems: list[str] = []
    for receiver in receivers:
        built[receiver.name] = []
        for index, notifier in enumerate(receiver.notifiers):
            try:
                built[receiver.name].append(build(_knowing(notifier, people), clock=clock, egress=egress))
            except InvalidConfig as exc:
                problems.extend(f"receiver {receiver.name}: notifiers.{index}: {problem}" for problem in exc.problems)
    if problems:
        raise InvalidConfig(tuple(problems))
    return built


def _knowing(settings: NotifierSettings, people: Sequence[PersonSettings]) -> NotifierSettings:
    """The settings with everybody's id at that vendor."""
    if not isinstance(settings, PagerDutySettings):
        return settings
    known = {person.name: person.pagerduty for person in people if person.pagerduty is not None}
    return settings.model_copy(update={"users": known | settings.users})


def _slack(settings: NotifierSettings, clock: Clock, egress: Egress) -> Notifier:
    if not isinstance(settings, SlackSettings):
        raise TypeError(f"expected SlackSettings, got {type(settings).__name__}")
    from alerting.notifiers.slack import SlackNotifier  # noqa: PLC0415 - Slack's client takes 3 MiB

    token = read_secret(settings.token, settings.token_file, name="token")
    return SlackNotifier(
        channel=settings.channel,
        token=token,
        api_url=str(settings.api_url),
        clock=clock,
        egress=egress,
        buttons=settings.buttons,
        charts=settings.charts,
    )


def _pagerduty(settings: NotifierSettings, clock: Clock, egress: Egress) -> Notifier:
    if not isinstance(settings, PagerDutySettings):
        raise TypeError(f"expected PagerDutySettings, got {type(settings).__name__}")
    key = read_secret(settings.routing_key, settings.routing_key_file, name="routing_key")
    rest: PagerDutyRest | None = None
    if settings.api_from is not None:
        rest = PagerDutyRest(
            api_url=str(settings.api_url),
            token=read_secret(settings.api_token, settings.api_token_file, name="api_token"),
            sender=settings.api_from,
            clock=clock,
            egress=egress,
        )
    return PagerDutyNotifier(
        routing_key=key,
        service=settings.service,
        events_url=str(settings.events_url),
        clock=clock,
        egress=egress,
        rest=rest,
        users=settings.users,
    )


def _webhook(settings: NotifierSettings, clock: Clock, egress: Egress) -> Notifier:
    if not isinstance(settings, WebhookSettings):
        raise TypeError(f"expected WebhookSettings, got {type(settings).__name__}")
    secret = read_secret(settings.secret, settings.secret_file, name="secret")
    more = [read_secret(value, None, name="more_secrets") for value in settings.more_secrets]
    more += [read_secret(None, file, name="more_secret") for file in settings.more_secret_files]
    try:
        return WebhookNotifier(url=str(settings.url), secret=secret, clock=clock, egress=egress, more=more)
    except ValueError as exc:
        where = "secret" if settings.secret_file is None else f"secret_file {settings.secret_file}"
        raise InvalidConfig((f"{where}: {exc}",)) from None


def _teams(settings: NotifierSettings, clock: Clock, egress: Egress) -> Notifier:
    if not isinstance(settings, TeamsSettings):
        raise TypeError(f"expected TeamsSettings, got {type(settings).__name__}")
    url = read_secret(settings.url, settings.url_file, name="url")
    return TeamsNotifier(url=url, name=settings.name, clock=clock, egress=egress)


def _email(settings: NotifierSettings, clock: Clock, egress: Egress) -> Notifier:  # noqa: ARG001 - one shape for all
    if not isinstance(settings, EmailSettings):
        raise TypeError(f"expected EmailSettings, got {type(settings).__name__}")
    wanted = settings.username is not None
    server = MailServer(
        host=settings.host,
        port=settings.port,
        security=settings.security,
        username=settings.username,
        password=read_secret(settings.password, settings.password_file, name="password") if wanted else None,
        egress=egress,
    )
    return EmailNotifier(server, sender=settings.sender, recipients=settings.to)


def _ntfy(settings: NotifierSettings, clock: Clock, egress: Egress) -> Notifier:
    if not isinstance(settings, NtfySettings):
        raise TypeError(f"expected NtfySettings, got {type(settings).__name__}")
    return NtfyNotifier(
        url=str(settings.url),
        topic=read_secret(settings.topic, settings.topic_file, name="topic"),
        token=_optional(settings.token, settings.token_file, name="token"),
        name=settings.name,
        clock=clock,
        egress=egress,
        person=settings.person,
        act_key=(_optional(settings.act_secret, settings.act_secret_file, name="act_secret") or "").encode() or None,
    )


def _optional(value: SecretStr | None, file: Path | None, *, name: str) -> str | None:
    return None if value is None and file is None else read_secret(value, file, name=name)


def _log(settings: NotifierSettings, clock: Clock, egress: Egress) -> Notifier:  # noqa: ARG001 - one shape for all
    if not isinstance(settings, LogSettings):
        raise TypeError(f"expected LogSettings, got {type(settings).__name__}")
    return LogNotifier()


NOTIFIERS: Final[Mapping[str, Factory]] = MappingProxyType(
    {
        "slack": _slack,
        "pagerduty": _pagerduty,
        "webhook": _webhook,
        "teams": _teams,
        "email": _email,
        "ntfy": _ntfy,
        "log": _log,
    }
)
