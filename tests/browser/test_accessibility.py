"""Every page of the console before axe: nothing keeps people out, in light and in dark, on a phone and on a desk."""

from importlib.resources import files

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.test_console import visit
from tests.fakes.storyboard import LOGIN, REFUNDS

pytestmark = pytest.mark.integration

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
PAGES = (
    "/",
    f"/incidents/{REFUNDS}",
    f"/incidents/{LOGIN}",
    f"/incidents/{REFUNDS}/work",
    f"/incidents/{REFUNDS}/review",
    "/topics",
    "/topics/refunds",
    "/silences",
    "/on-call",
    "/feeds",
    "/feeds/dead-letters",
    "/reports/weekly",
    "/inbox",
)
SERIOUS = {"serious", "critical"}


async def findings(page: Page) -> list[str]:
    """What axe finds serious on the page as it stands; one line each, with the first element that it concerns."""
    await page.evaluate(AXE)  # not a script of the page, whose content policy would refuse it
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
async def test_no_page_keeps_people_out(browser: Browser, scheme: str, width: int) -> None:
    async with visit(browser, scheme=scheme, width=width) as seen:
        await seen.page.goto(f"{seen.url}/login")
        found = {"/login": await findings(seen.page)}
        await seen.sign_in()
        for path in PAGES:
            await seen.page.goto(seen.url + path)
            await expect(seen.page.get_by_role("main")).to_be_visible()
            await seen.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            found[path] = await findings(seen.page)

    assert {path: lines for path, lines in found.items() if lines} == {}


async def test_axe_finds_what_is_wrong(browser: Browser) -> None:
    async with visit(browser) as seen:
        await seen.page.set_content("<main><img src='x'><button></button></main>")

        found = await findings(seen.page)

    assert {line.split(":")[0] for line in found} >= {"image-alt", "button-name"}
