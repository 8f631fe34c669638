"""The two clocks, and what time alone does."""

from datetime import timedelta

from msgspec.structs import replace

from alerting.incidents.model import IncidentState, Transition
from alerting.incidents.promises import Promise, elapsed, standings
from alerting.settings import TargetSettings
from tests.fakes.stored import incident

TARGETS = TargetSettings(acknowledge_minutes=15, resolve_hours=8)
OPEN = incident(0)
START = OPEN.opened_at
MINUTE = timedelta(minutes=1)


def test_both_clocks_run_from_opening() -> None:
    acknowledge, resolve = standings(OPEN, TARGETS, START + 14 * MINUTE)

    assert (acknowledge.due_at, resolve.due_at) == (START + 15 * MINUTE, START + 480 * MINUTE)
    assert not acknowledge.overdue
    assert not resolve.overdue


def test_one_that_was_kept_too_late_stays_overdue_and_one_in_time_does_not() -> None:
    late = replace(OPEN, acknowledged_at=START + 16 * MINUTE, resolved_at=START + 20 * MINUTE)

    acknowledge, resolve = standings(late, TARGETS, START + 900 * MINUTE)

    assert acknowledge.overdue
    assert not resolve.overdue


def test_they_begin_anew_when_it_opens_again() -> None:
    again = replace(OPEN, reopened_at=START + 100 * MINUTE)

    assert standings(again, TARGETS, START)[0].due_at == START + 115 * MINUTE


def test_a_broken_promise_is_an_event_once() -> None:
    assert elapsed(OPEN, TARGETS, START + 15 * MINUTE) is None

    outcome = elapsed(OPEN, TARGETS, START + 16 * MINUTE)

    assert outcome is not None
    assert outcome.transition is Transition.ACKNOWLEDGE_OVERDUE
    assert outcome.entries[0].text == "Nobody has acknowledged it within 15 min"
    assert outcome.incident is not None
    assert outcome.incident.overdue == (Promise.ACKNOWLEDGE.value,)
    assert elapsed(outcome.incident, TARGETS, START + 17 * MINUTE) is None
    later = elapsed(outcome.incident, TARGETS, START + 481 * MINUTE)
    assert later is not None
    assert later.transition is Transition.RESOLVE_OVERDUE


def test_the_end_of_a_snooze_wakes_it_unacknowledged() -> None:
    snoozed = replace(
        OPEN,
        state=IncidentState.ACKNOWLEDGED,
        acknowledged_at=START + MINUTE,
        acknowledged_by="Maya",
        snoozed_until=START + 30 * MINUTE,
    )

    assert elapsed(snoozed, TARGETS, START + 29 * MINUTE) is None
    outcome = elapsed(snoozed, TARGETS, START + 30 * MINUTE)

    assert outcome is not None
    assert outcome.transition is Transition.WOKEN
    assert outcome.incident is not None
    assert (outcome.incident.state, outcome.incident.snoozed_until) == (IncidentState.TRIGGERED, None)


def test_nothing_happens_to_what_is_over_or_past() -> None:
    late = START + 900 * MINUTE

    assert elapsed(replace(OPEN, state=IncidentState.RESOLVED), TARGETS, late) is None
    assert elapsed(replace(OPEN, history=True), TARGETS, late) is None
