"""How each receiver of an incident is told: paged, notified, in a digest, later, or not at all. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.digests import put_off
from alerting.incidents import wording
from alerting.incidents.delivery import Delivery
from alerting.incidents.group import Grouping
from alerting.incidents.model import PAGES, Incident, Severity, Transition
from alerting.incidents.quieted import Held, Quieted
from alerting.receivers import Receivers
from alerting.routing.routes import Stop
from alerting.settings import Settings
from alerting.tier_settings import ChronicSettings, Tier
from streams.events import Direction

DIGEST_SECONDS: Final = 14_400.0
# What a group tells together; a call of an escalation is due when it is due.
_FIRST: Final = frozenset({Transition.OPENED, Transition.REOPENED, Transition.NOTIFIED})


class Way(msgspec.Struct, frozen=True):
    """How one receiver is told.

    Attributes:
        wait_seconds: How long its first message waits for the incident to show its size.
        asleep_until: When its quiet hours end, if they keep it from being paged.
        grouping: With which others it hears of the incident; None where by itself. A SEV1 waits for nobody.
    """

    receiver: str
    tier: Tier = Tier.PAGE
    wait_seconds: float = 0.0
    asleep_until: datetime | None = None
    grouping: Grouping | None = None

    @property
    def pages_now(self) -> bool:
        """Whether it is woken."""
        return self.tier is Tier.PAGE and self.asleep_until is None


class Addressing:
    """Tiers by harm, chronic topics, quiet hours, and what nobody owns.

    Args:
        chronic: The rule; None makes no topic chronic.
        owners: Who may own something; None takes every name.
        unowned: The receiver that is told of what nobody owns.
        digest_seconds: How often digests of that tier go out.
    """

    def __init__(
        self,
        receivers: Receivers,
        *,
        chronic: ChronicSettings | None = None,
        owners: frozenset[str] | None = None,
        unowned: str | None = None,
        digest_seconds: float = DIGEST_SECONDS,
    ) -> None:
        self._receivers = receivers
        self.chronic: Final = chronic
        self._owners = owners
        self._unowned = unowned
        self._digest_seconds = digest_seconds

    def way(self, stop: Stop, incident: Incident, now: datetime) -> Way:
        """How the stop's receiver is told of the incident."""
        tier = stop.tier(incident.severity)
        calmed = self.chronic is not None and incident.severity.value not in self.chronic.wakes_for
        if tier is Tier.PAGE and incident.quieted.chronic and calmed:
            tier = Tier.DIGEST
        asleep = self.asleep_until(stop.receiver, incident.severity, now) if tier is Tier.PAGE else None
        worst = incident.severity is Severity.SEV1
        grouping = None if worst or asleep is not None or tier is Tier.DIGEST else stop.grouping
        wait = 0.0 if worst else stop.group_wait_seconds
        return Way(stop.receiver, tier, wait, asleep, grouping)

    def asleep_until(self, receiver: str, severity: Severity, now: datetime) -> datetime | None:
        """When the receiver's quiet hours end; None where it may be paged now."""
        quiet = self._receivers.policy(receiver).quiet
        return None if quiet is None else quiet.until(severity, now)

    def since(self, now: datetime) -> datetime | None:
        """From when on a topic's incidents count for whether it is chronic; None where none does."""
        return None if self.chronic is None else now - timedelta(days=self.chronic.days)

    def judged(self, incident: Incident, opened: int) -> Incident:
        """With what makes its topic chronic, if that many incidents of it opened before."""
        if self.chronic is None or opened < self.chronic.incidents:
            return incident
        name = wording.plain(incident.topic_name) or "The topic"
        text = (
            f"{name} is chronic: it opened {opened} incidents in {self.chronic.days} days, so this one goes into a"
            f" digest; {' and '.join(self.chronic.wakes_for) or 'nothing'} pages all the same"
        )
        return msgspec.structs.replace(incident, quieted=msgspec.structs.replace(incident.quieted, chronic=text))

    def unowned(self, incident: Incident) -> str:
        """Why somebody is told that nobody owns it; empty where somebody does, and for feeds, which nobody says."""
        if incident.direction is Direction.QUIET or self._unowned is None:
            return ""
        name = wording.plain(incident.topic_name) or "this topic"
        if not incident.owner:
            return f"Nobody owns {name}: give its topic an owner."
        if self._owners is not None and incident.owner not in self._owners:
            return f"{wording.plain(incident.owner, 60)}, who is to own {name}, is not among the owners."
        return ""

    @property
    def unowned_receiver(self) -> str:
        """Who is told of what nobody owns; empty where nobody is."""
        return self._unowned or ""

    @staticmethod
    def heard_as(change: Transition, way: Way | None) -> Transition:
        """A page that is not to wake is a notification."""
        calm = way is not None and way.tier is not Tier.PAGE and change in PAGES
        return Transition.NOTIFIED if calm else change

    def timed(self, delivery: Delivery, way: Way | None, now: datetime) -> Delivery:
        """The first message to this receiver, at its time: in a digest, after its quiet hours, or with its group."""
        if way is not None and way.tier is Tier.DIGEST and delivery.change is Transition.NOTIFIED:
            return put_off(delivery, now, self._digest_seconds)
        if way is not None and way.asleep_until is not None and delivery.change in PAGES:
            return msgspec.structs.replace(delivery, next_attempt_at=max(delivery.next_attempt_at, way.asleep_until))
        if way is not None and way.grouping is not None and delivery.change in _FIRST:
            return msgspec.structs.replace(delivery, group=way.grouping)
        return delivery

    @staticmethod
    def noted(quieted: Quieted, ways: Sequence[Way], paged: Sequence[str]) -> Quieted:
        """With who is not paged now, and without who is."""
        for receiver in paged:
            quieted = quieted.without(receiver)
        calm = [way for way in ways if not way.pages_now and way.receiver not in paged]
        for way in calm:
            quieted = quieted.without(way.receiver)
        held = tuple(Held(way.receiver, way.asleep_until) for way in calm)
        return msgspec.structs.replace(quieted, held=(*quieted.held, *held))


def addressing_from(settings: Settings, receivers: Receivers) -> Addressing:
    """As the configuration says."""
    return Addressing(
        receivers,
        chronic=settings.chronic,
        owners=frozenset(owner.name for owner in settings.owners) if settings.owners else None,
        unowned=settings.unowned.receiver or settings.route.receiver,
        digest_seconds=settings.delivery.tier_digest_seconds,
    )
