"""One incident for people without an account: what is going on and what is known, and no way to anything else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from alerting.api.problems import Problem
from alerting.api.rate_limit import RateLimit
from alerting.console.page import Pages
from alerting.console.situation import situation
from alerting.curves import curve_of
from alerting.errors import UnknownIncident
from alerting.incidents.model import Incident
from alerting.incidents.situation_link import SituationLink
from alerting.incidents.store import Store
from alerting.notifiers.act_tokens import ActToken, opened, sealed
from streams.clock import Clock

PATH: Final = "/s/"
PER_MINUTE: Final = 60

_SHOW: Final = "show"

log = structlog.get_logger(__name__)


class LinkTokens:
    """What stands in the address of a link: the incident, the link and its end, signed.

    Args:
        keys: The last one signs, all of them open; none turns links off.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def address(self, incident: Incident, link: SituationLink) -> str:
        """The path that opens it."""
        token = ActToken(incident.id, _SHOW, link.id, int(link.until.timestamp()))
        return f"{PATH}{sealed(token, self._keys[-1])}"

    def read(self, text: str, now: datetime) -> ActToken | None:
        """The token; None for what is not ours, or over."""
        found = (opened(text, key, now) for key in self._keys)
        return next((token for token in found if token is not None and token.act == _SHOW), None)


def situation_router(store: Store, clock: Clock, pages: Pages, tokens: LinkTokens) -> APIRouter:
    """`/s/{token}`. Whatever is wrong with a link, the answer is the same: it opens nothing."""
    router = APIRouter(include_in_schema=False)
    limit = RateLimit(PER_MINUTE, clock)

    @router.get(PATH + "{token}")
    async def show(request: Request, token: str) -> Response:
        address = request.client.host if request.client else "unknown"
        limit.take(address)
        now = clock.now()
        found = tokens.read(token, now)
        incident = await _opened(found.incident, found.person, now) if found is not None else None
        if found is None or incident is None:
            log.warning("situation.refused", address=address)
            raise Problem(404, "no-such-link", "This link shows nothing: it is over, was taken back, or never was.")
        log.info("situation.shown", incident=incident.id, link=found.person, address=address)
        until = datetime.fromtimestamp(found.until, now.tzinfo)
        html = pages.situation(view=situation(incident, await curve_of(store, incident, now), now, until=until))
        headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
        return HTMLResponse(html.encode("utf-8", "replace"), headers=headers)

    async def _opened(incident_id: str, link: str, now: datetime) -> Incident | None:
        try:
            incident = await store.get(incident_id)
        except UnknownIncident:
            return None
        known = next((one for one in incident.links if one.id == link), None)
        return incident if known is not None and known.opens(now) else None

    return router
