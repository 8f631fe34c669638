"""From values to HTML: one method for each page, and for each part of a page that is replaced while it is open."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from alerting.charts.build import Zoom
from alerting.console import words
from alerting.console.calls_only import CallsOnly
from alerting.console.cards import IncidentCard, Moment, Reckoned, Told, TopicTile
from alerting.console.desk_forms import LINK_HOURS, DeskForms
from alerting.console.duty import DutyCard
from alerting.console.evidence_lines import DriverLine, PlaceLine, Quote
from alerting.console.feed_lines import FeedLine, LetterLine
from alerting.console.own_part_lines import OwnPartBlock
from alerting.console.pulse import Pulse
from alerting.console.report_pages import ReportPages
from alerting.console.situation import Situation
from alerting.console.standing import PreviewLines, StandingLine
from alerting.console.topic_board import BoardLine
from alerting.console.topic_form import TopicForm
from alerting.console.verdicts import Spoken
from alerting.console.watching import Rising
from alerting.fakes.inbox import InboxEntry
from alerting.incidents.silent_feed import SilentFeed
from alerting.incidents.wording import plain
from alerting.notifiers.escaping import one_line

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
LONGEST_CELL: Final = 600
LONGEST_QUERY: Final = 20_000


class Pages(ReportPages):
    """The console's pages. Everything that is not one of our drawings is escaped.

    Args:
        has_inbox: Whether the navigation leads to an inbox.
        may: Whether whoever looks may make such a request, by path and method: what they may not is not offered.
    """

    def __init__(self, *, has_inbox: bool, may: Callable[..., bool]) -> None:
        self._has_inbox = has_inbox
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters.update(
            harmless=lambda text: one_line(str(text), LONGEST_CELL),
            tidy=lambda text: plain(str(text), LONGEST_QUERY),
            tidy_lines=_tidy_lines,
            iso=lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}",
            clock=words.clock,
        )
        self._templates.globals.update(asset=_asset, may=may)

    def now(
        self,
        *,
        incidents: Sequence[IncidentCard],
        tiles: Sequence[TopicTile],
        resolved: Sequence[IncidentCard],
        feeds: Sequence[SilentFeed],
        rising: Sequence[Rising],
        calls_only: Sequence[CallsOnly],
        pulse: Pulse,
        csrf: str,
        now: datetime,
        fragment: bool = False,
    ) -> str:
        """Now: silent feeds, open incidents, the board, and what was resolved lately."""
        return self._render(
            "_now.html" if fragment else "now.html",
            here="now",
            incidents=incidents,
            tiles=tiles,
            resolved=resolved,
            feeds=feeds,
            rising=rising,
            calls_only=calls_only,
            pulse=pulse,
            csrf=csrf,
            now=now,
            fragment=fragment,
        )

    def incident(
        self,
        *,
        card: IncidentCard,
        zoom: Zoom,
        drivers: Sequence[DriverLine],
        places: Sequence[PlaceLine],
        insights: Sequence[tuple[str, str]],
        own_part: Sequence[OwnPartBlock],
        quotes: Sequence[Quote],
        moments: Sequence[Moment],
        told: Sequence[Told],
        reckonings: Sequence[Reckoned],
        spoken: Sequence[Spoken],
        takes_feedback: bool,
        excess: str,
        pulse: Pulse,
        csrf: str,
        now: datetime,
        fragment: bool = False,
    ) -> str:
        """One incident, with its evidence."""
        return self._render(
            "_incident.html" if fragment else "incident.html",
            here="incident",
            card=card,
            zoom=zoom,
            zooms=words.ZOOMS,
            drivers=drivers,
            places=places,
            insights=insights,
            own_part=own_part,
            quotes=quotes,
            moments=moments,
            told=told,
            reckonings=reckonings,
            spoken=spoken,
            takes_feedback=takes_feedback,
            excess=excess,
            pulse=pulse,
            csrf=csrf,
            now=now,
            fragment=fragment,
        )

    def work(self, *, forms: DeskForms, pulse: Pulse, csrf: str, sharing: bool = False) -> str:
        """The forms for everything that people do to an incident; with `sharing` links for strangers, too."""
        values = {"forms": forms, "pulse": pulse, "csrf": csrf, "sharing": sharing, "link_hours": LINK_HOURS}
        return self._render("work.html", here="work", **values)

    def situation(self, *, view: Situation) -> str:
        """One incident for people without an account; leads nowhere else."""
        return self._render("situation.html", here="situation", view=view)

    def topic(
        self,
        *,
        tile: TopicTile,
        owner: str,
        query: str,
        chart: Markup,
        wide_chart: Markup,
        incidents: Sequence[IncidentCard],
        spoken: Sequence[Spoken],
        effect: str,
        takes_feedback: bool,
        rising: Sequence[Rising],
        pulse: Pulse,
        csrf: str,
        now: datetime,
    ) -> str:
        """One topic: its curve over a day, and its incidents."""
        return self._render(
            "topic.html",
            here="topic",
            tile=tile,
            owner=owner,
            query=query,
            chart=chart,
            wide_chart=wide_chart,
            incidents=incidents,
            spoken=spoken,
            effect=effect,
            takes_feedback=takes_feedback,
            rising=rising,
            pulse=pulse,
            csrf=csrf,
            now=now,
        )

    def topics(self, *, lines: Sequence[BoardLine], pulse: Pulse, csrf: str, now: datetime) -> str:
        """Every topic: what arrives, what it may still page, whether all is well with it."""
        return self._render("topics.html", here="topics", lines=lines, pulse=pulse, csrf=csrf, now=now)

    def feeds(
        self,
        *,
        feeds: Sequence[FeedLine],
        reported_at: datetime | None,
        has_letters: bool,
        pulse: Pulse,
        csrf: str,
        now: datetime,
    ) -> str:
        """Every feed, and whether it delivers."""
        values = {"feeds": feeds, "reported_at": reported_at, "has_letters": has_letters}
        return self._render("feeds.html", here="feeds", pulse=pulse, csrf=csrf, now=now, **values)

    def dead_letters(self, *, letters: Sequence[LetterLine], refusal: str, pulse: Pulse, csrf: str) -> str:
        """Records that were no mentions, each with a form to send it once more."""
        return self._render("dead_letters.html", here="feeds", letters=letters, refusal=refusal, pulse=pulse, csrf=csrf)

    def on_call(
        self,
        *,
        schedules: Sequence[DutyCard],
        people: Sequence[str],
        refusal: str,
        pulse: Pulse,
        csrf: str,
        now: datetime,
    ) -> str:
        """Who is on call, until when, where nobody is, and the forms of a hand-over."""
        return self._render(
            "on_call.html",
            here="on_call",
            schedules=schedules,
            people=people,
            refusal=refusal,
            pulse=pulse,
            csrf=csrf,
            now=now,
        )

    def declare(
        self, *, form: TopicForm, chart: Markup | None, can_try: bool, pulse: Pulse, csrf: str, now: datetime
    ) -> str:
        """The form of a topic, and what it would have caught."""
        return self._render(
            "declare.html", here="declare", form=form, chart=chart, can_try=can_try, pulse=pulse, csrf=csrf, now=now
        )

    def standing(
        self,
        *,
        silences: Sequence[StandingLine],
        notices: Sequence[StandingLine],
        holds: Sequence[StandingLine],
        drafts: Sequence[StandingLine],
        filled: Mapping[str, str],
        preview: PreviewLines | None,
        refusal: str,
        pulse: Pulse,
        csrf: str,
    ) -> str:
        """What stands, and a form to silence."""
        return self._render(
            "standing.html",
            here="standing",
            silences=silences,
            notices=notices,
            holds=holds,
            drafts=drafts,
            filled=filled,
            preview=preview,
            refusal=refusal,
            pulse=pulse,
            csrf=csrf,
        )

    def inbox(self, *, entries: Sequence[InboxEntry], pulse: Pulse, csrf: str, now: datetime, fragment: bool) -> str:
        """What Slack and the pager show their recipients."""
        name = "_inbox.html" if fragment else "inbox.html"
        return self._render(name, here="inbox", entries=entries, pulse=pulse, csrf=csrf, now=now, fragment=fragment)

    def login(self, *, ticket: str, following: str, refusal: str | None, elsewhere: str = "") -> str:
        """The sign-in form; `elsewhere` is what the way to the identity provider is called."""
        shown = {"ticket": ticket, "following": following, "refusal": refusal, "elsewhere": elsewhere}
        return self._render("login.html", here="login", **shown)

    def problem(self, *, status: int, title: str, detail: str, request_id: str | None) -> str:
        """A refusal, for people."""
        shown = {"status": status, "title": title, "detail": detail, "request_id": request_id}
        return self._render("problem.html", here="problem", **shown)

    def _render(self, template: str, *, here: str, **values: Any) -> str:
        return self._templates.get_template(template).render(here=here, has_inbox=self._has_inbox, **values)


def _tidy_lines(text: str) -> str:
    """What somebody wrote, line by line, without control and direction characters."""
    return "\n".join(plain(line, LONGEST_CELL) for line in str(text).splitlines()[:50])


@cache
def _asset(name: str) -> str:
    """The address of a static file, new whenever its content is."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
