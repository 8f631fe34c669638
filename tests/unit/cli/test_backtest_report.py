"""The report of a backtest: what it says, and that nothing in it can act."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import msgspec
import pytest

from alerting.charts.chart import MarkerKind
from alerting.cli.backtest_charts import TopicPast, page_chart, whole_chart
from alerting.cli.backtest_report import MOST_DRAWN, MOST_TOPICS, report_page
from streams.backtest import Page, Row
from streams.events import Direction
from streams.topic import Topic
from tests.fakes.hostile import HOSTILE as ATTACKS
from tests.fakes.hostile import Hostile, assert_inert_in_html

START = datetime(2026, 1, 5, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)
ROWS = 2016  # a week of five minutes
BURST = 1000
BUDGETS = (0.1, 4.0)
BREAKOUT = '</h2><script>alert(1)</script><img src=x onerror="alert(2)">\u202e'


def page(row: int = BURST, *, detector: str = "volume") -> Page:
    at = START + row * FIVE_MINUTES
    return Page("refunds", at, at - 2 * FIVE_MINUTES, 1 / 40, 240, 20.0, detector, Direction.CRISIS)


def past(*pages: Page, name: str = "Refunds", rows: int = ROWS, table: str = "refunds.csv") -> TopicPast:
    """Twenty mentions every five minutes, and once 240."""
    windows = tuple(
        Row(START + row * FIVE_MINUTES, 240 if row == BURST else 20, 300, 20.0, 10.0, 30.0) for row in range(rows)
    )
    return TopicPast(Topic("refunds", name, "refund", pages_per_week=0.25), windows, pages, {0.1: 0, 4.0: 7}, table)


class Seen(HTMLParser):
    """Elements and attributes of a document, and its text."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


class TestReport:
    def test_tells_each_page_with_its_odds_in_words(self) -> None:
        seen = Seen(report_page([past(page())], BUDGETS))

        assert "1 page in 1 topic, 41 k mentions, 2026-01-05 00:00 to 2026-01-11 23:55 UTC." in seen.text
        assert "1 · 2026-01-08 11:20 · crisis" in seen.text  # row 1000: 5000 minutes, 3 days 11 h 20 min
        assert "240 mentions where 20 were usual, since about 11:10." in seen.text
        assert "With nothing going on: about once in 40 weeks for this topic (volume)." in seen.text

    def test_thousands_are_told_as_people_read_them(self) -> None:
        great = msgspec.structs.replace(page(), observed=5_455, expected=2_723.6)

        assert "5,455 mentions where 2,724 were usual" in Seen(report_page([past(great)], BUDGETS)).text

    def test_tells_what_other_budgets_would_have_sent(self) -> None:
        document = report_page([past(page()), past()], BUDGETS)

        assert "<th>configured</th><th>0.1 a week</th><th>4 a week</th>" in document
        assert ">Refunds</a></th><td>1</td><td>0</td><td>7</td></tr>" in document
        assert ">all 2 topics</th><td>1</td><td>0</td><td>14</td></tr>" in document

    def test_tells_how_many_pages_the_budget_allows_by_chance(self) -> None:
        seen = Seen(report_page([past()], BUDGETS))

        assert (
            "No page in 1.0 weeks. The budget of 0.25 false pages a week allows 0.25 by chance in that time."
            in seen.text
        )

    def test_a_topic_of_which_nothing_was_counted_says_so(self) -> None:
        assert "Nothing was counted." in Seen(report_page([past(rows=0)], BUDGETS)).text

    def test_unreadable_mentions_are_told(self) -> None:
        assert "Left out because unreadable: 3 mentions." in Seen(report_page([past()], BUDGETS, unreadable=3)).text

    def test_stays_of_a_size_that_opens_whatever_came(self) -> None:
        many_pages = past(*(page(100 + row) for row in range(MOST_DRAWN + 6)))
        many_topics = [many_pages, *(past(rows=10) for _ in range(MOST_TOPICS + 2))]

        document = report_page(many_topics, BUDGETS)

        assert document.count('<section class="card" id="topic-') == MOST_TOPICS
        assert "3 more topics with no more pages than these" in document
        assert document.count("With nothing going on") == MOST_DRAWN + 6
        assert document.count("<svg") == 2 * MOST_TOPICS + MOST_DRAWN


class TestNothingInItActs:
    def test_hostile_names_are_text(self) -> None:
        document = report_page([past(page(detector="<b>"), name=BREAKOUT, table=f"{BREAKOUT}.csv")], BUDGETS)

        seen = Seen(document)
        assert {"script", "img", "b"} & set(seen.elements) == set()
        assert not [name for name, _ in seen.attributes if name.startswith("on")]
        assert '<script>alert(1)</script><img src=x onerror="alert(2)">' in seen.text
        assert "\u202e" not in document

    @pytest.mark.parametrize("hostile", ATTACKS, ids=[hostile.name for hostile in ATTACKS])
    def test_no_attack_on_record_becomes_more_than_text(self, hostile: Hostile) -> None:
        document = report_page([past(page(), name=hostile.text, rows=1010)], BUDGETS)

        assert_inert_in_html(document)

    def test_a_file_name_that_is_no_text_still_leads_to_its_table(self) -> None:
        document = report_page([past(rows=10, table="caf\udce9.csv")], BUDGETS)

        assert 'href="caf%E9.csv"' in document

    def test_nothing_is_loaded_and_a_policy_forbids_it(self) -> None:
        seen = Seen(report_page([past(page())], BUDGETS))

        assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in seen.attributes
        assert {value for name, value in seen.attributes if name in {"href", "src"}} == {"#topic-1", "refunds.csv"}
        assert {"link", "script", "iframe", "object"} & set(seen.elements) == set()


class TestCurves:
    def test_what_paged_is_never_averaged_away(self) -> None:
        chart, step = whole_chart(past(page()), 100)

        assert step == 21 * 300  # the least multiple of five minutes with which a week needs at most 100 steps
        assert len(chart.points) <= 101
        assert chart.highest == pytest.approx(240 / 5)
        assert [(marker.kind, marker.words) for marker in chart.markers] == [(MarkerKind.PAGED, "1")]

    def test_few_rows_are_drawn_as_they_are(self) -> None:
        chart, step = whole_chart(past(rows=50), 100)

        assert (step, len(chart.points)) == (300, 50)

    def test_around_a_page_onset_and_page_are_marked(self) -> None:
        chart = page_chart(past(page()), page())

        at = START + BURST * FIVE_MINUTES
        assert (chart.start, chart.end) == (at - timedelta(minutes=160), at + timedelta(minutes=151))
        assert [(marker.kind, marker.at) for marker in chart.markers] == [
            (MarkerKind.ONSET, at - timedelta(minutes=10)),
            (MarkerKind.PAGED, at),
        ]
