"""The forms of the console in a real browser, with the keyboard alone and without scripts."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.test_console import visit
from tests.fakes.storyboard import REFUNDS

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("scripts", [False, True])
async def test_everything_can_be_done_with_the_keyboard_alone(browser: Browser, scripts: bool) -> None:  # noqa: FBT001  # a parameter
    async with visit(browser, scripts=scripts) as seen:
        await seen.sign_in()
        page, keys = seen.page, seen.page.keyboard
        await page.goto(f"{seen.url}/incidents/{REFUNDS}")

        await page.get_by_role("link", name="Assign, comment, snooze and more").focus()
        await keys.press("Enter")
        await page.get_by_label("Name", exact=True).focus()
        await keys.type("Ravi Rao")
        await keys.press("Tab")
        await keys.press("Tab")
        await keys.press("Enter")

        await expect(page.get_by_text("assigned to Ravi Rao", exact=True)).to_be_visible()
        await page.goto(f"{seen.url}/incidents/{REFUNDS}/work")
        await page.get_by_label("Status; stands on every message from now on").focus()
        await keys.type("Card provider is down")
        await keys.press("Enter")
        await expect(page.locator("#statement")).to_contain_text("Card provider is down")
        assert seen.complaints == []


async def test_the_forms_fit_a_phone(browser: Browser) -> None:
    async with visit(browser, width=390) as seen:
        await seen.sign_in()
        await seen.page.goto(f"{seen.url}/incidents/{REFUNDS}/work")

        wide = await seen.page.evaluate("document.documentElement.scrollWidth")

        assert wide <= 390
        await expect(seen.page.get_by_role("button", name="Snooze")).to_be_visible()
