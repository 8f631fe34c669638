"""The pages that look back: the review of an incident, and the report of a week."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

from alerting.console.pulse import Pulse
from alerting.console.retrospect import ReviewView
from alerting.console.week import WeekView


class ReportPages(ABC):
    """A part of `alerting.console.page.Pages`."""

    def review(self, *, view: ReviewView, pulse: Pulse, csrf: str, now: datetime) -> str:
        """What is known of an incident afterwards."""
        return self._render("review.html", here="review", view=view, pulse=pulse, csrf=csrf, now=now)

    def week(self, *, view: WeekView, pulse: Pulse, csrf: str) -> str:
        """The report of a week."""
        return self._render("week.html", here="reports", view=view, pulse=pulse, csrf=csrf)

    @abstractmethod
    def _render(self, template: str, *, here: str, **values: Any) -> str:
        """The template, filled in."""
