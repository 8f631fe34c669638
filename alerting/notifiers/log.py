"""The service's own log as a channel: always works, wakes nobody."""

import logging
from typing import Final

import structlog

from alerting.incidents.model import Severity, Transition
from alerting.notifiers.base import Message, Receipt
from alerting.notifiers.escaping import escape_log

log = structlog.get_logger()

_LEVELS: Final = {
    Severity.SEV1: logging.CRITICAL,
    Severity.SEV2: logging.ERROR,
    Severity.SEV3: logging.WARNING,
    Severity.SEV4: logging.INFO,
}
_CALM: Final = frozenset({Transition.ACKNOWLEDGED, Transition.RESOLVED, Transition.WITHDRAWN, Transition.PEAKED})
_MAX_DRIVERS: Final = 5


class LogNotifier:
    """One log line per change, as loud as the incident is bad. People's own words stay out of logs."""

    @property
    def kind(self) -> str:
        """`log`."""
        return "log"

    @property
    def destination(self) -> str:
        """The log."""
        return "the log"

    def wants(self, change: Transition) -> bool:
        """Every change; that something goes on is none."""
        return change not in {Transition.UNCHANGED, Transition.COUNTED}

    async def send(self, message: Message, *, reference: str | None, timeout_seconds: float) -> Receipt:  # noqa: ARG002
        """Write the line; cannot fail."""
        level = logging.INFO if message.change in _CALM else _LEVELS[message.severity]
        log.log(
            level,
            "notification",
            incident=escape_log(message.incident),
            revision=message.revision,
            change=message.change.value,
            severity=message.severity.value,
            direction=message.direction.value,
            topic=escape_log(message.topic),
            headline=escape_log(message.headline),
            why=escape_log(message.why),
            odds=escape_log(message.odds),
            owner=escape_log(message.owner) if message.owner else None,
            actor=escape_log(message.actor) if message.actor else None,
            drivers=[escape_log(driver.term, 80) for driver in message.drivers[:_MAX_DRIVERS]],
            url=escape_log(message.url) if message.url else None,
            test=message.test,
        )
        return Receipt(reference)

    async def close(self) -> None:
        """Nothing is held open."""
