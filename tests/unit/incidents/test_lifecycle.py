from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from alerting.errors import TransitionRefused
from alerting.incidents.lifecycle import REOPEN_WITHIN, acknowledge, apply_detection, resolve
from alerting.incidents.model import Incident, IncidentState, Severity, Transition
from alerting.incidents.outcome import Outcome
from streams.events import Detection, Direction, Phase
from streams.findings import Excess
from streams.topic import Topic
from tests.fakes.clock import START
from tests.fakes.detections import detection, evidence

TOPIC = Topic(id="refunds", name="Refunds", query="refund", brand="Acme", owner="Payments")
MILD = evidence(observed=200, negative_share=0.31, per_minute=40.0, polarity=-0.08)


def applied(incident: Incident | None, claim: Detection, now: datetime = START) -> Outcome:
    return apply_detection(incident, claim, TOPIC, now)


def incident_after(*claims: Detection, now: datetime = START) -> Incident:
    incident: Incident | None = None
    for claim in claims:
        incident = applied(incident, claim, now).incident
    assert incident is not None
    return incident


def test_the_first_claim_opens_an_incident_that_says_what_and_how_big() -> None:
    outcome = applied(None, detection())

    incident = outcome.incident
    assert outcome.transition is Transition.OPENED
    assert outcome.replaces is None
    assert incident is not None
    assert incident.title == "Acme Refunds: surge of angry mentions"
    assert incident.why.startswith("143 mentions a minute, expected 29 to 46; 72% negative, usually 31%")
    assert (incident.state, incident.owner, incident.revision) == (IncidentState.TRIGGERED, "Payments", 1)
    assert [entry.transition for entry in outcome.entries] == [Transition.OPENED]


def test_the_timeline_says_when_it_began_and_how_sure_that_is() -> None:
    claim = replace(
        detection(), onset_earliest=START - timedelta(minutes=9), onset_latest=START - timedelta(minutes=2)
    )  # the onset is four minutes before noon

    (entry,) = applied(None, claim).entries

    assert entry.text.endswith("It began about 11:56 (between 11:51 and 11:58).")


def test_the_same_claim_at_the_same_time_opens_the_same_incident() -> None:
    assert applied(None, detection()).incident == applied(None, detection()).incident


@pytest.mark.parametrize("phase", [Phase.GREW, Phase.PEAKED])
def test_an_event_whose_beginning_was_missed_still_opens(phase: Phase) -> None:
    assert applied(None, detection(phase)).transition is Transition.OPENED


@pytest.mark.parametrize("phase", [Phase.ENDED, Phase.WITHDRAWN])
def test_the_end_of_an_unknown_event_opens_nothing(phase: Phase) -> None:
    assert applied(None, detection(phase)) == Outcome(None, Transition.UNCHANGED)


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (Phase.GREW, Transition.GREW),
        (Phase.PEAKED, Transition.PEAKED),
        (Phase.ENDED, Transition.RESOLVED),
        (Phase.WITHDRAWN, Transition.WITHDRAWN),
    ],
)
def test_each_phase_of_an_open_incident_has_its_transition(phase: Phase, expected: Transition) -> None:
    opened = incident_after(detection())

    outcome = applied(opened, detection(phase, sequence=1, minutes=5))

    assert outcome.transition is expected
    assert outcome.replaces == 1
    assert outcome.incident is not None
    assert outcome.incident.revision == 2
    assert [entry.transition for entry in outcome.entries] == [expected]


def test_what_goes_on_is_counted_and_nothing_else_about_it_changes() -> None:
    opened = incident_after(detection(seen=MILD))
    whole = Excess(START, mentions=1240, expected=140.0, other=0.0, sampled=100)
    worse = replace(evidence(reach=1_900_000), excess=whole)  # SEV1, had it been news

    outcome = applied(opened, detection(Phase.COUNTED, sequence=1, minutes=5, seen=worse))

    assert outcome.transition is Transition.COUNTED
    assert [entry.text for entry in outcome.entries] == ["Goes on: 1,240 mentions since 12:00, 1,100 above expected"]
    counted = outcome.incident
    assert counted is not None
    assert counted.evidence == replace(worse, unanswered_share=None)
    assert counted.why.startswith("143 mentions a minute")
    assert [part.evidence.observed for part in counted.parts] == [worse.observed]
    assert counted.peak_per_minute == 143.0
    shown = {"evidence", "why", "title", "parts", "peak_per_minute", "last_detection_at", "revision"}
    changed = {name for name in Incident.__struct_fields__ if getattr(counted, name) != getattr(opened, name)}
    assert changed <= shown


@pytest.mark.parametrize(
    ("kept", "claim"),
    [
        (incident_after(detection(minutes=6)), detection(Phase.COUNTED, sequence=1, minutes=5)),
        (incident_after(detection()), detection(Phase.COUNTED, sequence=1, minutes=5, episode="another")),
        (resolve(incident_after(detection()), "Ana", START).incident, detection(Phase.COUNTED, sequence=1, minutes=5)),
        (
            incident_after(detection(), detection(Phase.ENDED, sequence=1, minutes=9)),
            detection(Phase.COUNTED, sequence=2, minutes=30, seen=evidence(reach=90_000_000)),
        ),
        (incident_after(detection(history=True)), detection(Phase.COUNTED, sequence=1, minutes=5)),
        (None, detection(Phase.COUNTED, sequence=1, minutes=5)),
    ],
    ids=["older than what is known", "another event", "resolved by a person", "over", "past", "never seen"],
)
def test_a_count_opens_nothing_and_overrules_nothing(kept: Incident | None, claim: Detection) -> None:
    outcome = applied(kept, claim)

    assert outcome.transition is Transition.UNCHANGED
    assert outcome.incident == kept
    assert outcome.entries == ()


def test_more_harm_raises_the_severity_and_says_so() -> None:
    opened = incident_after(detection(seen=MILD))

    outcome = applied(opened, detection(Phase.GREW, sequence=1, minutes=5, seen=evidence(reach=1_900_000)))

    assert outcome.transition is Transition.SEVERITY_CHANGED
    assert outcome.incident is not None
    assert opened.severity is Severity.SEV4
    assert outcome.incident.severity is Severity.SEV1
    assert outcome.entries[0].text.startswith("Raised from SEV4 to SEV1")


def test_far_less_harm_lowers_the_severity_by_a_step_and_says_so() -> None:
    opened = incident_after(detection(seen=evidence(reach=1_900_000)))

    outcome = applied(opened, detection(Phase.GREW, sequence=1, minutes=5, seen=MILD))

    assert outcome.transition is Transition.SEVERITY_LOWERED
    assert outcome.incident is not None
    assert outcome.incident.severity is Severity.SEV2
    assert outcome.entries[0].text.startswith("Lowered from SEV1 to SEV2")
    assert outcome.incident.peak_per_minute == 143.0


def test_a_claim_older_than_the_last_one_changes_nothing() -> None:
    opened = incident_after(detection(minutes=5))

    outcome = applied(opened, detection(Phase.GREW, sequence=1, minutes=4))

    assert outcome.transition is Transition.UNCHANGED
    assert outcome.incident == opened


def test_a_second_detector_joins_the_open_incident() -> None:
    opened = incident_after(detection())

    outcome = applied(opened, detection(episode="e2", detector="sentiment"))

    assert outcome.transition is Transition.GREW
    assert outcome.incident is not None
    assert outcome.incident.id == opened.id
    assert outcome.incident.detectors == ("volume", "sentiment")
    assert outcome.incident.episodes == ("e1", "e2")


def test_an_incident_is_over_when_its_last_detector_says_so() -> None:
    both = incident_after(detection(), detection(episode="e2", detector="sentiment"))

    first = applied(both, detection(Phase.ENDED, sequence=1, minutes=60))
    assert first.incident is not None
    last = applied(first.incident, detection(Phase.ENDED, episode="e2", detector="sentiment", minutes=70))

    assert first.transition is Transition.UNCHANGED
    assert first.incident.state is IncidentState.TRIGGERED
    assert first.incident.running == ("e2",)
    assert last.transition is Transition.RESOLVED


def test_what_one_detector_withdraws_while_another_confirmed_it_is_resolved_not_withdrawn() -> None:
    both = incident_after(
        detection(),
        detection(episode="e2", detector="sentiment"),
        detection(Phase.ENDED, sequence=1, minutes=60),
    )

    outcome = applied(both, detection(Phase.WITHDRAWN, episode="e2", detector="sentiment", minutes=61))

    assert outcome.transition is Transition.RESOLVED


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (REOPEN_WITHIN, Transition.REOPENED),
        (REOPEN_WITHIN + timedelta(seconds=1), Transition.OPENED),
    ],
)
def test_a_new_episode_reopens_within_two_hours_of_event_time(gap: timedelta, expected: Transition) -> None:
    over = incident_after(detection(), detection(Phase.ENDED, sequence=1, minutes=60))

    outcome = applied(over, detection(episode="e2", minutes=60 + gap.total_seconds() / 60))

    assert outcome.transition is expected
    assert outcome.incident is not None
    assert (outcome.incident.id == over.id) is (expected is Transition.REOPENED)
    assert outcome.incident.state is IncidentState.TRIGGERED
    assert outcome.incident.resolved_at is None


def test_catching_up_reopens_nothing_that_was_long_over_in_event_time() -> None:
    over = incident_after(detection(), detection(Phase.ENDED, sequence=1, minutes=60))

    outcome = applied(over, detection(episode="e2", minutes=60 + 600), now=START)

    assert outcome.transition is Transition.OPENED


def test_a_persons_resolution_stands_while_the_event_gets_no_worse() -> None:
    opened = incident_after(detection())
    closed = resolve(opened, "Kim", START).incident
    assert closed is not None

    outcome = applied(closed, detection(Phase.GREW, sequence=1, minutes=5))

    assert outcome.transition is Transition.UNCHANGED
    assert outcome.incident == closed


def test_an_event_that_got_worse_than_what_a_person_closed_opens_again() -> None:
    opened = incident_after(detection(seen=MILD))
    closed = resolve(opened, "Kim", START).incident
    assert closed is not None

    outcome = applied(closed, detection(Phase.GREW, sequence=1, minutes=5, seen=evidence(reach=1_900_000)))

    assert outcome.transition is Transition.REOPENED
    assert outcome.incident is not None
    assert outcome.incident.severity is Severity.SEV1


def test_past_data_becomes_a_resolved_incident_of_its_own_time() -> None:
    outcome = applied(None, detection(history=True, minutes=-10_000), now=START)

    incident = outcome.incident
    assert incident is not None
    assert incident.history
    assert incident.state is IncidentState.RESOLVED
    assert incident.opened_at == START - timedelta(minutes=10_000)


def test_an_event_that_began_in_past_data_and_goes_on_is_told() -> None:
    past = incident_after(detection(history=True))

    outcome = applied(past, detection(Phase.GREW, sequence=1, minutes=5), now=START)

    assert outcome.transition is Transition.OPENED
    assert outcome.incident is not None
    assert outcome.incident.id == past.id
    assert not outcome.incident.history
    assert outcome.incident.state is IncidentState.TRIGGERED


def test_an_acknowledgement_names_who_and_when() -> None:
    outcome = acknowledge(incident_after(detection()), "Kim\x1b[31m Lee", START, "on it")

    incident = outcome.incident
    assert incident is not None
    assert outcome.transition is Transition.ACKNOWLEDGED
    assert (incident.state, incident.acknowledged_at) == (IncidentState.ACKNOWLEDGED, START)
    assert incident.acknowledged_by == "Kim[31m Lee"
    assert outcome.entries[0].text == "Acknowledged by Kim[31m Lee: on it"


def test_acknowledging_twice_changes_nothing() -> None:
    once = acknowledge(incident_after(detection()), "Kim", START).incident
    assert once is not None

    assert acknowledge(once, "Lee", START) == Outcome(once, Transition.UNCHANGED, replaces=once.revision)


def test_resolving_twice_changes_nothing() -> None:
    once = resolve(incident_after(detection()), "Kim", START).incident
    assert once is not None

    assert resolve(once, "Lee", START).transition is Transition.UNCHANGED


def test_a_resolved_incident_cannot_be_acknowledged_and_the_message_says_what_can() -> None:
    over = resolve(incident_after(detection()), "Kim", START).incident
    assert over is not None

    with pytest.raises(TransitionRefused, match="only a triggered incident can be acknowledged"):
        acknowledge(over, "Lee", START)


class TestASecondWaveOfTheSameEvent:
    def test_is_told_in_an_open_incident(self) -> None:
        outcome = applied(
            incident_after(detection()), replace(detection(Phase.GREW, sequence=1, minutes=5), again=True)
        )

        assert outcome.transition is Transition.GREW
        assert outcome.entries[0].text.startswith("Rises again: ")

    def test_opens_again_what_somebody_resolved_after_the_first_one(self) -> None:
        resolved = resolve(incident_after(detection()), "Ana", START + timedelta(minutes=4)).incident
        second = replace(detection(Phase.GREW, sequence=1, minutes=5), again=True)

        outcome = applied(resolved, second, START + timedelta(minutes=5))

        assert outcome.transition is Transition.REOPENED
        assert outcome.incident is not None
        assert outcome.incident.state is IncidentState.TRIGGERED

    @pytest.mark.parametrize(("again", "resolved"), [(False, 4), (True, 6)], ids=["growth", "known to who resolved it"])
    def test_and_nothing_less_does(self, again: bool, resolved: int) -> None:  # noqa: FBT001
        closed = resolve(incident_after(detection()), "Ana", START + timedelta(minutes=resolved)).incident
        claim = replace(detection(Phase.GREW, sequence=1, minutes=5), again=again)

        assert applied(closed, claim, START + timedelta(minutes=7)).transition is Transition.UNCHANGED


def test_an_acknowledged_incident_stays_acknowledged_while_it_grows() -> None:
    taken = acknowledge(incident_after(detection()), "Kim", START).incident

    outcome = applied(taken, detection(Phase.GREW, sequence=1, minutes=5))

    assert outcome.incident is not None
    assert outcome.incident.state is IncidentState.ACKNOWLEDGED


def test_anger_turns_a_joyful_rise_into_a_crisis() -> None:
    joyful = incident_after(detection(direction=Direction.VIRAL))

    outcome = applied(joyful, replace(detection(episode="e2", detector="sentiment"), direction=Direction.CRISIS))

    assert outcome.incident is not None
    assert outcome.incident.direction is Direction.CRISIS


def test_control_characters_of_a_configured_name_go_nowhere() -> None:
    topic = Topic(id="refunds", name="Refunds\x1b[2J\u202e", query="refund")

    incident = apply_detection(None, detection(), topic, START).incident

    assert incident is not None
    assert incident.topic_name == "Refunds[2J"


class TestASilentFeed:
    silence = replace(
        evidence(), observed=0, expected=300.0, per_minute=0.0, window_seconds=600, negative_share=None, polarity=None
    )
    opened = replace(
        detection(), topic="feed/forum", direction=Direction.QUIET, detector="feed quiet", evidence=silence
    )

    def test_is_an_incident_of_its_own_kind_that_says_since_when_and_what_is_missing(self) -> None:
        incident = apply_detection(None, self.opened, None, START).incident

        assert incident is not None
        assert incident.title == "feed/forum: quiet"
        assert incident.why == (
            "Nothing arrived for 10 min; about 300 were to be expected. What is said there reaches nobody."
        )
        assert (incident.severity, incident.direction) == (Severity.SEV3, Direction.QUIET)

    def test_is_resolved_when_it_delivers_again(self) -> None:
        incident = apply_detection(None, self.opened, None, START).incident
        ended = replace(self.opened, id="another", sequence=1, phase=Phase.ENDED)

        outcome = apply_detection(incident, ended, None, START + timedelta(minutes=30))

        assert outcome.transition is Transition.RESOLVED
        assert outcome.entries[-1].text == "It delivers again"
