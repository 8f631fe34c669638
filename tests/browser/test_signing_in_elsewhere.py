"""Signing in at an identity provider, in a real browser: there, back, as what the groups say, and out again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect

from alerting.api.oidc import SignIn
from alerting.oidc.provider import Provider
from alerting.oidc_settings import OidcSettings
from alerting.teams import Teams
from streams.clock import SystemClock
from tests.browser.test_accessibility import findings
from tests.browser.test_console import Visit, visit
from tests.fakes.identity_provider import CLIENT, SECRET, IdentityProvider, identity_provider
from tests.fakes.storyboard import REFUNDS

pytestmark = pytest.mark.integration


@asynccontextmanager
async def visit_with_provider(
    browser: Browser, *, scheme: str = "light", width: int = 1280
) -> AsyncIterator[tuple[Visit, IdentityProvider]]:
    clock = SystemClock()
    async with identity_provider(clock) as provider:
        chosen = OidcSettings.model_validate(
            {
                "issuer": provider.url,
                "client_id": CLIENT,
                "client_secret": SECRET,
                "label": "Sign in with Example",
                "roles": [{"value": "on-call", "role": "responder"}],
                "allow_networks": ["127.0.0.0/8"],
            }
        )
        elsewhere = SignIn(chosen, Provider(chosen, clock), Teams(), "")
        async with visit(browser, scheme=scheme, width=width, elsewhere=elsewhere) as seen:
            yield seen, provider


async def go_and_agree(seen: Visit) -> None:
    await seen.page.get_by_role("link", name="Sign in with Example").click()
    await seen.page.get_by_role("link", name="Agree").click()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
async def test_a_responder_comes_back_to_where_they_wanted_to_go_works_and_signs_out(
    browser: Browser, scheme: str, width: int
) -> None:
    async with visit_with_provider(browser, scheme=scheme, width=width) as (seen, provider):
        provider.agrees = {"groups": ["on-call"]}
        await seen.page.goto(f"{seen.url}/incidents/{REFUNDS}")
        found = await findings(seen.page)
        fits = await seen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await go_and_agree(seen)
        await expect(seen.page).to_have_url(f"{seen.url}/incidents/{REFUNDS}")
        await seen.page.get_by_role("button", name="Acknowledge").first.click()
        await expect(seen.page.get_by_role("main")).to_contain_text("acknowledged by ada@example.com")

        await seen.page.get_by_role("button", name="Sign out").click()

        await expect(seen.page.get_by_role("link", name="Sign out there too")).to_be_visible()
        await seen.page.goto(seen.url)
        await expect(seen.page).to_have_url(f"{seen.url}/login")
        assert (found, fits) == ([], True)
        assert seen.house.store.incidents[REFUNDS].acknowledged_by == "ada@example.com"


async def test_whoever_belongs_to_no_group_is_told_why_they_are_not_in(browser: Browser) -> None:
    async with visit_with_provider(browser) as (seen, provider):
        provider.agrees = {"groups": ["catering"]}
        await seen.page.goto(seen.url)
        await go_and_agree(seen)

        await expect(seen.page.get_by_role("alert")).to_contain_text("You were not signed in")
        assert await findings(seen.page) == []
        await seen.page.goto(seen.url)
        await expect(seen.page).to_have_url(f"{seen.url}/login")
