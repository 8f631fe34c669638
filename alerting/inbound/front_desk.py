"""Carries out what linked people ask for from chats and pagers."""

from typing import Protocol

import structlog

from alerting.brand_scope import seeing
from alerting.errors import Stale, TransitionRefused, UnknownIncident
from alerting.inbound.people import People, may_act
from alerting.inbound.request import ActRequest, Ending, Reply, Vendor, Wish
from alerting.inbound_settings import PersonSettings
from alerting.incidents.model import Incident
from alerting.incidents.work import Act, Assign
from alerting.metrics import AlertingMetrics
from alerting.teams import Teams

log = structlog.get_logger(__name__)


class ActsOnce(Protocol):
    """Acts that a repeated request does not repeat."""

    async def acknowledge(self, incident_id: str, *, by: str, once: str | None = None) -> Incident:
        """Somebody takes it on."""
        ...

    async def resolve(self, incident_id: str, *, by: str, once: str | None = None) -> Incident:
        """Somebody says that it is over."""
        ...

    async def perform(self, incident_id: str, act: Act, *, by: str, once: str | None = None) -> Incident:
        """Somebody does one of the other acts."""
        ...


class FrontDesk:
    """Does what a linked person with the responder role asks for, once; everybody else gets a private answer.

    A person of a team finds incidents of its brands alone. The act goes down under the person's name of the
    configuration, never under one that a vendor's message claims.
    """

    def __init__(self, acts: ActsOnce, people: People, metrics: AlertingMetrics, teams: Teams | None = None) -> None:
        self._teams = teams or Teams()
        self._acts = acts
        self._people = people
        self._metrics = metrics

    async def serve(self, request: ActRequest) -> Reply:
        """Do it, or say why not.

        Raises:
            DatabaseUnavailable: Nothing was done; the same request may come again.
        """
        reply = await self._serve(request)
        self.count(request.vendor, reply.ending)
        return reply

    def count(self, vendor: Vendor, ending: Ending) -> None:
        """Note what became of something that came in."""
        self._metrics.inbound.labels(vendor.value, ending.value).inc()

    async def _serve(self, request: ActRequest) -> Reply:
        person = self._person(request.vendor, request.user)
        if person is None:
            log.warning("inbound.unlinked", vendor=request.vendor.value, user=request.user)
            return Reply(
                Ending.UNLINKED,
                f"Nothing was done: Tocsin does not know you. Ask its operator to link {request.user} to your name,"
                " under people in the configuration.",
            )
        if not may_act(person):
            return Reply(Ending.REFUSED, f"Nothing was done: {person.name} does not have the role responder.")
        assignee = person
        if request.wish is Wish.ASSIGN and request.assignee is not None:
            chosen = self._person(request.vendor, request.assignee)
            if chosen is None or not may_act(chosen):
                who = chosen.name if chosen else request.assignee
                return Reply(
                    Ending.REFUSED,
                    f"Nothing was done: {who} is not linked to a person with the role responder.",
                )
            assignee = chosen
        try:
            with seeing(self._teams.scope_of(person.name)):
                incident = await self._act(request, person, assignee)
        except UnknownIncident:
            return Reply(Ending.REFUSED, "Nothing was done: this incident is not there any more.")
        except TransitionRefused as refused:
            return Reply(Ending.REFUSED, f"Nothing was done: {refused}.")
        except Stale:
            return Reply(Ending.REFUSED, "Nothing was done: somebody changed it at this very moment. Look again.")
        return Reply(Ending.DONE, _somebody_else(request, person, incident))

    def _person(self, vendor: Vendor, user: str) -> PersonSettings | None:
        if vendor is Vendor.NTFY:
            return self._people.by_name(user)
        return self._people.by_slack(user) if vendor is Vendor.SLACK else self._people.by_pagerduty(user)

    async def _act(self, request: ActRequest, person: PersonSettings, assignee: PersonSettings) -> Incident:
        once = f"{request.vendor.value}:{request.id}"
        if request.wish is Wish.ASSIGN:
            return await self._acts.perform(request.incident, Assign(assignee.name), by=person.name, once=once)
        if request.wish is Wish.RESOLVE:
            return await self._acts.resolve(request.incident, by=person.name, once=once)
        return await self._acts.acknowledge(request.incident, by=person.name, once=once)


def _somebody_else(request: ActRequest, person: PersonSettings, incident: Incident) -> str | None:
    """Who was faster, where somebody was."""
    if request.wish is Wish.ASSIGN:
        return None
    who = incident.resolved_by if request.wish is Wish.RESOLVE else incident.acknowledged_by
    if who in {None, person.name}:
        return None
    done = "resolved" if request.wish is Wish.RESOLVE else "acknowledged"
    return f"{who} has {done} it already."
