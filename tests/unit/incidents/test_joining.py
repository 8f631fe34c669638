"""Joining, merging and splitting incidents."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from alerting.errors import TransitionRefused
from alerting.incidents.grouping import Grouping
from alerting.incidents.joining import join, merge, split
from alerting.incidents.lifecycle import acknowledge, apply_detection, resolve
from alerting.incidents.model import Incident, IncidentState, Severity, Transition
from alerting.incidents.part import GroupingReason
from streams.events import Detection, Phase
from tests.fakes.clock import START
from tests.fakes.detections import detection, evidence

MILD = evidence(observed=200, negative_share=0.31, per_minute=40.0, polarity=-0.08)
SEVERE = evidence(reach=1_900_000)


def opened(claim: Detection) -> Incident:
    incident = apply_detection(None, claim, None, START).incident
    assert incident is not None
    return incident


def because(incident: Incident) -> Grouping:
    return Grouping(incident, GroupingReason.SHARED_MENTIONS, "3 sampled mentions in common")


def two_topics() -> Incident:
    incident = opened(detection(seen=SEVERE))
    joined = join(incident, detection(topic="app", episode="e2", seen=MILD), None, because(incident), START).incident
    assert joined is not None
    return joined


def test_a_topic_joins_in_silence_and_the_reason_stands_on_the_incident() -> None:
    incident = opened(detection(seen=SEVERE))

    outcome = join(incident, detection(topic="app", episode="e2", seen=MILD), None, because(incident), START)

    assert outcome.incident is not None
    assert outcome.transition is Transition.UNCHANGED
    assert [(entry.transition, entry.text) for entry in outcome.entries] == [
        (Transition.JOINED, "app joined: 3 sampled mentions in common")
    ]
    assert outcome.incident.topics == ("refunds", "app")
    assert outcome.incident.parts[1].reason is GroupingReason.SHARED_MENTIONS
    assert outcome.incident.evidence == SEVERE
    assert outcome.incident.why.endswith("The same event shows in 1 more topic.")


def test_the_topic_that_began_first_says_when_the_event_began_and_how_sure_that_is() -> None:
    later = detection(seen=SEVERE)
    earlier = replace(
        detection(topic="app", episode="e2", seen=MILD),
        onset=later.onset - timedelta(minutes=9),
        onset_earliest=later.onset - timedelta(minutes=15),
        onset_latest=later.onset - timedelta(minutes=8),
    )
    incident = opened(later)

    joined = join(incident, earlier, None, because(incident), START).incident

    assert joined is not None
    assert (incident.onset_earliest, incident.onset_latest) == (None, None)
    assert joined.onset_at == earlier.onset
    assert (joined.onset_earliest, joined.onset_latest) == (earlier.onset_earliest, earlier.onset_latest)
    assert split(joined, frozenset({"app"}), "ana", START, "")[0].incident.onset_earliest is None  # type: ignore[union-attr]


def test_a_topic_that_makes_matters_worse_is_told() -> None:
    incident = opened(detection(seen=MILD))

    outcome = join(incident, detection(topic="app", episode="e2", seen=SEVERE), None, because(incident), START)

    assert outcome.transition is Transition.SEVERITY_CHANGED
    assert outcome.incident is not None
    assert (incident.severity, outcome.incident.severity) == (Severity.SEV4, Severity.SEV1)


def test_the_topic_with_far_more_excess_takes_the_lead() -> None:
    incident = opened(detection(seen=MILD))  # 15 above expected
    joined = join(incident, detection(topic="app", episode="e2", seen=SEVERE), None, because(incident), START).incident

    assert joined is not None
    assert joined.topics == ("app", "refunds")
    assert joined.title.startswith("app")


def test_it_is_over_when_the_last_topic_is() -> None:
    incident = two_topics()

    first = apply_detection(incident, detection(Phase.ENDED, sequence=1, minutes=9), None, START)
    assert first.incident is not None
    assert first.incident.state is IncidentState.TRIGGERED
    last = detection(Phase.ENDED, topic="app", episode="e2", sequence=1, minutes=10)
    second = apply_detection(first.incident, last, None, START)

    assert second.transition is Transition.RESOLVED


def test_another_topics_growth_is_kept_and_not_told() -> None:
    claim = detection(Phase.GREW, topic="app", episode="e2", sequence=1, minutes=1, seen=MILD)

    outcome = apply_detection(two_topics(), claim, None, START)

    assert outcome.transition is Transition.UNCHANGED
    assert [entry.transition for entry in outcome.entries] == [Transition.GREW]


def test_another_topics_count_is_kept_without_a_line_and_takes_no_lead() -> None:
    incident = opened(detection(seen=MILD))
    both = join(incident, detection(topic="app", episode="e2", seen=MILD), None, because(incident), START).incident
    claim = detection(Phase.COUNTED, topic="app", episode="e2", sequence=1, minutes=5, seen=SEVERE)

    outcome = apply_detection(both, claim, None, START)

    assert both is not None
    assert outcome.incident is not None
    assert outcome.entries == ()
    assert outcome.incident.revision == both.revision + 1
    assert (outcome.incident.topic, outcome.incident.severity) == (both.topic, both.severity)
    assert [part.evidence.reach for part in outcome.incident.parts] == [MILD.reach, SEVERE.reach]


def test_a_second_wave_is_about_the_topic_that_rises() -> None:
    over = resolve(two_topics(), "tocsin", START).incident

    again = apply_detection(over, detection(topic="app", episode="e9", minutes=30), None, START).incident

    assert again is not None
    assert again.topics == ("app",)


class TestMerge:
    def test_the_older_one_lives_with_everything_and_the_younger_one_says_where_it_went(self) -> None:
        older = replace(opened(detection()), receivers=("comms",))
        younger = replace(opened(detection(topic="app", episode="e2", minutes=1)), receivers=("ops",))

        lives, over = merge(older, younger, GroupingReason.BY_HAND, "the same outage", START, by="Maya")

        assert lives.incident is not None
        assert over.incident is not None
        assert lives.incident.dedup_key == older.dedup_key
        assert lives.incident.topics == ("refunds", "app")
        assert lives.incident.episodes == ("e1", "e2")
        assert lives.incident.receivers == ("comms", "ops")
        assert lives.transition is Transition.UNCHANGED
        assert over.incident.state is IncidentState.RESOLVED
        assert over.incident.merged_into == older.id
        assert over.entries[0].text == f"Merged into {older.id} by Maya: the same outage"

    def test_whoever_acknowledges_what_was_merged_is_told_where_it_goes_on(self) -> None:
        older, younger = opened(detection()), opened(detection(topic="app", episode="e2"))
        _, over = merge(older, younger, GroupingReason.BY_HAND, "the same outage", START, by="Maya")
        assert over.incident is not None

        with pytest.raises(TransitionRefused, match=f"goes on as {older.id}: acknowledge that one"):
            acknowledge(over.incident, "Ben", START)

    def test_only_two_open_ones_can_be_merged(self) -> None:
        incident = opened(detection())
        done = resolve(opened(detection(topic="app", episode="e2")), "Maya", START).incident
        assert done is not None

        for other, reason in ((incident, "with itself"), (done, "is resolved")):
            with pytest.raises(TransitionRefused, match=reason):
                merge(incident, other, GroupingReason.BY_HAND, "", START, by="Maya")


class TestSplit:
    def test_topics_get_an_incident_of_their_own_which_opens(self) -> None:
        incident = two_topics()

        kept, fresh = split(incident, frozenset({"app"}), "Maya", START, ": not ours")

        assert kept.incident is not None
        assert fresh.incident is not None
        assert kept.incident.topics == ("refunds",)
        assert kept.incident.episodes == kept.incident.running == ("e1",)
        assert fresh.transition is Transition.OPENED
        assert fresh.incident.topics == ("app",)
        assert fresh.incident.episodes == ("e2",)
        assert fresh.incident.dedup_key != incident.dedup_key
        assert fresh.incident.state is IncidentState.TRIGGERED

    @pytest.mark.parametrize(
        ("topics", "reason"), [({"stores"}, "no topic 'stores'"), ({"refunds", "app"}, "nothing would be left")]
    )
    def test_refuses_what_makes_no_two_incidents(self, topics: set[str], reason: str) -> None:
        with pytest.raises(TransitionRefused, match=reason):
            split(two_topics(), frozenset(topics), "Maya", START, "")
