"""Reports of weeks: as JSON, as Markdown, as a page."""

from collections.abc import Callable
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from alerting.api.gate import caller_of
from alerting.api.markdown import EITHER, MEDIA_TYPE, markdown, wants_markdown
from alerting.api.problems import REFUSALS, Problem
from alerting.api.sessions import Sessions
from alerting.api.week_answers import WeeklyReportAnswer
from alerting.console.page import Pages
from alerting.console.pulse import Pulse
from alerting.console.week import week_view
from alerting.reports.iso_week import IsoWeek
from alerting.reports.weekly import WeeklyReport
from alerting.reports.weekly_text import weekly_text
from alerting.weeks import Weeks

Named = Annotated[
    str | None, Query(pattern=r"^[0-9]{4}-W[0-9]{2}$", description="As 2026-W48; the last whole week.", max_length=8)
]
Zoned = Annotated[
    str | None, Query(max_length=64, description="By its name in the tz database; as the configuration says.")
]
_PROMISED: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}}


def weeks_router(weeks: Weeks, *, sessions: Sessions, pages: Pages, pulse: Callable[[], Pulse]) -> APIRouter:
    """`/api/v1/reports/weekly`, the same with `.md`, and the page `/reports/weekly`."""
    router = APIRouter()

    def chosen(week: str | None, zone: str | None) -> IsoWeek:
        try:
            if zone is not None:
                ZoneInfo(zone)
            return weeks.week(week, zone)
        except (ZoneInfoNotFoundError, OSError) as exc:
            raise Problem(422, "invalid-request", f"There is no time zone {zone!r}.") from exc
        except ValueError as exc:
            raise Problem(422, "invalid-request", f"{str(exc)[:1].upper()}{str(exc)[1:]}.") from exc

    @router.get(
        "/api/v1/reports/weekly", tags=["reports"], response_model=WeeklyReportAnswer, responses=REFUSALS | EITHER
    )
    async def report_week(request: Request, response: Response, week: Named = None, zone: Zoned = None) -> Any:
        """Pages, false ones, promises kept, how long things took and what drove them, in one week.

        Of a week that is not over what is known so far. With `Accept: text/markdown` as Markdown.
        """
        report = await weeks.report(chosen(week, zone))
        if wants_markdown(request):
            return _document(report)
        response.headers["Vary"] = "Accept"
        return WeeklyReportAnswer.model_validate(report)

    @router.get("/api/v1/reports/weekly.md", tags=["reports"], response_class=Response, responses=REFUSALS | _PROMISED)
    async def report_week_as_markdown(week: Named = None, zone: Zoned = None) -> Response:
        """The same as Markdown: what mentions said in it is escaped, and its links lead nowhere."""
        return _document(await weeks.report(chosen(week, zone)))

    @router.get("/reports/weekly", include_in_schema=False)
    async def week_page(request: Request, week: Named = None, zone: Zoned = None) -> Response:
        session = caller_of(request).session
        wanted = chosen(week, zone)
        html = pages.week(
            view=week_view(await weeks.report(wanted), wanted),
            pulse=pulse(),
            csrf=sessions.csrf_token(session) if session else "",
        )
        return HTMLResponse(html.encode("utf-8", "replace"))

    return router


def _document(report: WeeklyReport) -> Response:
    return markdown(weekly_text(report), f"week-{report.week}.md")
