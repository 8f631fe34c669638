"""A weekly report as Markdown, and the few lines of it that go out as a message. Pure."""

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from alerting.reports.markdown import UNKNOWN, span, stamp, table, text
from alerting.reports.own_week import OwnWeek
from alerting.reports.spans import Spans
from alerting.reports.weekly import LOOKED_BACK, Figures, WeeklyReport

_ALL: Final = "all"
_TOLD_DRIVERS: Final = 5
_TOLD_TOPICS: Final = 5


def weekly_text(report: WeeklyReport) -> str:
    """The whole document; times are of the report's zone."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def counted(number: int | None) -> str:
    """A count; `unknown` is never 0.

    >>> counted(None), counted(0), counted(1200)
    ('unknown', '0', '1,200')
    """
    return UNKNOWN if number is None else f"{number:,}"


def both(spans: Spans) -> str:
    """Median and 90th percentile, with how many are unknown.

    >>> both(Spans(45.0, 300.0, 7, 2)), both(Spans(None, None, 0, 3)), both(Spans(None, None, 0, 0))
    ('45 s, 5 min (2 unknown)', 'unknown (3)', 'none')
    """
    if spans.median is None or spans.p90 is None:
        return f"{UNKNOWN} ({spans.unknown})" if spans.unknown else "none"
    more = f" ({spans.unknown} unknown)" if spans.unknown else ""
    return f"{span(spans.median)}, {span(spans.p90)}{more}"


def kept_words(*, kept: bool | None) -> str:
    """Whether a promise was kept."""
    return UNKNOWN if kept is None else "yes" if kept else "no"


def headline_of(report: WeeklyReport) -> str:
    """Pages and false ones, for a lock screen: what the name of the week comes before."""
    whole = report.whole
    pages = f"{counted(whole.pages)} page{'' if whole.pages == 1 else 's'}"
    return f"{pages}, {whole.false_alarms} said to be false, {whole.incidents} incident{'s'[: whole.incidents != 1]}"


def in_short(report: WeeklyReport) -> str:
    """A few sentences of counts: our own words, and names of topics."""
    whole = report.whole
    broken = [one.name for one in report.topics if one.kept is False]
    chronic = [one.name for one in report.topics if one.chronic]
    loud = [f"{one.name} {counted(one.pages)}" for one in report.topics if one.pages][:_TOLD_TOPICS]
    told = [
        f"{headline_of(report)}, {whole.missed} missed",
        f"To acknowledge: {both(whole.acknowledge)}" if whole.acknowledge.known else "",
        f"To resolve: {both(whole.resolve)}" if whole.resolve.known else "",
        f"Pages: {', '.join(loud)}" if loud else "",
        f"More false pages than promised: {', '.join(broken[:_TOLD_TOPICS])}" if broken else "",
        f"Chronic: {', '.join(chronic[:_TOLD_TOPICS])}" if chronic else "",
        f"Messages that never arrived: {whole.failed}" if whole.failed else "",
        f"Our own answers: {own_words(whole.ours)}" if whole.ours.replies else "",
    ]
    return ". ".join(part for part in told if part) + "."


def own_words(ours: OwnWeek) -> str:
    """How we ourselves did, in a few words.

    >>> own_words(OwnWeek(120, 48, 400.0, 300.0, Spans(840.0, 900.0, 3, 0), 1))
    'after 14 min at the median, 75% of complaints unanswered, 40% of 120 replies canned, 1 drew anger'
    >>> own_words(OwnWeek(None, None, None, None, Spans(None, None, 0, 0), 0))
    'unknown'
    """
    told = [
        "" if ours.answer.median is None else f"after {span(ours.answer.median)} at the median",
        "" if ours.unanswered_share is None else f"{ours.unanswered_share:.0%} of complaints unanswered",
        "" if ours.canned_share is None else f"{ours.canned_share:.0%} of {counted(ours.replies)} replies canned",
        f"{ours.backlash} drew anger" if ours.backlash else "",
    ]
    return ", ".join(part for part in told if part) or UNKNOWN


def driver_words(report: WeeklyReport) -> str:
    """What drove most; hostile."""
    return ", ".join(f"{one.term} +{one.excess:,.0f}" for one in report.whole.drivers[:_TOLD_DRIVERS])


def _lines(report: WeeklyReport) -> Iterator[str]:
    zone = ZoneInfo(report.zone)
    yield f"# Week {report.week}"
    yield ""
    if not report.complete:
        yield "**Preliminary:** the week is not over."
        yield ""
    yield f"{stamp(report.start, zone)} to {stamp(report.end, zone)}, {text(report.zone)}. {text(in_short(report))}"
    yield ""
    yield "## By brand"
    yield ""
    yield from table(
        (
            "brand",
            "incidents",
            "pages",
            "said to be false",
            "missed",
            "never arrived",
            "to detect",
            "to acknowledge",
            "to resolve",
            "our own answers",
        ),
        (
            _figures(one, name)
            for name, one in ((_ALL, report.whole), *((one.brand or "none", one) for one in report.brands))
        ),
    )
    yield "Spans are the median and the 90th percentile. An incident belongs to the week in which it opened, a page to"
    yield "the one in which it was made. A page is false where people said so."
    yield ""
    yield "## By topic"
    yield ""
    yield from table(
        (
            "topic",
            "brand",
            "incidents",
            "pages",
            "promised a week",
            "false",
            f"false in {LOOKED_BACK} weeks",
            "kept",
            "chronic",
        ),
        (
            (
                text(one.name),
                text(one.brand) or "none",
                str(one.incidents),
                counted(one.pages),
                UNKNOWN if one.promised is None else f"{one.promised:.3g}",
                str(one.false_alarms),
                str(one.false_in_eight_weeks),
                kept_words(kept=one.kept),
                "yes" if one.chronic else "",
            )
            for one in report.topics
        ),
    )
    yield "## By receiver"
    yield ""
    if report.receivers is None:
        yield "Messages of that week are no longer kept."
        yield ""
    else:
        yield from table(
            ("receiver", "pages", "promised false a week", "false", "kept", "messages", "never arrived"),
            (
                (
                    text(one.receiver),
                    str(one.pages),
                    f"{one.promised:.3g}",
                    str(one.false_alarms),
                    kept_words(kept=one.kept),
                    str(one.messages),
                    str(one.failed),
                )
                for one in report.receivers
            ),
        )
    yield "## What drove most"
    yield ""
    yield from table(
        ("driver", "tone", "mentions above usual", "incidents"),
        ((text(one.term), text(one.tone), f"{one.excess:,.0f}", str(one.incidents)) for one in report.whole.drivers),
    )


def _figures(one: Figures, name: str) -> tuple[str, ...]:
    return (
        text(name),
        str(one.incidents),
        counted(one.pages),
        str(one.false_alarms),
        str(one.missed),
        counted(one.failed),
        both(one.detect),
        both(one.acknowledge),
        both(one.resolve),
        own_words(one.ours),
    )
