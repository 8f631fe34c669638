"""Links to one incident for people without an account: made, listed and taken back over HTTP."""

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from alerting.api.etags import IfMatch, revision_of
from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS
from alerting.api.situation import LinkTokens, situation_router
from alerting.api.utc_time import UtcTime
from alerting.api.work import WorksOnIncidents
from alerting.console.page import Pages
from alerting.incidents.model import Incident
from alerting.incidents.situation_link import LONGEST_LINK, SituationLink
from alerting.incidents.store import Store
from alerting.incidents.work import Share, Unshare
from streams.clock import Clock

LONGEST_HOURS = LONGEST_LINK.total_seconds() / 3600


class LinkBody(BaseModel):
    """For how long it opens the incident."""

    model_config = ConfigDict(extra="forbid")

    hours: Annotated[float, Field(gt=0, le=LONGEST_HOURS)] = 24.0


class LinkAnswer(BaseModel):
    """One link; `path` is to be opened where people reach the console, null once it opens nothing."""

    id: str
    by: str
    made_at: UtcTime
    until: UtcTime
    revoked_at: UtcTime | None
    path: str | None


def link_routers(
    store: Store, clock: Clock, acts: WorksOnIncidents, pages: Pages, tokens: LinkTokens
) -> tuple[APIRouter, ...]:
    """Where links are made, and what they open; nothing where there are no keys to sign them."""
    if not tokens:
        return ()
    return links_router(store, clock, acts, tokens), situation_router(store, clock, pages, tokens)


def links_router(store: Store, clock: Clock, acts: WorksOnIncidents, tokens: LinkTokens) -> APIRouter:
    """`/api/v1/incidents/{incident_id}/links`."""
    router = APIRouter(prefix="/api/v1/incidents/{incident_id}/links", tags=["incidents"], responses=REFUSALS)

    def answer(incident: Incident, link: SituationLink) -> LinkAnswer:
        return LinkAnswer(
            id=link.id,
            by=link.by,
            made_at=link.made_at,
            until=link.until,
            revoked_at=link.revoked_at,
            path=tokens.address(incident, link) if link.opens(clock.now()) else None,
        )

    @router.get("")
    async def list_links(incident_id: str) -> list[LinkAnswer]:
        """Links that were made for it, oldest first."""
        incident = await store.get(incident_id)
        return [answer(incident, link) for link in incident.links]

    @router.post("", status_code=201)
    async def make_link(
        incident_id: str, request: Request, body: LinkBody | None = None, if_match: IfMatch = None
    ) -> LinkAnswer:
        """A read-only page of this incident for whoever has the link: no names, no mentions, nothing else of Tocsin."""
        name = secrets.token_hex(8)
        until = (clock.now() + timedelta(hours=(body or LinkBody()).hours)).replace(microsecond=0)
        by, expected = caller_of(request).name, revision_of(if_match)
        incident = await acts.perform(incident_id, Share(name, until), by=by, expected_revision=expected)
        return answer(incident, next(link for link in incident.links if link.id == name))

    @router.delete("/{link}", status_code=204)
    async def take_link_back(incident_id: str, link: str, request: Request, if_match: IfMatch = None) -> None:
        """It opens nothing any more, at once. Again is 204 again."""
        by, expected = caller_of(request).name, revision_of(if_match)
        await acts.perform(incident_id, Unshare(link), by=by, expected_revision=expected)

    return router
