"""The browser that these tests look through."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

CHROMIUM = os.environ.get("TOCSIN_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM:
        reason = "no Chromium: install the package chromium, or name one in TOCSIN_CHROMIUM"
        if os.environ.get("TOCSIN_REQUIRE_BROWSER"):
            pytest.fail(f"TOCSIN_REQUIRE_BROWSER is set, but: {reason}", pytrace=False)
        pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()
