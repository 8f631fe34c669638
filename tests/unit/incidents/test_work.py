"""What people do to incidents, act by act."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from alerting.errors import TransitionRefused
from alerting.incidents.lifecycle import acknowledge, apply_detection, resolve
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.work import Act, Assign, Comment, PassOn, Snooze, State, perform
from streams.events import Phase
from streams.topic import Topic
from tests.fakes.clock import START
from tests.fakes.detections import detection, evidence

TOPIC = Topic(id="refunds", name="Refunds", query="refund", brand="Acme", owner="Payments")
HOUR = timedelta(hours=1)
MILD = evidence(observed=200, negative_share=0.31, per_minute=40.0, polarity=-0.08)


def opened() -> Incident:
    incident = apply_detection(None, detection(seen=MILD), TOPIC, START).incident
    assert incident is not None
    return incident


def after(incident: Incident, act: Act, comment: str | None = None) -> Incident:
    done = perform(incident, act, "Maya", START + HOUR, comment).incident
    assert done is not None
    return done


@pytest.mark.parametrize(
    ("act", "transition", "text"),
    [
        (Assign("Ravi"), Transition.ASSIGNED, "Assigned to Ravi by Maya: look"),
        (Comment("still slow"), Transition.COMMENTED, "Maya: still slow"),
        (Snooze(START + 2 * HOUR), Transition.SNOOZED, "Snoozed until 05 Jan 14:00 UTC by Maya: look"),
        (PassOn("App"), Transition.PASSED_ON, "Not theirs: passed on to App by Maya: look"),
        (PassOn(), Transition.PASSED_ON, "Not theirs: passed on to whoever takes it by Maya: look"),
        (State("Provider down", "DNS"), Transition.STATED, "Maya: Provider down. Cause: DNS."),
    ],
)
def test_each_act_has_a_transition_and_a_line(act: Act, transition: Transition, text: str) -> None:
    incident = opened()

    outcome = perform(incident, act, "Maya", START + HOUR, "look")

    assert outcome.transition is transition
    assert outcome.incident is not None
    assert outcome.incident.revision == incident.revision + 1
    [entry] = outcome.entries
    assert (entry.actor, entry.transition) == ("Maya", transition)
    assert entry.text.replace(f"{START + 2 * HOUR:%d %b %H:%M}", "05 Jan 14:00") == text


@pytest.mark.parametrize("act", [Assign("Ravi"), Snooze(START + 2 * HOUR), State("Provider down", "DNS")])
def test_the_same_act_again_changes_nothing(act: Act) -> None:
    once = after(opened(), act)

    again = perform(once, act, "Ravi", START + HOUR)

    assert again.transition is Transition.UNCHANGED
    assert again.incident == once


def test_passing_on_takes_the_acknowledgement_back_and_keeps_the_new_owner() -> None:
    acknowledged = acknowledge(replace(opened(), assignee="Maya"), "Maya", START).incident
    assert acknowledged is not None

    passed = after(acknowledged, PassOn("App"))
    grown = apply_detection(passed, detection(Phase.GREW, sequence=1, minutes=1), TOPIC, START).incident

    assert (passed.state, passed.acknowledged_by, passed.assignee) == (IncidentState.TRIGGERED, None, None)
    assert grown is not None
    assert grown.owner == "App"


@pytest.mark.parametrize("act", [Assign("Ravi"), Snooze(START + 2 * HOUR), PassOn()])
def test_what_is_over_is_not_worked_on(act: Act) -> None:
    over = resolve(opened(), "Maya", START).incident
    assert over is not None

    with pytest.raises(TransitionRefused, match="is resolved"):
        perform(over, act, "Maya", START + HOUR)

    assert after(over, Comment("it was the provider")).state is IncidentState.RESOLVED
    assert after(over, State("It was the provider")).statement is not None


@pytest.mark.parametrize(
    "until", [START, START + HOUR, START + timedelta(days=8), (START + 2 * HOUR).replace(tzinfo=None)]
)
def test_a_snooze_ends_within_seven_days(until: datetime) -> None:
    with pytest.raises(TransitionRefused, match="within the next seven days"):
        perform(opened(), Snooze(until), "Maya", START + HOUR)


@pytest.mark.parametrize(
    ("fixed_at", "why"),
    [(START + 2 * HOUR, "lies ahead"), (START - timedelta(days=8), "more than a week before it began")],
)
def test_a_fix_by_a_slip_of_the_calendar_is_refused(fixed_at: datetime, why: str) -> None:
    with pytest.raises(TransitionRefused, match=why):
        perform(opened(), State("Rolled back", fixed_at=fixed_at), "Maya", START + HOUR)


@pytest.mark.parametrize("act", [Assign(" "), Comment("\n"), State("\u202e"), PassOn("")])
def test_an_empty_text_is_refused(act: Act) -> None:
    with pytest.raises(TransitionRefused, match="is needed"):
        perform(opened(), act, "Maya", START + HOUR)


def test_nobody_passes_for_tocsin_itself() -> None:
    [entry] = perform(opened(), Comment("hm"), "Tocsin", START + HOUR).entries

    assert entry.actor == "Tocsin (a person)"


def test_getting_worse_ends_a_snooze() -> None:
    snoozed = after(opened(), Snooze(START + 2 * HOUR))
    worse = detection(Phase.GREW, sequence=1, minutes=1, seen=evidence(reach=1_900_000))

    outcome = apply_detection(snoozed, worse, TOPIC, START)

    assert outcome.transition is Transition.SEVERITY_CHANGED
    assert outcome.incident is not None
    assert outcome.incident.snoozed_until is None


def test_a_statement_is_one_line_the_same_everywhere() -> None:
    stated = after(opened(), State("Provider is down.", "DNS", START + 2 * HOUR, START + timedelta(days=2)))

    line = str(stated.statement)

    assert line == (
        f"Provider is down. Cause: DNS. Expected to be over {START + 2 * HOUR:%H:%M} UTC."
        f" Next update {(START + timedelta(days=2)).day} {START + timedelta(days=2):%b %H:%M} UTC."
    )
