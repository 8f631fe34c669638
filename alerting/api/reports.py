"""What is told afterwards, over HTTP and on pages."""

from collections.abc import Callable

from fastapi import APIRouter

from alerting.api.reviews import reviews_router
from alerting.api.sessions import Sessions
from alerting.api.weeks import weeks_router
from alerting.console.page import Pages
from alerting.console.pulse import Pulse
from alerting.reporting import Reporting
from streams.clock import Clock


def reports_router(
    reporting: Reporting, clock: Clock, *, sessions: Sessions, pages: Pages, pulse: Callable[[], Pulse]
) -> APIRouter:
    """Reviews of incidents and reports of weeks."""
    router = APIRouter()
    router.include_router(reviews_router(reporting.reviews, clock, sessions=sessions, pages=pages, pulse=pulse))
    router.include_router(weeks_router(reporting.weeks, sessions=sessions, pages=pages, pulse=pulse))
    return router
