"""The report of a backtest: one HTML file without scripts that loads nothing, and can be mailed as it is."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import quote

from alerting.charts.svg import render, text
from alerting.cli.backtest_charts import TopicPast, page_chart, whole_chart
from alerting.cli.backtest_style import STYLE
from alerting.incidents.usual import usual
from alerting.incidents.wording import count, duration, odds, plain
from streams.backtest import Page

MOST_TOPICS: Final = 200
MOST_DRAWN: Final = 24
_WIDE: Final = (960, 220, 800)
_NARROW: Final = (380, 190, 300)
_WEEK: Final = timedelta(days=7)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def report_page(pasts: Sequence[TopicPast], budgets: Sequence[float], *, unreadable: int = 0) -> str:
    """The whole document; the same past gives the same bytes.

    Args:
        pasts: Topics in any order; those with most pages come first, and at most 200 are drawn.
        budgets: Other budgets that were tried, in pages a week.
        unreadable: Mentions that were left out.
    """
    ranked = sorted(pasts, key=lambda past: (-len(past.pages), past.topic.name, past.topic.id))
    drawn = ranked[:MOST_TOPICS]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>What would have paged</title><style>{STYLE}</style></head><body><main>",
        *_head(ranked, unreadable),
        *_budgets(ranked, drawn, budgets),
    ]
    for number, past in enumerate(drawn, start=1):
        parts += _topic(number, past)
    parts.append("</main></body></html>\n")
    return "".join(parts)


def _head(pasts: Sequence[TopicPast], unreadable: int) -> Iterator[str]:
    pages = sum(len(past.pages) for past in pasts)
    mentions = sum(row.value for past in pasts for row in past.rows)
    known = [past.rows for past in pasts if past.rows]
    yield "<header><h1>What would have paged</h1>"
    yield f"<p>{_many(pages, 'page')} in {_many(len(pasts), 'topic')}, {count(mentions)} mentions"
    if known:
        first, last = min(rows[0].at for rows in known), max(rows[-1].at for rows in known)
        yield f", {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
    yield ".</p>"
    if unreadable:
        yield f"<p>Left out because unreadable: {_many(unreadable, 'mention')}.</p>"
    yield (
        '<p class="soft">The same detectors as live ones, each window decided on as it arrived, with nothing known of '
        "what came later. All times are UTC.</p></header>"
    )


def _budgets(pasts: Sequence[TopicPast], drawn: Sequence[TopicPast], budgets: Sequence[float]) -> Iterator[str]:
    yield '<section class="card"><h2>Other budgets</h2><p class="soft">A budget is how many false pages a week you '
    yield "accept for a topic. How many pages, true or false, each would have sent:</p><table><thead><tr><th>topic</th>"
    yield "<th>configured</th>" + "".join(f"<th>{budget:g} a week</th>" for budget in budgets)
    yield "</tr></thead><tbody>"
    for number, past in enumerate(drawn, start=1):
        cells = "".join(f"<td>{past.pages_by_budget.get(budget, 0)}</td>" for budget in budgets)
        name = f'<a href="#topic-{number}">{_name(past)}</a>'
        yield f'<tr><th scope="row">{name}</th><td>{len(past.pages)}</td>{cells}</tr>'
    yield "</tbody>"
    if len(pasts) > 1:
        sums = "".join(f"<td>{sum(past.pages_by_budget.get(budget, 0) for past in pasts)}</td>" for budget in budgets)
        yield f'<tfoot><tr><th scope="row">all {len(pasts)} topics</th>'
        yield f"<td>{sum(len(past.pages) for past in pasts)}</td>{sums}</tr></tfoot>"
    yield "</table>"
    if len(pasts) > len(drawn):
        left_out = _many(len(pasts) - len(drawn), "more topic")
        yield f'<p class="soft">{left_out} with no more pages than these: not drawn, but each has its table.</p>'
    yield "</section>"


def _topic(number: int, past: TopicPast) -> Iterator[str]:
    yield f'<section class="card" id="topic-{number}"><h2>{_name(past)}</h2>'
    if not past.rows:
        yield '<p class="soft">Nothing was counted.</p></section>'
        return
    weeks, budget = past.span / _WEEK, past.topic.budget
    yield (
        f"<p>{_many(len(past.pages), 'page')} in {weeks:.1f} weeks. The budget of {budget:.3g} false pages a week "
        f"allows {budget * weeks:.2g} by chance in that time.</p>"
    )
    steps = []
    for kind, (width, height, points) in (("wide", _WIDE), ("narrow", _NARROW)):
        chart, step = whole_chart(past, points)
        steps.append(step)
        yield f'<div class="whole {kind}">{render(chart, width=width, height=height)}</div>'
    yield '<p class="soft">Mentions a minute; shaded: what was expected; rings: pages.'
    if steps[0] > max(row.seconds for row in past.rows):
        yield f" A step shows the busiest window in {duration(steps[0])}."
    table = quote(past.table, safe="", errors="surrogateescape")  # a file's name need not be text
    yield f' All windows: <a href="{table}">{text(plain(past.table))}</a>.</p>'
    if past.pages:
        yield '<ol class="pages">'
        for place, page in enumerate(past.pages, start=1):
            yield from _page(place, past, page)
        yield "</ol>"
    yield "</section>"


def _page(place: int, past: TopicPast, page: Page) -> Iterator[str]:
    yield f'<li><h3><span class="number">{place}</span> · {page.at:%Y-%m-%d %H:%M} · {text(page.direction)}</h3>'
    yield f"<p>{count(page.observed)} mentions where {usual(page.expected)} were usual, since about {page.onset:%H:%M}"
    yield f"{'' if page.onset.date() == page.at.date() else f' on {page.onset:%Y-%m-%d}'}.</p>"
    yield f'<p class="soft">With nothing going on: {text(odds(page.false_pages_per_week))} ({text(page.detector)}).</p>'
    if place <= MOST_DRAWN:
        yield render(page_chart(past, page))
    yield "</li>"


def _name(past: TopicPast) -> str:
    return text(plain(past.topic.name))


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}" if number else f"No {noun}"
