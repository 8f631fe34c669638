"""Reviews of incidents: as JSON, as Markdown, as a page."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from alerting.api.gate import caller_of
from alerting.api.markdown import EITHER, MEDIA_TYPE, markdown, wants_markdown
from alerting.api.problems import REFUSALS
from alerting.api.review_answers import ReviewAnswer
from alerting.api.sessions import Sessions
from alerting.console.page import Pages
from alerting.console.pulse import Pulse
from alerting.console.retrospect import review_view
from alerting.reports.review import Review
from alerting.reports.review_text import review_text
from alerting.reviews import Reviews
from streams.clock import Clock


def reviews_router(
    reviews: Reviews, clock: Clock, *, sessions: Sessions, pages: Pages, pulse: Callable[[], Pulse]
) -> APIRouter:
    """`/api/v1/incidents/{incident_id}/review`, the same with `.md`, and the page `/incidents/{incident_id}/review`."""
    router = APIRouter()

    @router.get(
        "/api/v1/incidents/{incident_id}/review",
        tags=["incidents"],
        response_model=ReviewAnswer,
        responses=REFUSALS | EITHER,
    )
    async def review_incident(incident_id: str, request: Request, response: Response) -> Any:
        """What is known of an incident afterwards: how long each step took, whether the fix held, what it was like.

        Of one that is not over what is known so far. With `Accept: text/markdown` as Markdown.
        """
        review = await reviews.of(incident_id)
        if wants_markdown(request):
            return _document(review)
        response.headers["Vary"] = "Accept"
        return ReviewAnswer.model_validate(review)

    @router.get(
        "/api/v1/incidents/{incident_id}/review.md",
        tags=["incidents"],
        response_class=Response,
        responses=REFUSALS | {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
    )
    async def review_incident_as_markdown(incident_id: str) -> Response:
        """The same as Markdown: what mentions said in it is escaped, and its links lead nowhere."""
        return _document(await reviews.of(incident_id))

    @router.get("/incidents/{incident_id}/review", include_in_schema=False)
    async def review_page(request: Request, incident_id: str) -> Response:
        now = clock.now()
        session = caller_of(request).session
        html = pages.review(
            view=review_view(await reviews.of(incident_id), now),
            pulse=pulse(),
            csrf=sessions.csrf_token(session) if session else "",
            now=now,
        )
        return HTMLResponse(html.encode("utf-8", "replace"))

    return router


def _document(review: Review) -> Response:
    return markdown(review_text(review), f"review-{review.id}.md")
