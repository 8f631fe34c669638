"""From the onset to the fix: when each step was reached, and how that is known."""

from datetime import datetime, timedelta

import msgspec

from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.model import Incident, IncidentState, TimelineEntry, Transition
from alerting.incidents.outline import outline_of
from alerting.incidents.statement import Statement
from alerting.reports.milestones import Milestone, Step, milestones
from tests.fakes.clock import START
from tests.fakes.stored import delivery, incident

MINUTE = timedelta(minutes=1)
OPENED = msgspec.structs.replace(incident(0), onset_at=START - 2 * MINUTE, owner="Payments")


def happened(transition: Transition, minutes: int, actor: str = "jo", paged: tuple[str, ...] = ()) -> TimelineEntry:
    return TimelineEntry(OPENED.id, START + minutes * MINUTE, transition, actor, "", paged=paged)


def arrived(seconds: float, change: Transition = Transition.OPENED, receiver: str = "comms") -> Delivery:
    made = delivery(f"d{seconds}", OPENED, change, receiver=receiver, notifier="slack:0")
    return msgspec.structs.replace(made, state=DeliveryState.SENT, sent_at=START + timedelta(seconds=seconds))


def reached(
    of: Incident, *timeline: TimelineEntry, deliveries: tuple[Delivery, ...] | None = ()
) -> dict[Step, Milestone]:
    return {one.step: one for one in milestones(outline_of(of), timeline, deliveries)}


def at(minutes: float) -> datetime:
    return START + minutes * MINUTE


def test_every_step_of_an_incident_that_was_worked_on_has_its_time_and_its_span() -> None:
    said = Statement("Rolled back", "ada", at(31), cause="release 8.2", fixed_at=at(30), cause_at=at(20))
    over = msgspec.structs.replace(OPENED, state=IncidentState.RESOLVED, statement=said, resolved_at=at(90))

    found = milestones(outline_of(over), (happened(Transition.ACKNOWLEDGED, 5),), (arrived(1.5),))

    assert [(one.step.value, one.took_seconds, one.since_onset_seconds) for one in found] == [
        ("onset", None, 0.0),
        ("detected", 120.0, 120.0),
        ("paged", 1.5, 121.5),
        ("acknowledged", 298.5, 420.0),
        ("owner_accepted", 0.0, 420.0),
        ("cause_stated", 900.0, 1320.0),
        ("fixed", 600.0, 1920.0),
    ]


def test_what_did_not_happen_is_unknown_and_says_why() -> None:
    found = reached(msgspec.structs.replace(OPENED, owner=None))

    unknown = {step: one.because for step, one in found.items() if one.at is None}
    assert unknown == {
        Step.PAGED: "nobody was paged",
        Step.ACKNOWLEDGED: "nobody acknowledged it",
        Step.OWNED: "it has no owner",
        Step.EXPLAINED: "nobody stated a cause",
        Step.FIXED: "it is not resolved",
    }
    assert all(found[step].took_seconds is None and found[step].since_onset_seconds is None for step in unknown)


def test_the_step_after_an_unknown_one_took_nobody_knows_how_long() -> None:
    found = reached(OPENED, happened(Transition.ACKNOWLEDGED, 5))

    assert (found[Step.ACKNOWLEDGED].took_seconds, found[Step.ACKNOWLEDGED].since_onset_seconds) == (None, 420.0)


def test_the_first_page_that_arrived_counts_and_what_is_no_page_does_not() -> None:
    told = (arrived(0.5, Transition.GREW), arrived(9.0), arrived(3.0, Transition.CALLED, receiver="ops"))

    found = reached(OPENED, deliveries=told)

    assert (found[Step.PAGED].at, found[Step.PAGED].because) == (START + timedelta(seconds=3), "ops over slack")


def test_a_page_that_never_arrived_is_no_page_and_one_that_is_forgotten_is_unknown() -> None:
    refused = msgspec.structs.replace(arrived(3.0), state=DeliveryState.REJECTED, sent_at=None)
    decided = happened(Transition.OPENED, 0, actor="tocsin", paged=("comms",))

    never, forgotten = reached(OPENED, deliveries=(refused,)), reached(OPENED, decided, deliveries=None)

    assert never[Step.PAGED].because == "a page was made, and none arrived"
    assert forgotten[Step.PAGED].at is None
    assert forgotten[Step.PAGED].because == "comms was to be paged; whether it arrived is no longer kept"


def test_the_owner_accepted_after_the_last_not_mine() -> None:
    found = reached(
        OPENED,
        happened(Transition.ACKNOWLEDGED, 2, actor="jo"),
        happened(Transition.PASSED_ON, 4, actor="jo"),
        happened(Transition.ACKNOWLEDGED, 9, actor="ada"),
    )

    assert found[Step.ACKNOWLEDGED].at == at(2)
    assert (found[Step.OWNED].at, found[Step.OWNED].because) == (at(9), "Payments, by ada after it was passed on")


def test_passed_on_and_taken_by_nobody_is_not_accepted() -> None:
    found = reached(OPENED, happened(Transition.ACKNOWLEDGED, 2), happened(Transition.PASSED_ON, 4))

    assert (found[Step.OWNED].at, found[Step.OWNED].because) == (None, "nobody acknowledged it for Payments")


def test_without_a_statement_it_was_fixed_when_it_was_resolved_and_that_is_said() -> None:
    by_itself = msgspec.structs.replace(OPENED, state=IncidentState.RESOLVED, resolved_at=at(40), resolved_by="tocsin")
    by_jo = msgspec.structs.replace(by_itself, resolved_by="jo")

    assert reached(by_itself)[Step.FIXED].because == "nobody stated when; it went back to usual by itself"
    assert (reached(by_jo)[Step.FIXED].at, reached(by_jo)[Step.FIXED].because) == (
        at(40),
        "nobody stated when; resolved by jo",
    )


def test_what_was_withdrawn_or_merged_was_not_fixed() -> None:
    over = msgspec.structs.replace(OPENED, state=IncidentState.RESOLVED, resolved_at=at(3), resolved_by="tocsin")
    merged = msgspec.structs.replace(over, merged_into="inc_older")

    withdrawn = reached(over, happened(Transition.WITHDRAWN, 3, actor="tocsin"))

    assert (withdrawn[Step.FIXED].at, withdrawn[Step.FIXED].because) == (
        None,
        "it was withdrawn: there was nothing to fix",
    )
    assert reached(merged)[Step.FIXED].because == "merged into inc_older, which goes on"


def test_an_acknowledgement_before_the_page_arrived_is_told_as_negative() -> None:
    found = reached(OPENED, happened(Transition.ACKNOWLEDGED, 1), deliveries=(arrived(90.0),))

    assert found[Step.ACKNOWLEDGED].took_seconds == -30.0
