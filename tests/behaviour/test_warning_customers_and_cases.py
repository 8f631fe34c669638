"""Customers are warned first, after comms approved; and cases of the ticket system travel with their thread."""

from datetime import timedelta

import pytest

from alerting.casebook import CaseWish
from alerting.directives.customer_note import NoteState
from alerting.directives.errand import Hook
from alerting.errors import DirectiveRefused, TransitionRefused
from alerting.incidents.model import Transition
from alerting.routing.notice_wish import NoticeWish
from tests.fakes.detections import detection
from tests.fakes.hook import ScriptedHook
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier


def outage(world: World) -> NoticeWish:
    return NoticeWish("outage", ("refunds",), "provider is down", world.clock.now() + timedelta(hours=2), owner="Ops")


async def test_a_draft_reaches_customers_only_after_comms_approved_it() -> None:
    customers = ScriptedHook()
    world = World()

    async with House(world, hooks={Hook.CUSTOMERS: customers}).running() as house:
        notice = await house.notices.add(outage(world), by="ops")
        note = await house.customer_notes.draft(notice.id, "Refunds are late today.", by="ops")
        await world.clock.advance(5)
        before = list(customers.attempts)
        approved = await house.customer_notes.approve(note.id, by="Maya", text="Refunds are late today. We are sorry.")
        await house.customer_notes.approve(note.id, by="Maya")
        await world.clock.settle()

    assert before == []
    assert (approved.state, approved.decided_by) == (NoteState.APPROVED, "Maya")
    [told] = customers.taken
    assert told.event == "customers.warn"
    assert told.data["text"] == "Refunds are late today. We are sorry."
    assert told.data["topics"] == ["refunds"]


async def test_what_was_discarded_is_never_sent() -> None:
    customers = ScriptedHook()
    world = World()

    async with House(world, hooks={Hook.CUSTOMERS: customers}).running() as house:
        notice = await house.notices.add(outage(world), by="ops")
        note = await house.customer_notes.draft(notice.id, None, by="ops")
        await house.customer_notes.discard(note.id, by="Maya")
        with pytest.raises(TransitionRefused):
            await house.customer_notes.approve(note.id, by="Maya")
        await world.clock.advance(5)

    assert note.text.startswith("Outage announced by Ops until")
    assert customers.attempts == []


async def test_a_case_gets_the_thread_and_what_it_says_stands_on_the_incident() -> None:
    comms, cases = ScriptedNotifier(), ScriptedHook()
    world = World(comms=comms)

    async with House(world, hooks={Hook.CASES: cases}).running() as house:
        world.claim(detection())
        await world.clock.settle()
        [incident] = world.incidents
        link = await house.cases.link(CaseWish("zendesk", "4711", incident=incident.id), by="Maya")
        again = await house.cases.link(CaseWish("zendesk", "4711", incident=incident.id), by="Jo")
        await world.clock.settle()
        [found] = await house.cases.find("zendesk", "4711")
        with pytest.raises(DirectiveRefused, match="not another"):
            await house.cases.hear(found.id, "closed", by="zendesk", thread="another")
        await house.cases.hear(found.id, "solved", by="zendesk", thread=cases.taken[0].data["thread"])
        await house.cases.hear(found.id, "solved", by="zendesk")
        await world.clock.settle()

    assert again == link
    [told] = cases.taken
    assert (told.event, told.data["case"], told.data["incident"]) == ("case.linked", "4711", incident.id)
    assert told.data["thread"] == link.thread
    assert world.incidents[0].cases == ("zendesk 4711: solved",)
    assert comms.told == [Transition.OPENED, Transition.COMMENTED, Transition.COMMENTED]
    assert comms.attempts[-1].message.said == "zendesk 4711 says: solved"


async def test_a_single_mention_has_a_case_too() -> None:
    cases = ScriptedHook()
    world = World()

    async with House(world, hooks={Hook.CASES: cases}).running() as house:
        await house.cases.link(CaseWish("calls", "c-9", mention="x:1", thread="conv-1"), by="Maya")
        await world.clock.settle()
        with pytest.raises(DirectiveRefused, match="exactly one"):
            await house.cases.link(CaseWish("calls", "c-9"), by="Maya")

    assert cases.taken[0].data == {
        "system": "calls",
        "case": "c-9",
        "thread": "conv-1",
        "incident": None,
        "mention": "x:1",
    }
