"""Working on an incident over the console's forms."""

from datetime import datetime

import pytest

from alerting.incidents.model import IncidentState
from tests.fakes.api_house import NAME, ApiHouse, api_house, field, sign_in
from tests.fakes.asgi_client import Answer
from tests.fakes.clock import START
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stored import entry, incident

WIDE = incident(1, topic="refunds", joined=("refunds", "app"))
PATH = f"/incidents/{WIDE.id}"


def stored() -> MemoryStore:
    store = MemoryStore()
    store.add(WIDE, entry(WIDE))
    store.add(incident(2, joined=("topic-2",)))
    return store


async def send(house: ApiHouse, act: str, **fields: str) -> Answer:
    """Sign in, open the forms, and send one."""
    await sign_in(house.browser)
    page = await house.browser.get(f"{PATH}/work")
    told = {
        "csrf": field(page, "csrf"),
        "following": PATH,
        **{name.replace("_0", "-"): v for name, v in fields.items()},
    }
    return await house.browser.post_form(f"{PATH}/{act}", told)


@pytest.mark.parametrize(
    ("act", "fields", "line"),
    [
        ("acknowledge", {"comment": "on it"}, f"Acknowledged by {NAME}: on it"),
        ("assign", {"to": "Ravi"}, f"Assigned to Ravi by {NAME}"),
        ("comment", {"text": "looking"}, f"{NAME}: looking"),
        ("snooze", {"minutes": "60"}, f"Snoozed until 05 Jan 13:00 UTC by {NAME}"),
        ("pass", {"to": "App"}, f"Not theirs: passed on to App by {NAME}"),
        ("pass", {"to": ""}, f"Not theirs: passed on to whoever takes it by {NAME}"),
        (
            "state",
            {"status": "Provider down", "cause": "DNS", "expected_at": "2026-01-05T14:30", "next_update_at": ""},
            f"{NAME}: Provider down. Cause: DNS. Expected to be over 14:30 UTC.",
        ),
        ("resolve", {"comment": ""}, f"Resolved by {NAME}"),
    ],
)
async def test_an_act_goes_down_under_the_name_of_the_key(act: str, fields: dict[str, str], line: str) -> None:
    async with api_house(store=stored()) as house:
        answer = await send(house, act, **fields)

        assert (answer.status, answer.headers["location"]) == (303, PATH)
        assert house.store.entries[-1].text == line
        assert house.store.entries[-1].actor == NAME


async def test_merging_leads_to_the_one_that_lives_and_splitting_to_the_new_one() -> None:
    async with api_house(store=stored()) as house:
        merged = await send(house, "merge", into=incident(2).id)
        younger = await house.browser.get(f"/incidents/{incident(2).id}")
        parted = await send(house, "split", topic_01="app")

        fresh = parted.headers["location"].removeprefix("/incidents/")
        assert merged.headers["location"] == PATH
        assert f'Goes on as <a href="{PATH}">' in younger.text
        assert house.store.incidents[incident(2).id].state is IncidentState.RESOLVED
        assert house.store.incidents[fresh].topics == ("app",)


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("assign", {"to": "  "}),
        ("comment", {"text": ""}),
        ("snooze", {"minutes": "-5"}),
        ("snooze", {"minutes": "99999999999999999999"}),
        ("snooze", {"minutes": "٣"}),
        ("state", {"status": ""}),
        ("state", {"status": "Down", "expected_at": "soon"}),
        ("merge", {"into": ""}),
        ("split", {}),
    ],
)
async def test_a_form_that_makes_no_sense_is_refused_with_a_sentence_and_changes_nothing(
    act: str, fields: dict[str, str]
) -> None:
    async with api_house(store=stored()) as house:
        answer = await send(house, act, **fields)

        assert answer.status == 422
        assert "text/html" in answer.headers["content-type"]
        assert house.store.incidents[WIDE.id] == WIDE


async def test_a_form_of_somebody_elses_page_is_refused() -> None:
    async with api_house(store=stored()) as house:
        await sign_in(house.browser)

        answer = await house.browser.post_form(f"{PATH}/assign", {"csrf": "guessed", "to": "Mallory"})

        assert answer.status == 403
        assert house.store.incidents[WIDE.id].assignee is None


async def test_what_is_over_takes_comments_and_statements_alone() -> None:
    async with api_house(store=stored()) as house:
        await send(house, "resolve")

        page = await house.browser.get(f"{PATH}/work")
        late = await send(house, "assign", to="Ravi")

        assert 'id="comment"' in page.text
        assert 'id="state"' in page.text
        assert 'id="assign"' not in page.text
        assert late.status == 409


async def test_the_forms_are_filled_in_with_what_is_known() -> None:
    async with api_house(store=stored()) as house:
        await send(house, "assign", to="Ravi")
        await send(house, "state", status="Provider down", next_update_at="2026-01-05T15:00")

        page = await house.browser.get(f"{PATH}/work")
        shown = await house.browser.get(PATH)

        statement = house.store.incidents[WIDE.id].statement
        assert statement is not None
        assert statement.next_update_at == datetime(2026, 1, 5, 15, tzinfo=START.tzinfo)
        assert 'value="Ravi"' in page.text
        assert 'value="2026-01-05T15:00"' in page.text
        assert "assigned to Ravi" in shown.text
        assert "<b>Status:</b> Provider down. Next update 15:00 UTC." in shown.text
