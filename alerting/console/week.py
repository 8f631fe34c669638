"""The report of a week, made ready for its page: every value here is text."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerting.console import words
from alerting.notifiers.escaping import one_line
from alerting.reports.iso_week import IsoWeek
from alerting.reports.markdown import UNKNOWN, stamp
from alerting.reports.weekly import LOOKED_BACK, Figures, WeeklyReport
from alerting.reports.weekly_text import both, counted, in_short, kept_words, own_words


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic of the week; the id is empty where nobody tracks it."""

    id: str
    name: str
    cells: tuple[str, ...]
    kept: str
    chronic: bool


@dataclass(frozen=True, slots=True)
class WeekView:
    """What the page shows; `earlier` and `later` are the weeks beside it, by name."""

    name: str
    zone: str
    span: str
    complete: bool
    short: str
    earlier: str
    later: str
    facts: tuple[tuple[str, str], ...]
    brands: tuple[tuple[str, tuple[str, ...]], ...]
    topics: tuple[TopicRow, ...]
    receivers: tuple[tuple[str, tuple[str, ...], str], ...] | None
    drivers: tuple[tuple[str, str], ...]
    looked_back: int = LOOKED_BACK


def week_view(report: WeeklyReport, week: IsoWeek) -> WeekView:
    """The report in words."""
    zone, whole = ZoneInfo(report.zone), report.whole
    return WeekView(
        name=report.week,
        zone=report.zone,
        span=f"{stamp(report.start, zone)} to {stamp(report.end, zone)}",
        complete=report.complete,
        short=one_line(in_short(report), words.LONGEST_TEXT),
        earlier=week.shifted(-1).name,
        later="" if not report.complete else week.shifted(1).name,
        facts=(
            (counted(whole.pages), "pages"),
            (str(whole.false_alarms), "said to be false"),
            (str(whole.incidents), "incidents"),
            (counted(whole.failed), "messages never arrived"),
        ),
        brands=tuple(
            (one_line(name, words.LONGEST_NAME), _cells(one))
            for name, one in (("all", whole), *((one.brand or "none", one) for one in report.brands))
        ),
        topics=tuple(
            TopicRow(
                "" if one.promised is None else one.topic,
                one_line(one.name, words.LONGEST_NAME),
                (
                    str(one.incidents),
                    counted(one.pages),
                    UNKNOWN if one.promised is None else f"{one.promised:.3g}",
                    str(one.false_alarms),
                    str(one.false_in_eight_weeks),
                ),
                kept_words(kept=one.kept),
                one.chronic,
            )
            for one in report.topics
        ),
        receivers=None
        if report.receivers is None
        else tuple(
            (
                one_line(one.receiver, words.LONGEST_NAME),
                (str(one.pages), f"{one.promised:.3g}", str(one.false_alarms), str(one.messages), str(one.failed)),
                kept_words(kept=one.kept),
            )
            for one in report.receivers
        ),
        drivers=tuple(
            (
                one_line(one.term, words.LONGEST_NAME),
                f"+{one.excess:,.0f} in {one.incidents} incident{_s(one.incidents)}",
            )
            for one in whole.drivers
        ),
    )


def _cells(one: Figures) -> tuple[str, ...]:
    return (
        str(one.incidents),
        counted(one.pages),
        str(one.false_alarms),
        str(one.missed),
        both(one.detect),
        both(one.acknowledge),
        both(one.resolve),
        own_words(one.ours),
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"
