"""Everybody who can be told, as the configuration says, and the watchdog outside."""

from alerting.heartbeat import Heartbeat
from alerting.metrics import AlertingMetrics
from alerting.notifiers.base import Notifier
from alerting.notifiers.egress import Egress
from alerting.notifiers.registry import build_all
from alerting.receivers import Receivers, policies_of
from alerting.settings import Settings
from streams.canary import CANARY
from streams.clock import Clock


def receivers_from(settings: Settings, clock: Clock, metrics: AlertingMetrics, egress: Egress) -> Receivers:
    """Their notifiers, built; close them in the end.

    Raises:
        InvalidConfig: A secret cannot be read or cannot be one.
    """
    notifiers: dict[str, list[Notifier]] = build_all(
        settings.receivers, clock=clock, egress=egress, people=settings.people
    )
    notifiers[CANARY] = [Heartbeat(settings.canary, clock, metrics, egress)]
    return Receivers(notifiers, policies_of(settings.receivers, settings.people))
