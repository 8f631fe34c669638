"""Everything over HTTP that is about silences, notices and their like."""

from collections.abc import Callable, Iterator

from fastapi import APIRouter

from alerting.api.alertmanager import alertmanager_router
from alerting.api.casework import cases_router, drafts_router
from alerting.api.notices import notices_router
from alerting.api.post_holds import post_holds_router
from alerting.api.sessions import Sessions
from alerting.api.silences import silences_router
from alerting.api.standing_pages import standing_pages_router
from alerting.console.page import Pages
from alerting.console.pulse import Pulse
from alerting.directive_parts import DirectiveParts
from alerting.incidents.store import Store
from streams.clock import Clock


def directive_routers(
    parts: DirectiveParts,
    store: Store,
    clock: Clock,
    *,
    sessions: Sessions,
    pages: Pages,
    pulse: Callable[[], Pulse],
) -> Iterator[APIRouter]:
    """The routers, in the order in which the reference lists them."""
    yield silences_router(parts.silences, clock)
    yield notices_router(parts.notices, clock)
    yield drafts_router(parts.customer_notes)
    yield post_holds_router(parts.holds, clock)
    yield cases_router(parts.cases)
    names = [receiver.name for receiver in parts.settings.receivers]
    yield alertmanager_router(parts.silences, store, parts.settings.route, names, clock)
    yield standing_pages_router(parts, clock, sessions=sessions, pages=pages, pulse=pulse)
