"""Our own part in an incident, from what was said in answer to what. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.conduct.backlash import backlashes
from alerting.conduct.canned import canned
from alerting.conduct.helping import help_given, helping
from alerting.conduct.saying import said, when
from alerting.conduct.waits import waits
from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.own_part import Backlash, OwnPart
from alerting.incidents.reply_store import Drawn, OwnReplies
from streams.events import Direction
from streams.findings import Complaint
from streams.public_reply import PublicReply

MOST_LOOKED_AT: Final = 200
DAY: Final = timedelta(days=1)

_EXAMPLES: Final = 3
_BEFORE: Final = timedelta(hours=6)  # a reply of ours may be what it began with


class View(msgspec.Struct, frozen=True):
    """What is to be judged.

    Attributes:
        now: The last day ends here.
        began: When the event began.
        complaints: Its complaints, a fair sample.
        answers: What was said to these, by us and by others.
        own: Our replies since a day ago, or since it began; None where ours are not in the stream.
        drawn: What others said to each of ours, and to what they answer.
        echoes: What was said to ours that are told, and to those of customers who help.
    """

    now: datetime
    began: datetime
    complaints: Mapping[str, Complaint] = {}
    answers: tuple[PublicReply, ...] = ()
    own: OwnReplies | None = None
    drawn: Mapping[str, Drawn] = {}
    echoes: tuple[PublicReply, ...] = ()


def complaints_in(incident: Incident) -> Mapping[str, Complaint]:
    """Complaints of an open crisis, by key, at most 200; empty for what complains of nothing.

    A mention that counts in two topics stands for as many as in the one where it stands for more.
    """
    over = incident.state is IncidentState.RESOLVED or incident.history
    if over or incident.direction is not Direction.CRISIS:
        return {}
    found: dict[str, Complaint] = {}
    for part in incident.parts:
        for key, one in part.complaints.items():
            known = found.get(key)
            if known is None or one.weight > known.weight:
                found[key] = one
    first = sorted(found.items(), key=lambda item: (-item[1].weight, item[0]))[:MOST_LOOKED_AT]
    return dict(first)


def speakers_for_us(answers: Sequence[PublicReply]) -> tuple[int, ...]:
    """The accounts of ours among those that answered."""
    return tuple(sorted({one.author_number for one in answers if one.own and one.author_number is not None}))


def backlash_in(view: View) -> tuple[Backlash, ...]:
    """Which of ours draw anger."""
    if view.own is None:
        return ()
    told = [one for one in view.own.read if one.at >= view.began - _BEFORE]
    return backlashes(told, view.own.read, view.drawn)


def worth_hearing(view: View) -> tuple[str, ...]:
    """To which answers it has to be heard what was said: ours that draw anger, and those of customers who help."""
    ours = [one.reply.mention for one in backlash_in(view)]
    return (*ours, *(one.mention for one in help_given(view.complaints, view.answers)))


def looked(view: View) -> OwnPart:
    """Our own part."""
    given = help_given(view.complaints, view.answers)
    helped = helping(view.complaints, given, view.echoes)
    if view.own is None:
        return OwnPart(view.now, helping=helped)
    words = canned(view.own, today=view.now - DAY, began=view.began)
    return OwnPart(
        view.now,
        replies=words.here,
        waits=waits(view.complaints, [one for one in view.answers if one.own]),
        canned=words,
        backlash=tuple(_with_examples(one, view) for one in backlash_in(view)),
        helping=helped,
    )


def _with_examples(found: Backlash, view: View) -> Backlash:
    angry = [one for one in view.echoes if one.to == found.reply.mention and (one.polarity or 0.0) < 0]
    angry.sort(key=lambda one: (one.polarity, when(one)))
    unlike = {one.text.casefold(): one for one in reversed(angry)}
    angry = [one for one in angry if unlike[one.text.casefold()] is one]
    original = view.drawn.get(found.reply.to)
    return msgspec.structs.replace(
        found,
        original=original.answers if original else 0,
        examples=tuple(map(said, angry[:_EXAMPLES])),
    )
