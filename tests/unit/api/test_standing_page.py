"""The console's page of what stands: silence, preview, confirm, end, with a form and no script."""

from alerting.directives.silence import Silence
from tests.fakes.api_house import ApiHouse, api_house, field, sign_in
from tests.fakes.asgi_client import Answer
from tests.fakes.stored import incident

SILENCE = {"matchers": "topic=topic-1\nseverity!=SEV1", "reason": "the flood is known", "minutes": "30", "zone": "UTC"}


def silences(house: ApiHouse) -> list[Silence]:
    return [one for one in house.store.kept.values() if isinstance(one, Silence)]


async def sent(house: ApiHouse, path: str, fields: dict[str, str]) -> Answer:
    token = field(await house.browser.get("/silences"), "csrf")
    return await house.browser.post_form(path, {"csrf": token} | fields)


async def test_a_silence_is_added_seen_and_ended() -> None:
    async with api_house() as house:
        await sign_in(house.browser)
        house.store.add(incident(1))

        added = await sent(house, "/silences", SILENCE | {"act": "add"})
        page = await house.browser.get("/silences")
        shown = await house.browser.get(f"/incidents/{incident(1).id}")
        [silence] = silences(house)
        ended = await sent(house, f"/silences/silence/{silence.id}/expire", {})
        after = await house.browser.get("/silences")

    assert (added.status, added.headers["location"]) == (303, "/silences")
    assert "topic=&#34;topic-1&#34; severity!=&#34;SEV1&#34;" in page.text
    assert "by jo: the flood is known" in shown.text
    assert ended.status == 303
    assert "Nothing is silenced." in after.text


async def test_a_preview_writes_nothing_and_keeps_what_was_filled_in() -> None:
    async with api_house() as house:
        await sign_in(house.browser)

        page = await sent(house, "/silences", SILENCE | {"act": "preview"})

    assert page.status == 200
    assert "It would have hidden 0 of 0 pages in the last 14 days." in page.text
    assert "severity!=SEV1</textarea>" in page.text
    assert silences(house) == []


async def test_what_is_too_wide_asks_for_a_word_of_confirmation() -> None:
    wide = SILENCE | {"matchers": "topic=~.*", "act": "add"}
    async with api_house() as house:
        await sign_in(house.browser)

        refused = await sent(house, "/silences", wide)
        taken = await sent(house, "/silences", wide | {"confirm": "yes"})

    assert refused.status == 409
    assert "I know that its matchers hold for anything at all" in refused.text
    assert taken.status == 303


async def test_what_is_wrong_is_said_beside_the_form() -> None:
    async with api_house() as house:
        await sign_in(house.browser)

        page = await sent(house, "/silences", SILENCE | {"matchers": "colour=<b>red", "act": "add"})

    assert page.status == 422
    assert "Unknown label &#39;colour&#39;" in page.text
    assert "<b>red" not in page.text


async def test_a_form_of_somebody_elses_page_does_nothing() -> None:
    async with api_house() as house:
        await sign_in(house.browser)

        refused = await house.browser.post_form("/silences", SILENCE | {"act": "add", "csrf": "forged"})

    assert refused.status == 403
    assert silences(house) == []


async def test_a_hold_that_was_proposed_is_confirmed_by_a_button() -> None:
    async with api_house() as house:
        await sign_in(house.browser)
        proposed = await house.api.post_json("/api/v1/post-holds", {"area": ["DE"], "reason": "an accident"})
        page = await house.browser.get("/silences")

        confirmed = await sent(house, f"/silences/hold/{proposed.json()['id']}/confirm", {})
        hold = await house.api.get(f"/api/v1/post-holds/{proposed.json()['id']}")
        asked = await house.api.get("/api/v1/post-holds/check?topic=app&area=DE-BE")
        elsewhere = await house.api.get("/api/v1/post-holds/check?topic=app&area=FR")

    assert "Anything in DE" in page.text
    assert confirmed.status == 303
    assert (hold.json()["state"], hold.json()["decided_by"]) == ("confirmed", "jo")
    assert asked.json() == {"held": True, "holds": [proposed.json()["id"]]}
    assert elsewhere.json()["held"] is False


async def test_notices_drafts_and_cases_over_http() -> None:
    async with api_house() as house:
        house.store.add(incident(1))
        notice = {"kind": "outage", "topics": [], "text": "down", "minutes": 30}
        nothing = await house.api.post_json("/api/v1/notices", notice)
        unknown = await house.api.post_json("/api/v1/notices", notice | {"topics": ["nobody-tracks-it"]})
        case = {"system": "zendesk", "case": "4711", "incident": incident(1).id}
        linked = await house.api.post_json("/api/v1/cases", case)
        again = await house.api.post_json("/api/v1/cases", case)
        heard = await house.api.post_json("/api/v1/cases/zendesk/4711/status", {"status": "solved"})
        missing = await house.api.post_json("/api/v1/cases/zendesk/1/status", {"status": "solved"})
        shown = await house.api.get(f"/api/v1/incidents/{incident(1).id}")
        drafted = await house.api.post_json("/api/v1/notices/ntc_none/drafts", {})

    assert (nothing.status, unknown.status) == (422, 422)
    assert "no topic 'nobody-tracks-it'" in unknown.json()["detail"]
    assert (linked.status, again.json()["thread"]) == (201, linked.json()["thread"])
    assert heard.json()["cases"][0]["status"] == "solved"
    assert missing.status == 404
    assert shown.json()["cases"] == ["zendesk 4711: solved"]
    assert drafted.status == 404
