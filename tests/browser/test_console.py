"""The console in a real browser, on a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from alerting.api.oidc import SignIn
from alerting.fakes.inbox import Inbox, InboxEntry
from alerting.incidents.model import Severity, TimelineEntry, Transition
from streams.clock import SystemClock
from tests.fakes.api_house import KEY, ApiHouse, api_house, served
from tests.fakes.memory_store import MemoryStore
from tests.fakes.storyboard import CAMPAIGN, LOGIN, REFUNDS, incident_at, storyboard

pytestmark = pytest.mark.integration

NEWER = "inc_01JGV6NEWER00000000000000"
BUTTON_HEIGHT = """(name) => [...document.querySelectorAll("button")]
    .find((button) => button.textContent.trim() === name).getBoundingClientRect().height"""


@dataclass
class Visit:
    """A page that is open, with everything it complained about and everybody it called."""

    page: Page
    url: str
    house: ApiHouse
    complaints: list[str] = field(default_factory=list)
    called: set[str] = field(default_factory=set)

    async def sign_in(self) -> None:
        await self.page.goto(f"{self.url}/")
        await self.page.get_by_label("Your key").fill(KEY)
        await self.page.get_by_role("button", name="Sign in").click()

    def card(self, incident: str) -> str:
        return f"article#{incident}"


@asynccontextmanager
async def visit(
    browser: Browser, *, scripts: bool = True, width: int = 1280, scheme: str = "light", elsewhere: SignIn | None = None
) -> AsyncIterator[Visit]:
    clock = SystemClock()
    inbox = Inbox()
    now = clock.now()
    inbox.put(
        InboxEntry("1", "slack", "#comms-now", "posted", now, now, "SEV1 Acme Refunds", ("143 mentions a minute",))
    )
    store = storyboard(now)
    async with (
        api_house(store=store, clock=clock, inbox=inbox, sign_in=elsewhere) as house,
        served(house.app) as url,
    ):
        if elsewhere is not None:
            elsewhere.public_url = url  # known only now
        context: BrowserContext = await browser.new_context(
            java_script_enabled=scripts,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        context.set_default_timeout(10_000)
        page = await context.new_page()
        seen = Visit(page, url, house)
        page.on("console", lambda message: seen.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("request", lambda request: seen.called.add(request.url))
        try:
            yield seen
        finally:
            await context.close()


def happen(store: MemoryStore, incident_id: str, text: str) -> None:
    incident = store.incidents[incident_id]
    entry = TimelineEntry(incident_id, incident.updated_at, Transition.GREW, "tocsin", text)
    store.add(incident, entry)


async def test_signs_in_sees_the_incident_and_acknowledges_it(browser: Browser) -> None:
    async with visit(browser) as seen:
        await seen.sign_in()
        card = seen.page.locator(seen.card(REFUNDS))
        await expect(card.get_by_role("heading")).to_have_text("Acme Refunds: surge of angry mentions")
        await expect(card).to_contain_text("SEV1")
        await expect(card).to_contain_text("unacknowledged")
        await expect(card.get_by_role("img")).to_be_visible()

        await card.get_by_role("button", name="Acknowledge").click()

        await expect(card).to_contain_text("acknowledged by jo")
        await expect(card.get_by_role("button", name="Acknowledge")).to_have_count(0)
        assert seen.house.store.incidents[REFUNDS].acknowledged_by == "jo"
        assert seen.complaints == []


async def test_every_page_is_silent_and_calls_nobody_else(browser: Browser) -> None:
    async with visit(browser) as seen:
        await seen.sign_in()
        for path in ("/", f"/incidents/{REFUNDS}", f"/incidents/{LOGIN}", "/topics/refunds", "/inbox"):
            await seen.page.goto(seen.url + path)
            await expect(seen.page.get_by_role("main")).to_be_visible()

        assert seen.complaints == []
        assert {address for address in seen.called if not address.startswith(seen.url)} == set()
        assert not [address for address in seen.called if KEY in address]


async def test_what_happens_elsewhere_appears_while_the_page_is_open(browser: Browser) -> None:
    async with visit(browser) as seen:
        await seen.sign_in()
        store = seen.house.store
        async with seen.page.expect_response("**/fragments/now"):
            await expect(seen.page.locator(seen.card(REFUNDS))).to_be_visible()
        button = seen.page.locator(seen.card(CAMPAIGN)).get_by_role("button", name="Resolve")
        await button.focus()

        now = SystemClock().now()
        store.add(
            incident_at(now, id=NEWER, severity=Severity.SEV2, title="Acme Delivery: far more mentions than usual"),
            TimelineEntry(NEWER, now, Transition.OPENED, "tocsin", "Opened."),
        )

        await expect(seen.page.locator(seen.card(NEWER))).to_be_visible()
        await expect(seen.page.get_by_role("status")).to_contain_text("New incident: Acme Delivery")
        await expect(seen.page).to_have_title("(3) Now - Tocsin")
        await expect(button).to_be_focused()
        order = await seen.page.locator("article.inc").evaluate_all("cards => cards.map(card => card.id)")
        assert order == [REFUNDS, NEWER, CAMPAIGN]

        store.add(
            msgspec.structs.replace(store.incidents[NEWER], title="Acme Delivery: calm again"),
            TimelineEntry(NEWER, now, Transition.PEAKED, "tocsin", "Peaked."),
        )
        await expect(seen.page.locator(seen.card(NEWER))).to_contain_text("calm again")
        assert seen.complaints == []


async def test_an_open_incident_tells_its_story_on(browser: Browser) -> None:
    async with visit(browser) as seen:
        await seen.sign_in()
        async with seen.page.expect_response("**/fragments/incidents/*"):
            await seen.page.goto(f"{seen.url}/incidents/{REFUNDS}")

        happen(seen.house.store, REFUNDS, "Grew to 190 mentions a minute.")

        await expect(seen.page.locator("#timeline")).to_contain_text("Grew to 190 mentions a minute.")
        assert seen.complaints == []


async def test_a_burst_of_changes_is_shown_at_most_once_a_second(browser: Browser) -> None:
    async with visit(browser) as seen:
        await seen.sign_in()
        async with seen.page.expect_response("**/fragments/now"):
            pass
        fetched: list[str] = []
        seen.page.on("request", lambda request: fetched.append(request.url) if "fragments" in request.url else None)

        for number in range(30):
            happen(seen.house.store, REFUNDS, f"Entry {number}.")
            await asyncio.to_thread(lambda: None)
        async with seen.page.expect_response("**/fragments/now"):
            pass
        await seen.page.wait_for_timeout(1500)

        assert 1 <= len(fetched) <= 3


async def test_everything_can_be_read_and_done_without_scripts(browser: Browser) -> None:
    async with visit(browser, scripts=False) as seen:
        await seen.sign_in()
        card = seen.page.locator(seen.card(REFUNDS))
        await expect(card).to_contain_text("143 mentions a minute")
        await expect(card.locator("svg .curve")).to_have_count(1)

        await card.get_by_role("link").click()
        await seen.page.get_by_role("button", name="Acknowledge").click()

        await expect(seen.page).to_have_url(f"{seen.url}/incidents/{REFUNDS}")
        await expect(seen.page.get_by_role("main")).to_contain_text("acknowledged by jo")
        await expect(seen.page.locator("#told")).to_contain_text("arrived")
        await seen.page.get_by_role("button", name="Sign out").click()
        await expect(seen.page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_fits_a_phone_with_buttons_for_thumbs(browser: Browser, scheme: str) -> None:
    async with visit(browser, width=360, scheme=scheme) as seen:
        await seen.sign_in()
        for path in ("/", f"/incidents/{REFUNDS}", "/topics/refunds", "/inbox"):
            await seen.page.goto(seen.url + path)
            width = await seen.page.evaluate("document.documentElement.scrollWidth")
            assert width <= 360, path
        await seen.page.goto(seen.url)
        await expect(seen.page.get_by_role("button", name="Acknowledge")).to_be_visible()
        # Found and measured in one go: between two calls the page may put a fresh button in the old one's place.
        height = await seen.page.evaluate(BUTTON_HEIGHT, "Acknowledge")

        assert height >= 44
        background = await seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(int(part) for part in background[4:-1].split(",")) < 3 * 128) == (scheme == "dark")


async def test_text_stands_out_enough_in_both_schemes(browser: Browser) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for small text."""
    script = """() => {
        const light = (colour) => {
            const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
                .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const behind = (element) => {
            for (let place = element; place; place = place.parentElement) {
                const colour = getComputedStyle(place).backgroundColor;
                if (!/, 0\\)$/.test(colour) && colour !== "transparent") return colour;
            }
            return "rgb(255, 255, 255)";
        };
        return [...document.querySelectorAll("p, span, dt, dd, a, button, h1, h2, th, td, time, footer")]
            .filter((element) => element.textContent.trim() && element.getClientRects().length)
            .map((element) => {
                const colours = [getComputedStyle(element).color, behind(element)];
                const [one, two] = colours.map(light).sort((a, b) => b - a);
                return [(one + 0.05) / (two + 0.05), element.className + ": " + element.textContent.slice(0, 30)];
            })
            .filter(([contrast]) => contrast < 4.5).map(([contrast, text]) => contrast.toFixed(2) + " " + text);
    }"""
    for scheme in ("light", "dark"):
        async with visit(browser, scheme=scheme) as seen:
            await seen.sign_in()
            for path in ("/", f"/incidents/{REFUNDS}", "/inbox"):
                await seen.page.goto(seen.url + path)
                assert await seen.page.evaluate(script) == [], f"{scheme} {path}"


async def test_an_expired_session_leads_back_to_the_form(browser: Browser) -> None:
    async with visit(browser) as seen:
        await seen.sign_in()
        await expect(seen.page.locator(seen.card(REFUNDS))).to_be_visible()
        await seen.page.context.clear_cookies()

        happen(seen.house.store, REFUNDS, "Something.")

        await expect(seen.page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_session_that_expires_before_the_stream_is_open_leads_back_to_the_form(browser: Browser) -> None:
    async with visit(browser) as seen:

        async def expire(route: Route) -> None:
            await seen.page.context.clear_cookies()
            await route.continue_()

        await seen.page.route("**/api/v1/events", expire)

        await seen.sign_in()

        await expect(seen.page.get_by_role("heading", name="Sign in")).to_be_visible()
