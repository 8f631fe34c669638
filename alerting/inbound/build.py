"""What comes in, put together from the configuration."""

from dataclasses import dataclass

from alerting.inbound.front_desk import ActsOnce, FrontDesk
from alerting.inbound.people import People
from alerting.inbound.slack_replies import SlackReplies
from alerting.inbound.slack_socket import SlackSocket
from alerting.metrics import AlertingMetrics
from alerting.notifiers.egress import Egress
from alerting.notifiers.webhook import signing_key
from alerting.settings import Settings
from alerting.teams import Teams
from streams.clock import Clock
from streams.errors import InvalidConfig
from streams.secret import read_secret


@dataclass(frozen=True, slots=True, repr=False)
class Inbound:
    """The parts that take in acts from chats and pagers; holds secrets, and shows none.

    Attributes:
        slack_secret: Slack's signing secret; None takes nothing over HTTP.
        pagerduty_secrets: Of the webhook subscriptions; empty takes nothing.
        ntfy_key: Of the buttons on ntfy messages; None takes nothing.
        case_keys: Of the ticket system's webhooks; empty takes nothing.
        slack_socket: To be run; None where Socket Mode is not set up.
    """

    desk: FrontDesk
    replies: SlackReplies
    slack_secret: str | None = None
    pagerduty_secrets: tuple[str, ...] = ()
    ntfy_key: bytes | None = None
    slack_socket: SlackSocket | None = None
    case_keys: tuple[bytes, ...] = ()


def build_inbound(
    settings: Settings, *, acts: ActsOnce, clock: Clock, egress: Egress, metrics: AlertingMetrics
) -> Inbound:
    """As `people` and `inbound` in the configuration say. Connects nowhere yet.

    Raises:
        InvalidConfig: A secret cannot be read or cannot be one.
    """
    slack, pagerduty, ntfy = settings.inbound.slack, settings.inbound.pagerduty, settings.inbound.ntfy
    api_url = str(slack.api_url)
    desk = FrontDesk(acts, People(settings.people), metrics, Teams(settings.teams))
    replies = SlackReplies(api_url=api_url, clock=clock, egress=egress)
    socket = None
    if slack.app_token is not None or slack.app_token_file is not None:
        socket = SlackSocket(
            app_token=read_secret(slack.app_token, slack.app_token_file, name="app_token"),
            api_url=api_url,
            desk=desk,
            replies=replies,
            clock=clock,
            egress=egress,
            metrics=metrics,
        )
    signing = None
    if slack.signing_secret is not None or slack.signing_secret_file is not None:
        signing = read_secret(slack.signing_secret, slack.signing_secret_file, name="signing_secret")
    return Inbound(
        desk=desk,
        replies=replies,
        slack_secret=signing,
        pagerduty_secrets=(
            *(read_secret(secret, None, name="secrets") for secret in pagerduty.secrets),
            *(read_secret(None, file, name="secret") for file in pagerduty.secret_files),
        ),
        ntfy_key=read_secret(ntfy.secret, ntfy.secret_file, name="secret").encode() if ntfy.hears else None,
        slack_socket=socket,
        case_keys=_case_keys(settings),
    )


def _case_keys(settings: Settings) -> tuple[bytes, ...]:
    cases = settings.inbound.cases
    try:
        return (
            *(signing_key(read_secret(secret, None, name="secrets")) for secret in cases.secrets),
            *(signing_key(read_secret(None, file, name="secret")) for file in cases.secret_files),
        )
    except ValueError as exc:
        raise InvalidConfig((f"inbound.cases: {exc}",)) from exc
