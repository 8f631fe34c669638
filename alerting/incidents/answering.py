"""What public answers of the brand change about an incident. Pure: values in, values out."""

import itertools
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.outcome import Outcome, changed, kept_current
from alerting.incidents.public_answers import PublicAnswers, told
from streams.events import Direction

MOST_LOOKED_AT: Final = 500


def asked_in(incident: Incident) -> Mapping[str, float]:
    """Mentions of an open crisis that somebody may have answered, by key: for how many each stands.

    A fair sample of all that people said, where the detections bring one; else the mentions that are shown, each for
    itself. Empty for what asks nothing.
    """
    over = incident.state is IncidentState.RESOLVED or incident.history
    if over or incident.direction is not Direction.CRISIS:
        return {}
    found: dict[str, float] = {}
    for part in incident.parts:
        for name, weight in (part.asked or dict.fromkeys(part.mentions, 1.0)).items():
            found[name] = max(weight, found.get(name, 0.0))  # of two topics: the same mention
    return dict(itertools.islice(found.items(), MOST_LOOKED_AT))


def answered(incident: Incident, replies: Mapping[str, datetime], now: datetime) -> Outcome | None:
    """The incident with what was answered; None where that is known already.

    The first answer is told; how many there are is kept current in silence.

    Args:
        replies: When each of `asked_in` was answered first, of those that were.
    """
    asked = asked_in(incident)
    if not asked:
        return None
    before = incident.answers
    given = [replies[name] for name in asked if name in replies]
    firsts = given if before is None or before.first_at is None else [*given, before.first_at]
    answers = PublicAnswers(len(asked), len(given), min(firsts, default=None))
    if any(part.asked for part in incident.parts):
        unanswered = sum(weight for name, weight in asked.items() if name not in replies)
        answers = msgspec.structs.replace(answers, mentions=sum(asked.values()), unanswered=unanswered)
    if answers == before:
        return None
    share = answers.unanswered_share
    counted = msgspec.structs.replace(
        incident,
        answers=answers,
        evidence=msgspec.structs.replace(incident.evidence, unanswered_share=share),
        parts=tuple(
            msgspec.structs.replace(part, evidence=msgspec.structs.replace(part.evidence, unanswered_share=share))
            for part in incident.parts
        ),
    )
    if answers.first_at is not None and (before is None or before.first_at is None):
        text = told(answers, incident.reopened_at or incident.opened_at)
        return changed(counted, Transition.ANSWERED, text, now)
    return kept_current(counted, now)
