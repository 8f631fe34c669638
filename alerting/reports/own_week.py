"""How we ourselves did in the incidents of a week. Pure."""

from collections.abc import Sequence

import msgspec

from alerting.incidents.outline import Outline
from alerting.reports.spans import Spans


class OwnWeek(msgspec.Struct, frozen=True):
    """Over the incidents in which our own replies are known; None where there is none.

    Attributes:
        replies: Of ours since each incident began, of which `canned` are made of templates.
        complaints: As far as they were looked at or estimated, of which `unanswered` got no answer of ours.
        answer: How long those that were answered waited, at the median of each incident.
        backlash: Replies of ours that drew anger.
    """

    replies: int | None
    canned: int | None
    complaints: float | None
    unanswered: float | None
    answer: Spans
    backlash: int

    @property
    def canned_share(self) -> float | None:
        """[0, 1]; None where no reply is known."""
        return self.canned / self.replies if self.canned is not None and self.replies else None

    @property
    def unanswered_share(self) -> float | None:
        """[0, 1]; None where no complaint was looked at."""
        return self.unanswered / self.complaints if self.unanswered is not None and self.complaints else None


def own_week(outlines: Sequence[Outline]) -> OwnWeek:
    """Add them up."""
    parts = [one.own_part for one in outlines if one.own_part is not None]
    canned = [one.canned for one in parts if one.canned is not None]
    waits = [one.waits for one in parts if one.waits is not None]
    return OwnWeek(
        replies=sum(one.here for one in canned) if canned else None,
        canned=sum(one.here_canned for one in canned) if canned else None,
        complaints=sum(one.complaints for one in waits) if waits else None,
        unanswered=sum(one.unanswered for one in waits) if waits else None,
        answer=Spans.of(one.median_seconds for one in waits),
        backlash=sum(len(one.backlash) for one in parts),
    )
