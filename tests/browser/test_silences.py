"""Silences in a real browser: a preview, the guard against too wide ones, and their end; without scripts."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.test_console import visit

pytestmark = pytest.mark.integration


async def test_a_silence_is_previewed_guarded_added_and_ended(browser: Browser) -> None:
    async with visit(browser, scripts=False) as seen:
        await seen.sign_in()
        page = seen.page
        await page.goto(f"{seen.url}/silences")
        matchers, why = page.get_by_label("Matchers, one a line; all have to hold"), page.get_by_label("Why")
        silence, standing = page.get_by_role("button", name="Silence", exact=True), page.locator("#silences")

        await matchers.fill('topic=~".*"')
        await why.fill("a <b>release</b>")
        await page.get_by_role("button", name="Preview").click()
        await expect(page.get_by_role("status")).to_contain_text("It would have hidden")
        await expect(standing).to_contain_text("Nothing is silenced.")

        await silence.click()
        await expect(page.get_by_role("alert")).to_have_text(
            "It hides very much. Say below that it is meant, or narrow it."
        )
        await expect(why).to_have_value("a <b>release</b>")

        await page.get_by_label("I know that its matchers hold for anything at all").check()
        await silence.click()
        await expect(standing).to_contain_text("by jo: a <b>release</b>")

        await page.get_by_role("button", name="End now").click()
        await expect(standing).to_contain_text("Nothing is silenced.")
        assert seen.complaints == [TOO_WIDE]


# The browser tells of the page that the guard answers with.
TOO_WIDE = "Failed to load resource: the server responded with a status of 409 (Conflict)"
