import pytest

from alerting.api.entrance_book import EntranceBook
from alerting.api.keys import KeyRing
from alerting.api.sessions import Sessions
from alerting.directives.entrance import ENTRANCE, Entrance
from alerting.settings import ApiSettings
from tests.fakes.api_house import KEY, NAME, api_house, field, sign_in
from tests.fakes.clock import START, FakeClock
from tests.fakes.storyboard import CAMPAIGN, REFUNDS, storyboard


async def test_a_key_becomes_a_cookie_that_scripts_cannot_read() -> None:
    async with api_house() as house:
        answer = await sign_in(house.browser)
        page = await house.browser.get("/")

    cookie = answer.cookies["tocsin_session"]
    assert answer.status == 303
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert cookie["max-age"] == str(12 * 3600)
    assert KEY not in cookie.value
    assert page.status == 200


async def test_cookies_are_secure_where_the_console_is_reached_over_https() -> None:
    settings = ApiSettings.model_validate({"public_url": "https://tocsin.example.com"})

    async with api_house(settings=settings) as house:
        answer = await sign_in(house.browser)

    assert answer.cookies["tocsin_session"]["secure"]


async def test_a_wrong_key_is_refused_in_words() -> None:
    async with api_house() as house:
        answer = await sign_in(house.browser, key="wrong")

    assert answer.status == 403
    assert "Nobody has this key" in answer.text
    assert "tocsin_session" not in house.browser.cookies


async def test_a_form_from_another_place_is_refused() -> None:
    async with api_house() as house:
        form = await house.browser.get("/login")
        house.browser.cookies.clear()

        answer = await house.browser.post_form("/login", {"key": KEY, "ticket": field(form, "ticket")})

    assert answer.status == 403
    assert "tocsin_session" not in house.browser.cookies


async def test_guessing_is_slowed_down_and_forgiven_after_a_minute() -> None:
    clock = FakeClock()
    async with api_house(clock=clock) as house:
        wrong = [(await sign_in(house.browser, key=f"wrong {number}")).status for number in range(6)]
        refused = await sign_in(house.browser)
        await clock.advance(61)
        allowed = await sign_in(house.browser)

    assert wrong == [403, 403, 403, 403, 403, 429]
    assert refused.status == 429
    assert 0 < int(refused.headers["retry-after"]) <= 61
    assert allowed.status == 303


@pytest.mark.parametrize("following", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", ""])
async def test_signing_in_leads_nowhere_else(following: str) -> None:
    async with api_house() as house:
        answer = await sign_in(house.browser, following=following)

    assert answer.headers["location"] == "/"


async def test_signing_out_needs_our_own_form_and_ends_the_session() -> None:
    async with api_house() as house:
        await sign_in(house.browser)
        kept = dict(house.browser.cookies)
        token = field(await house.browser.get("/"), "csrf")

        forged = await house.browser.post_form("/logout", {"csrf": "x"})
        left = await house.browser.post_form("/logout", {"csrf": token})
        house.browser.cookies = kept
        again = await house.browser.get("/")

    assert forged.status == 403
    assert left.headers["location"] == "/login"
    assert again.status == 303


async def test_whoever_signs_out_is_out_in_every_process_within_a_second() -> None:
    store, clock = storyboard(START), FakeClock()
    async with api_house(store=store, clock=clock) as here, api_house(store=store, clock=clock) as there:
        await sign_in(here.browser)
        there.browser.cookies = dict(here.browser.cookies)
        let_in = await there.browser.get("/")
        token = field(await here.browser.get("/"), "csrf")

        await here.browser.post_form("/logout", {"csrf": token})
        await clock.advance(1)
        turned_away = await there.browser.get("/")

    assert (let_in.status, turned_away.status) == (200, 303)


async def test_what_was_signed_out_of_is_forgotten_once_it_would_have_ended() -> None:
    store, clock = storyboard(START), FakeClock()
    book, sessions = EntranceBook(store, clock), Sessions(KeyRing({NAME: KEY}), clock)
    first = sessions.read(sessions.open(NAME))
    assert first is not None
    await book.signed_out(first)
    await clock.advance(12 * 3600)
    second = sessions.read(sessions.open(NAME))
    assert second is not None

    await book.signed_out(second)

    kept = await store.directive(ENTRANCE)
    assert isinstance(kept, Entrance)
    assert kept.closed == {second.id: second.expires_at}


@pytest.mark.parametrize("act", ["acknowledge", "resolve"])
async def test_an_act_needs_our_own_form(act: str) -> None:
    store = storyboard(START)
    async with api_house(store=store) as house:
        await sign_in(house.browser)
        before = store.incidents[REFUNDS]

        answer = await house.browser.post_form(f"/incidents/{REFUNDS}/{act}", {"csrf": "x"})

    assert answer.status == 403
    assert store.incidents[REFUNDS] == before


async def test_a_person_acknowledges_and_resolves_from_the_page() -> None:
    store = storyboard(START)
    async with api_house(store=store) as house:
        await sign_in(house.browser)
        page = await house.browser.get(f"/incidents/{REFUNDS}")
        fields = {"csrf": field(page, "csrf"), "following": field(page, "following")}

        acknowledged = await house.browser.post_form(f"/incidents/{REFUNDS}/acknowledge", fields)
        state_then = store.incidents[REFUNDS]
        await house.browser.post_form(f"/incidents/{REFUNDS}/resolve", fields)

    assert acknowledged.headers["location"] == f"/incidents/{REFUNDS}"
    assert (state_then.state, state_then.acknowledged_by) == ("acknowledged", NAME)
    assert (store.incidents[REFUNDS].state, store.incidents[REFUNDS].resolved_by) == ("resolved", NAME)


async def test_an_act_that_came_too_late_is_told_on_a_page() -> None:
    store = storyboard(START)
    async with api_house(store=store) as house:
        await sign_in(house.browser)
        token = field(await house.browser.get("/"), "csrf")
        await house.browser.post_form(f"/incidents/{CAMPAIGN}/resolve", {"csrf": token})

        answer = await house.browser.post_form(f"/incidents/{CAMPAIGN}/acknowledge", {"csrf": token})

    assert answer.status == 409
    assert answer.headers["content-type"].startswith("text/html")
    assert "Back to now" in answer.text


async def test_a_form_is_bounded() -> None:
    async with api_house() as house:
        long = await house.browser.post_form("/login", {"key": "x" * 20_000})
        many = await house.browser.post_form("/login", {f"k{number}": "x" for number in range(61)})
        other = await house.browser.post_json("/login", {"key": KEY})

    assert (long.status, many.status, other.status) == (413, 400, 415)
