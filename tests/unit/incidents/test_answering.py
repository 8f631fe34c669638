"""What public answers of the brand change about an incident."""

from datetime import timedelta

import msgspec

from alerting.incidents.answering import answered, asked_in
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.promises import Promise, elapsed, standings
from alerting.incidents.public_answers import PublicAnswers
from alerting.incidents.severity import assess_incident
from alerting.settings import TargetSettings
from streams.events import Direction
from tests.fakes.clock import START
from tests.fakes.stored import incident

TARGETS = TargetSettings(public_answer_minutes=30, acknowledge_minutes=600)
KEYS = ("x:1", "x:2", "x:3", "x:4")
NOW = START + timedelta(minutes=20)


def crisis(**changes: object) -> Incident:
    made = incident(0, joined=("topic-0",))
    parts = tuple(msgspec.structs.replace(part, mentions=KEYS) for part in made.parts)
    return msgspec.structs.replace(made, parts=parts, **changes)


def test_the_first_answer_is_told_with_how_long_it_took_and_what_is_left() -> None:
    outcome = answered(crisis(), {"x:2": START + timedelta(minutes=12)}, NOW)

    assert outcome is not None
    assert outcome.incident is not None
    assert outcome.transition is Transition.ANSWERED
    assert outcome.incident.answers == PublicAnswers(4, 1, START + timedelta(minutes=12))
    assert outcome.entries[0].text == "First public answer after 12 min; 3 of 4 sampled mentions unanswered."


def test_further_answers_change_the_share_in_silence() -> None:
    first = answered(crisis(), {"x:2": NOW}, NOW)
    assert first is not None
    assert first.incident is not None

    more = answered(first.incident, {"x:2": NOW, "x:3": NOW + timedelta(minutes=1)}, NOW + timedelta(minutes=1))

    assert more is not None
    assert more.incident is not None
    assert (more.transition, more.entries) == (Transition.UNCHANGED, ())
    assert more.incident.answers == PublicAnswers(4, 2, NOW)
    assert more.incident.revision == first.incident.revision + 1
    assert answered(more.incident, {"x:2": NOW, "x:3": NOW}, NOW) is None


def test_that_the_mentions_shown_are_others_now_does_not_forget_that_somebody_was_answered() -> None:
    before = crisis(answers=PublicAnswers(4, 1, NOW))

    outcome = answered(before, {}, NOW)

    assert outcome is not None
    assert outcome.incident is not None
    assert outcome.incident.answers == PublicAnswers(4, 0, NOW)


def fairly_sampled(**asked: float) -> Incident:
    made = crisis()
    parts = tuple(msgspec.structs.replace(part, asked=asked) for part in made.parts)
    return msgspec.structs.replace(made, parts=parts)


def test_of_a_fair_sample_the_share_is_one_of_all_that_was_said_not_of_what_is_shown() -> None:
    said = fairly_sampled(loud=1.0, quiet=30.0, other=69.0)

    outcome = answered(said, {"loud": NOW, "quiet": NOW}, NOW)

    assert outcome is not None
    assert outcome.incident is not None
    assert outcome.incident.answers == PublicAnswers(3, 2, NOW, mentions=100.0, unanswered=69.0)
    assert outcome.incident.evidence.unanswered_share == 0.69
    assert outcome.entries[0].text.endswith("about 69 of 100 mentions unanswered, by a sample of 3.")


def test_a_mention_that_two_topics_caught_asks_once() -> None:
    said = fairly_sampled(both=2.0, alone=3.0)
    twice = msgspec.structs.replace(said, parts=(*said.parts, msgspec.structs.replace(said.parts[0], topic="other")))

    assert asked_in(twice) == {"both": 2.0, "alone": 3.0}


def test_only_an_open_crisis_asks_anything() -> None:
    assert tuple(asked_in(crisis())) == KEYS
    assert asked_in(crisis(state=IncidentState.RESOLVED)) == {}
    assert asked_in(crisis(direction=Direction.VIRAL)) == {}
    assert asked_in(crisis(history=True)) == {}


def test_nobody_answered_makes_matters_worse_and_where_nobody_counts_it_is_left_out() -> None:
    def score(of: Incident) -> float | None:
        return next(factor.score for factor in assess_incident(of).factors if factor.name == "unanswered")

    silent = answered(crisis(), {}, NOW)
    half = answered(crisis(), dict.fromkeys(KEYS[:2], NOW), NOW)

    assert silent is not None
    assert silent.incident is not None
    assert half is not None
    assert half.incident is not None
    assert (score(crisis()), score(silent.incident), score(half.incident)) == (None, 3.0, 1.5)


def test_the_clock_of_the_public_answer_runs_only_where_answers_are_counted() -> None:
    late = START + timedelta(minutes=31)
    unknown = crisis()
    silent = crisis(answers=PublicAnswers(4))
    kept = crisis(answers=PublicAnswers(4, 1, START + timedelta(minutes=29)))

    def of(one: Incident) -> list[tuple[Promise, bool]]:
        return [(standing.promise, standing.overdue) for standing in standings(one, TARGETS, late)]

    assert Promise.PUBLIC_ANSWER not in dict(of(unknown))
    assert dict(of(silent))[Promise.PUBLIC_ANSWER]
    assert not dict(of(kept))[Promise.PUBLIC_ANSWER]
    breach = elapsed(silent, TARGETS, late)
    assert breach is not None
    assert breach.transition is Transition.ANSWER_OVERDUE
    assert breach.entries[0].text == "Nobody was answered in public within 30 min"
    assert breach.incident is not None
    assert elapsed(breach.incident, TARGETS, late) is None
