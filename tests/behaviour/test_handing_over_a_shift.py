"""Taking a shift over and passing it on: in the console, over HTTP, for who is called, and afterwards."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.access import Holder, Role
from alerting.api.keys import KeyRing
from alerting.brand_scope import BrandScope
from alerting.directives.shift_cover import ShiftCover
from alerting.duty import Duty
from alerting.errors import DirectiveRefused
from alerting.oncall.covering import covered
from alerting.oncall.shift import Shift
from alerting.settings import Settings
from alerting.shift_covers import CoverWish, ShiftCovers
from tests.behaviour.test_on_call import CONFIGURATION
from tests.fakes.api_house import KEY, ApiHouse, api_house, field, sign_in
from tests.fakes.asgi_client import AsgiClient
from tests.fakes.clock import START, FakeClock
from tests.fakes.detections import detection
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

HOUR = timedelta(hours=1)
COVERS = "/api/v1/on-call/covers"


def duty() -> Duty:
    return Duty.from_settings(Settings.model_validate(CONFIGURATION))


def cover(person: str, begins: float, ends: float, *, instead_of: str | None = None, number: int = 0) -> ShiftCover:
    """In hours after the start."""
    at = START + number * timedelta(seconds=1)
    return ShiftCover(
        f"cov_{number}", "payments", person, START + begins * HOUR, START + ends * HOUR, "jo", at, at, instead_of
    )


async def on_call(house: ApiHouse, at: datetime | None = None) -> list[str]:
    asked = f"?at={at:%Y-%m-%dT%H:%M:%SZ}" if at else ""
    answer = await house.api.get(f"/api/v1/on-call{asked}")
    people: list[str] = answer.json()["schedules"][0]["people"]
    return people


async def test_a_shift_that_is_passed_on_calls_the_other_until_then_and_no_longer() -> None:
    comms, maya, ben = ScriptedNotifier(), ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=comms, maya=maya, ben=ben)
    people = duty()
    running = House(world, calls=people.calls)
    covers = ShiftCovers(people.settings, people.roster, running.store, world.clock, running.metrics)

    async with running.running():
        await covers.take(CoverWish("payments", "Ben", "Maya", ends_at=START + 2 * HOUR), by="Maya")
        world.claim(detection())
        await world.clock.settle()
        within = (len(maya.attempts), len(ben.attempts))
        world.clock.skip(3 * HOUR)
        world.claim(detection(episode="later", topic="app", minutes=180))
        await world.clock.settle()
        after = people.roster.people_on_call("payments", world.clock.now())

    assert within == (0, 1)
    assert ben.attempts[0].message.note == "On call for Payments: Ben until Mon 05 Jan 14:00 UTC"
    assert after == ("Maya",)


async def test_what_another_process_was_told_counts_here_within_a_second() -> None:
    world = World()
    here, there = duty(), duty()
    house = House(world)
    looking, told = (
        ShiftCovers(each.settings, each.roster, house.store, world.clock, house.metrics) for each in (here, there)
    )
    async with house.running():
        await told.take(CoverWish("payments", "Ben"), by="Ben")
        await looking.look()  # as it does every second
        taken = here.roster.people_on_call("payments", world.clock.now())
        await told.end((await told.all())[0].id, by="Ben")
        await looking.look()

    assert taken == ("Ben",)
    assert here.roster.people_on_call("payments", world.clock.now()) == ("Maya",)
    assert [entry.act for entry in world.tables.directive_entries] == ["cover.taken", "cover.ended"]
    assert "Ben takes payments from 05 Jan 12:00 until 12 Jan 08:00 UTC" in world.tables.directive_entries[0].text


async def test_over_http_it_is_ended_as_it_was_seen_or_not_at_all() -> None:
    async with api_house(clock=FakeClock(), duty=duty()) as house:
        made = await house.api.post_json(COVERS, {"schedule": "payments", "person": "Ben"})
        path = f"{COVERS}/{made.json()['id']}"

        over = await house.api.request("DELETE", path, {"If-Match": made.headers["etag"]})
        stale = await house.api.request("DELETE", path, {"If-Match": made.headers["etag"]})
        (listed,) = (await house.api.get(COVERS)).json()["covers"]

    assert (over.status, over.headers["etag"], listed["revision"]) == (200, '"2"', 2)
    assert (stale.status, stale.json()["type"]) == (412, "urn:tocsin:problem:stale")


async def test_over_http_it_is_listed_shown_and_ended() -> None:
    async with api_house(clock=FakeClock(), duty=duty()) as house:
        made = await house.api.post_json(
            COVERS, {"schedule": "payments", "person": "Ben", "instead_of": "Maya", "reason": "dentist"}
        )
        now, later = await on_call(house), await on_call(house, START + timedelta(days=8))
        shown = (await house.api.get("/api/v1/on-call")).json()["schedules"][0]["covers"]
        over = await house.api.request("DELETE", f"{COVERS}/{made.json()['id']}")
        again = await house.api.request("DELETE", f"{COVERS}/{made.json()['id']}")
        afterwards = await on_call(house)
        listed = await house.api.get(COVERS)
        unknown = await house.api.request("DELETE", f"{COVERS}/cov_none")

    assert made.status == 201
    assert made.json()["ends_at"] == "2026-01-12T08:00:00Z"  # where Maya's week ends
    assert (now, later, afterwards) == (["Ben"], ["Ben"], ["Maya"])
    assert [one["reason"] for one in shown] == ["dentist"]
    assert (over.status, again.json(), unknown.status) == (200, over.json(), 404)
    assert [one["id"] for one in listed.json()["covers"]] == [made.json()["id"]]


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"schedule": "nights"}, "There is no schedule 'nights'"),
        ({"person": "Zoe"}, "'Zoe' cannot be called; who can is Maya, Ben"),
        ({"ends_at": "2026-01-04T00:00:00Z"}, "ends after it begins"),
        ({"ends_at": "2026-03-05T00:00:00Z"}, "within 31 days"),
        ({"starts_at": "2027-01-05T00:00:00Z"}, "begins within 90 days"),
        ({"instead_of": "Ben"}, "from themselves"),
    ],
)
async def test_what_cannot_be_is_refused_with_what_can(wrong: dict[str, str], because: str) -> None:
    async with api_house(clock=FakeClock(), duty=duty()) as house:
        answer = await house.api.post_json(COVERS, {"schedule": "payments", "person": "Ben", **wrong})

    assert answer.status == 422
    assert because in answer.json()["detail"]


async def test_the_console_has_a_form_that_keeps_what_was_filled_in_and_a_button_that_ends_it() -> None:
    async with api_house(clock=FakeClock(), duty=duty()) as house:
        await sign_in(house.browser)
        page = await house.browser.get("/on-call")
        csrf = {"csrf": field(page, "csrf"), "schedule": "payments"}
        wrong = await house.browser.post_form(
            "/on-call/covers", {**csrf, "person": "Ben", "ends_at": "soon", "reason": "a&b"}
        )
        forged = await house.browser.post_form("/on-call/covers", {"schedule": "payments", "person": "Ben"})
        sent = await house.browser.post_form(
            "/on-call/covers",
            {**csrf, "person": "Ben", "instead_of": "Maya", "ends_at": "2026-01-06T08:00", "reason": "a<b"},
        )
        after = await house.browser.get("/on-call")
        ending = after.text.split('action="/on-call/covers/')[1].split('"')[0]
        ended = await house.browser.post_form(f"/on-call/covers/{ending}", csrf)
        finally_shown = await house.browser.get("/on-call")

    assert 'value="2026-01-12T08:00"' in page.text  # until the end of the shift, unless somebody says otherwise
    assert "<option selected>Maya</option>" in page.text
    assert wrong.status == 422
    assert "A time is written as 2026-01-05T09:00, in UTC." in wrong.text
    assert 'value="a&amp;b"' in wrong.text
    assert "<details open>" in wrong.text
    assert forged.status == 403
    assert (sent.status, ended.status) == (303, 303)
    assert "<strong><bdi>Ben</bdi></strong> until 6 Jan 08:00" in after.text
    assert "Ben for Maya, now to 6 Jan 08:00, said by jo: a&lt;b" in after.text
    assert "<strong><bdi>Maya</bdi></strong>" in finally_shown.text
    assert "Handed over" not in finally_shown.text


async def test_who_sees_some_brands_alone_looks_at_shifts_and_passes_on_none() -> None:
    holders = {
        "jo": Holder("jo", Role.ADMIN, None, BrandScope.of(["Acme"])),
        "root": Holder("root", Role.ADMIN),
    }
    ring = KeyRing({"jo": KEY, "root": "the-key-of-whoever-sees-every-brand"}, holders)
    everybody = {"Authorization": "Bearer the-key-of-whoever-sees-every-brand"}
    wish = {"schedule": "payments", "person": "Ben"}
    async with api_house(clock=FakeClock(), duty=duty(), ring=ring) as house:
        made = await AsgiClient(house.app, everybody).post_json(COVERS, wish)
        taken = await house.api.post_json(COVERS, wish)
        listed = await house.api.get(COVERS)
        ended = await house.api.request("DELETE", f"{COVERS}/{made.json()['id']}")
        looked = await on_call(house)
        await sign_in(house.browser)
        page = await house.browser.get("/on-call")
        csrf = field(await house.browser.get("/silences"), "csrf")
        posted = await house.browser.post_form(
            "/on-call/covers", {"csrf": csrf, "schedule": "payments", "person": "Maya"}
        )

    assert made.status == 201
    assert (taken.status, listed.status, ended.status, posted.status) == (403, 403, 403, 403)
    assert taken.json()["type"] == "urn:tocsin:problem:brands"
    assert looked == ["Ben"]  # everybody may know whom they would wake, and the refused changed nothing
    assert "<bdi>Ben</bdi>" in page.text
    assert "/on-call/covers" not in page.text


def test_only_the_turns_of_whom_it_is_for_are_taken_over() -> None:
    shifts = (
        Shift(START, START + 4 * HOUR, "Maya"),
        Shift(START + 2 * HOUR, START + 6 * HOUR, "Lead"),
        Shift(START + 4 * HOUR, START + 8 * HOUR, "Maya"),
    )

    assert covered(shifts, [cover("Ben", 3, 5, instead_of="Maya")]) == (
        Shift(START, START + 3 * HOUR, "Maya"),
        Shift(START + 2 * HOUR, START + 6 * HOUR, "Lead"),
        Shift(START + 3 * HOUR, START + 4 * HOUR, "Ben"),
        Shift(START + 4 * HOUR, START + 5 * HOUR, "Ben"),
        Shift(START + 5 * HOUR, START + 8 * HOUR, "Maya"),
    )


def test_what_was_taken_over_can_be_passed_on_again() -> None:
    shifts = (Shift(START, START + 4 * HOUR, "Maya"),)
    twice = [cover("Ben", 0, 4, instead_of="Maya"), cover("Lead", 1, 2, instead_of="Ben", number=1)]

    people = [(shift.person, shift.starts_at) for shift in covered(shifts, reversed(twice))]

    assert people == [("Ben", START), ("Lead", START + HOUR), ("Ben", START + 2 * HOUR)]


HOURS = st.integers(0, 12)
COVER = st.builds(
    lambda who, begins, hours, whose, number: cover(who, begins, begins + hours, instead_of=whose, number=number),
    st.sampled_from("abc"), HOURS, HOURS, st.sampled_from([None, "a", "b", "c"]), st.integers(0, 9),
)  # fmt: skip
SHIFTS = st.lists(
    st.builds(lambda who, at, hours: Shift(START + at * HOUR, START + (at + hours) * HOUR, who),
              st.sampled_from("abc"), HOURS, st.integers(1, 6)),
    max_size=5,
)  # fmt: skip


@given(SHIFTS, st.lists(COVER, max_size=4, unique_by=lambda one: one.id))
def test_at_every_hour_it_is_as_asking_one_cover_after_the_other_says(
    shifts: list[Shift], covers: list[ShiftCover]
) -> None:
    found = covered(shifts, covers)

    for hour in range(25):
        at = START + hour * HOUR
        people = {shift.person for shift in shifts if shift.covers(at)}
        for one in sorted(covers, key=lambda cover: cover.created_at):
            if one.holds(at) and one.instead_of is None:
                people = {one.person}
            elif one.holds(at) and one.instead_of in people:
                people = people - {one.instead_of} | {one.person}
        assert {shift.person for shift in found if shift.covers(at)} == people


async def test_without_an_end_of_the_shift_somebody_has_to_say_until_when() -> None:
    alone = {
        **CONFIGURATION,
        "schedules": [{"name": "payments", "rotation": {"people": ["Maya"], "begins_on": "2026-01-05"}}],
    }
    people = Duty.from_settings(Settings.model_validate(alone))
    world = World()
    house = House(world)
    covers = ShiftCovers(people.settings, people.roster, house.store, world.clock, house.metrics)

    with pytest.raises(DirectiveRefused, match="say until when"):
        await covers.take(CoverWish("payments", "Ben"), by="Ben")
