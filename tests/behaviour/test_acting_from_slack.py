import asyncio

import pytest

from alerting.incidents.model import IncidentState, Transition
from alerting.notifiers.slack_blocks import ACKNOWLEDGE, ASSIGN, RESOLVE
from streams.events import Phase
from tests.fakes.detections import detection
from tests.fakes.slack_house import ADA, GUEST, READER, SlackHouse, slack_house


async def until_told_privately(house: SlackHouse, answers: int = 1) -> list[str]:
    async with asyncio.timeout(10):
        while len(house.slack.app.private) < answers:
            await house.slack.app.changed()
    return list(house.slack.app.private)


async def test_a_pressed_acknowledge_goes_down_under_the_persons_name_and_changes_the_message() -> None:
    async with slack_house() as it:
        answer = await it.press(ACKNOWLEDGE)
        await it.until_shown("Acknowledged by Ada Lovelace")

        entries = it.house.world.tables.entries
        assert (answer.status, answer.body) == (200, b"")
        assert it.incident.state is IncidentState.ACKNOWLEDGED
        assert [(entry.transition, entry.actor) for entry in entries][-1] == (Transition.ACKNOWLEDGED, "Ada Lovelace")
        assert it.house.metric("tocsin_inbound_total", vendor="slack", outcome="done") == 1
        with pytest.raises(LookupError):  # the button is gone: nobody needs to press it again
            it.slack.press(it.reference, ACKNOWLEDGE, user=ADA)
        assert it.slack.press(it.reference, RESOLVE, user=ADA).body


async def test_a_resolved_incident_has_no_buttons_that_act() -> None:
    async with slack_house() as it:
        await it.press(RESOLVE)
        await it.until_shown("Resolved by Ada Lovelace")

        for act in (ACKNOWLEDGE, RESOLVE, ASSIGN):
            with pytest.raises(LookupError):
                it.slack.press(it.reference, act, user=ADA)


async def test_whom_somebody_chooses_from_the_menu_has_it_and_the_message_says_so() -> None:
    async with slack_house() as it:
        answer = await it.press(ASSIGN, user=ADA, selected="U0GRACE")
        await it.until_shown("assigned to Grace Hopper")
        await it.until_shown("Assigned to Grace Hopper by Ada Lovelace")

        entries = it.house.world.tables.entries
        assert (answer.status, answer.body) == (200, b"")
        assert (it.incident.assignee, it.incident.state) == ("Grace Hopper", IncidentState.TRIGGERED)
        assert [(entry.transition, entry.actor) for entry in entries][-1] == (Transition.ASSIGNED, "Ada Lovelace")


async def test_an_incident_that_somebody_has_acknowledged_can_still_be_given_to_somebody() -> None:
    async with slack_house() as it:
        await it.press(ACKNOWLEDGE)
        await it.until_shown("Acknowledged by Ada Lovelace")

        await it.press(ASSIGN, user=ADA, selected="U0GRACE")

        assert (it.incident.assignee, it.incident.state) == ("Grace Hopper", IncidentState.ACKNOWLEDGED)


@pytest.mark.parametrize("chosen", [GUEST, READER])
async def test_whom_nobody_linked_or_who_may_not_act_cannot_be_chosen(chosen: str) -> None:
    async with slack_house() as it:
        await it.press(ASSIGN, user=ADA, selected=chosen)
        [told] = await until_told_privately(it)

        assert "is not linked to a person with the role responder" in told
        assert it.incident.assignee is None


async def test_a_menu_in_which_nobody_was_chosen_does_nothing() -> None:
    async with slack_house() as it:
        answer = await it.press(ASSIGN, user=ADA)

        assert answer.status == 200
        assert it.incident.assignee is None


async def test_somebody_who_is_not_linked_is_told_so_privately_and_nothing_happens() -> None:
    async with slack_house() as it:
        answer = await it.press(ACKNOWLEDGE, user=GUEST)
        [told] = await until_told_privately(it)

        assert answer.status == 200
        assert GUEST in told
        assert it.incident.state is IncidentState.TRIGGERED
        assert it.house.metric("tocsin_inbound_total", vendor="slack", outcome="unlinked") == 1


async def test_somebody_without_the_responder_role_is_told_so_privately_and_nothing_happens() -> None:
    async with slack_house() as it:
        await it.press(ACKNOWLEDGE, user=READER)
        [told] = await until_told_privately(it)

        assert "responder" in told
        assert it.incident.state is IncidentState.TRIGGERED


async def test_who_came_second_learns_privately_who_was_first() -> None:
    async with slack_house() as it:
        late = it.slack.press(it.reference, ACKNOWLEDGE, user="U0GRACE")
        await it.press(ACKNOWLEDGE)

        await it.post(late)
        [told] = await until_told_privately(it)

        assert told == "Ada Lovelace has acknowledged it already."
        assert it.incident.acknowledged_by == "Ada Lovelace"


async def test_a_replayed_request_acts_once_even_where_acting_again_would_change_something() -> None:
    async with slack_house() as it:
        resolving = it.slack.press(it.reference, RESOLVE, user=ADA)
        await it.post(resolving)
        await it.house.world.clock.advance(60)
        it.house.world.claim(detection(Phase.OPENED, sequence=9, minutes=2, episode="e2"))
        await it.until_shown("Back again")

        answer = await it.post(resolving)  # its signature is one minute old, and so still good

        assert answer.status == 200
        assert it.incident.state is IncidentState.TRIGGERED
        resolved = [entry for entry in it.house.world.tables.entries if entry.transition is Transition.RESOLVED]
        assert len(resolved) == 1


async def test_while_the_database_is_down_slack_hears_that_it_did_not_work_and_the_same_press_may_come_again() -> None:
    async with slack_house() as it:
        pressed = it.slack.press(it.reference, ACKNOWLEDGE, user=ADA)
        it.house.store.down = True
        down = await it.post(pressed)
        it.house.store.down = False

        up = await it.post(pressed)

        assert (down.status, up.status) == (503, 200)
        assert it.incident.state is IncidentState.ACKNOWLEDGED


async def test_over_socket_mode_a_press_acts_with_no_port_open_and_is_confirmed_after_it_acted() -> None:
    async with slack_house() as it, asyncio.TaskGroup() as group, asyncio.timeout(20):
        stop = asyncio.Event()
        assert it.inbound.slack_socket is not None
        running = group.create_task(it.inbound.slack_socket.run(stop), name="socket")
        while not it.slack.app.connections:
            await it.slack.app.changed()

        await it.slack.app.send(it.slack.pressed(it.reference, ACKNOWLEDGE, user=ADA), envelope_id="env-1")
        while not it.slack.app.confirmed:
            await it.slack.app.changed()
        state_when_confirmed = it.incident.state
        await it.until_shown("Acknowledged by Ada Lovelace")
        stop.set()
        await running

        assert list(it.slack.app.confirmed) == ["env-1"]
        assert state_when_confirmed is IncidentState.ACKNOWLEDGED


async def test_over_socket_mode_an_unlinked_person_is_answered_privately() -> None:
    async with slack_house() as it, asyncio.TaskGroup() as group, asyncio.timeout(20):
        stop = asyncio.Event()
        assert it.inbound.slack_socket is not None
        group.create_task(it.inbound.slack_socket.run(stop), name="socket")
        while not it.slack.app.connections:
            await it.slack.app.changed()

        await it.slack.app.send(it.slack.pressed(it.reference, ACKNOWLEDGE, user=GUEST), envelope_id="env-1")
        [told] = await until_told_privately(it)
        stop.set()

        assert GUEST in told
        assert it.incident.state is IncidentState.TRIGGERED


async def test_a_connection_that_slack_moves_is_opened_again_at_once() -> None:
    async with slack_house() as it, asyncio.TaskGroup() as group, asyncio.timeout(20):
        stop = asyncio.Event()
        assert it.inbound.slack_socket is not None
        group.create_task(it.inbound.slack_socket.run(stop), name="socket")
        while not it.slack.app.connections:
            await it.slack.app.changed()

        await it.slack.app.move()
        while it.slack.app.connections:
            await it.slack.app.changed()
        while not it.slack.app.connections:
            await it.slack.app.changed()
        await it.slack.app.send(it.slack.pressed(it.reference, ACKNOWLEDGE, user=ADA), envelope_id="env-2")
        await it.until_shown("Acknowledged by Ada Lovelace")
        stop.set()


@pytest.mark.parametrize("timestamp", ["", "soon", "1e9", "-1", "²", "9" * 400, "1767614400.5", " 1767614400"])
async def test_a_bad_timestamp_is_a_401(timestamp: str) -> None:
    async with slack_house() as it:
        pressed = it.slack.press(it.reference, ACKNOWLEDGE, user=ADA)
        pressed.headers["X-Slack-Request-Timestamp"] = timestamp

        answer = await it.post(pressed)

        assert answer.status == 401
        assert it.incident.state is IncidentState.TRIGGERED


async def test_a_signature_older_than_five_minutes_is_a_401() -> None:
    async with slack_house() as it:
        pressed = it.slack.press(it.reference, ACKNOWLEDGE, user=ADA)
        await it.house.world.clock.advance(301)

        answer = await it.post(pressed)

        assert answer.status == 401
        assert it.house.metric("tocsin_inbound_total", vendor="slack", outcome="forged") == 1
