"""The report of a backtest in a real browser, opened from a disk as whoever gets it by mail would."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser

from alerting.cli.backtest_charts import TopicPast
from alerting.cli.backtest_report import report_page
from streams.backtest import Page, Row
from streams.events import Direction
from streams.topic import Topic
from tests.fakes.hostile import HOSTILE

pytestmark = pytest.mark.integration

START = datetime(2026, 1, 5, tzinfo=UTC)
BURST = 300


def past(name: str) -> TopicPast:
    rows = tuple(
        Row(START + row * timedelta(minutes=5), 240 if row == BURST else 20, 300, 20.0, 10.0, 30.0)
        for row in range(600)
    )
    page = Page("refunds", rows[BURST].at, rows[BURST].at, 1 / 40, 240, 20.0, "volume", Direction.CRISIS)
    return TopicPast(Topic("refunds", name, "refund"), rows, (page,), {0.1: 1, 0.25: 1, 1.0: 2, 4.0: 9}, "refunds.csv")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
async def test_is_silent_calls_nobody_and_fits(
    browser: Browser, tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    document = tmp_path / "report.html"
    pasts = [past(name) for name in ("Refunds", *(hostile.text for hostile in HOSTILE))]
    document.write_text(report_page(pasts, (0.1, 0.25, 1.0, 4.0)), encoding="utf-8", errors="replace")
    page = await browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    complaints: list[str] = []
    called: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda request: called.append(request.url))

    await page.goto(document.as_uri())

    assert complaints == []
    assert called == [document.as_uri()]
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await page.locator("section h2").count() == 1 + len(pasts)
    assert await page.locator("script").count() == 0
    await page.close()


async def test_a_phone_breaks_no_word_of_a_topics_name(browser: Browser, tmp_path: Path) -> None:
    document = tmp_path / "report.html"
    document.write_text(report_page([past("Refunds")], (0.1, 0.25, 1.0, 4.0)), encoding="utf-8")
    page = await browser.new_page(viewport={"width": 320, "height": 800})

    await page.goto(document.as_uri())

    name = page.locator("tbody th a")
    assert await name.evaluate("link => link.getClientRects().length") == 1  # one line
    assert await page.locator("table").evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")
    await page.close()
