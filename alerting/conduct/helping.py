"""Customers who help one another. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from alerting.conduct.saying import said, when
from alerting.incidents.own_part import Helping
from streams.findings import Complaint
from streams.public_reply import PublicReply
from streams.tone import NEGATIVE_UP_TO, POSITIVE_FROM

MOST_EXAMPLES: Final = 3

_FEWEST_WORDS: Final = 4  # "same here" helps nobody


def help_given(complaints: Mapping[str, Complaint], answers: Iterable[PublicReply]) -> tuple[PublicReply, ...]:
    """Answers to complaints by somebody else than who complains and us, that are not negative and say something."""
    return tuple(sorted((one for one in answers if _helps(one, complaints)), key=when))


def helping(
    complaints: Mapping[str, Complaint], given: Sequence[PublicReply], answers: Iterable[PublicReply]
) -> Helping | None:
    """How much customers help; None where no complaint was looked at.

    Args:
        given: As `help_given` found it.
        answers: What was said to these, among other answers. Thanks are a positive word of who complained.
    """
    if not complaints:
        return None
    helpful = {one.mention: one for one in given}
    thanked = {
        one.to
        for one in answers
        if one.to in helpful
        and one.author_number is not None
        and one.author_number == complaints[str(helpful[one.to].to)].author_number
        and one.polarity is not None
        and one.polarity >= POSITIVE_FROM
    }
    ranked = sorted(given, key=lambda one: (one.mention not in thanked, when(one)))
    return Helping(
        looked_at=len(complaints),
        helped=len({one.to for one in given}),
        thanked=len({helpful[name].to for name in thanked if name}),
        helpers=len({one.author_number for one in given}),
        examples=tuple(map(said, ranked[:MOST_EXAMPLES])),
    )


def _helps(answer: PublicReply, complaints: Mapping[str, Complaint]) -> bool:
    asked = complaints.get(answer.to or "")
    if asked is None or asked.author_number is None or answer.author_number in {None, asked.author_number}:
        return False
    not_negative = answer.polarity is not None and answer.polarity > NEGATIVE_UP_TO
    return not_negative and len(answer.text.split()) >= _FEWEST_WORDS
