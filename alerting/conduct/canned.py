"""Which of our replies are made of templates. Pure."""

from datetime import datetime
from functools import lru_cache
from typing import Final

from alerting.conduct.saying import said, when
from alerting.incidents.own_part import Canned, Template
from alerting.incidents.reply_store import OwnReplies
from streams.evidence import minhash
from streams.public_reply import PublicReply

FEWEST: Final = 3
MOST_TEMPLATES: Final = 5

_ALIKE: Final = 0.5


def canned(own: OwnReplies, *, today: datetime, began: datetime) -> Canned:
    """How many replies are made of templates, of the last day and since the event began.

    A template is what three replies and more to different mentions have in common: texts so nearly the same that they
    were not written anew, whomever they are said to; or what the source calls one. Two or three words are none.

    Args:
        own: All of ours since the earlier of the two times at least, or a fair sample.
        today: When the last day began.
    """
    ours = tuple(sorted(own.read, key=when))
    found = groups(ours)
    members = {at for _, group in found for at in group}
    scale = own.total / len(own.read) if own.read else 1.0
    of_day = [at for at, one in enumerate(ours) if one.at >= today]
    here = [at for at, one in enumerate(ours) if one.at >= began]
    templates = [
        Template(
            example=said(ours[group[0]]),
            today=round(scale * len(set(group).intersection(of_day))),
            here=round(scale * len(set(group).intersection(here))),
            declared=declared,
        )
        for declared, group in found
    ]
    ranked = sorted(templates, key=lambda one: (-one.here, -one.today, one.example.at, one.example.mention))
    return Canned(
        here=round(scale * len(here)),
        here_canned=round(scale * len(members.intersection(here))),
        today=round(scale * len(of_day)),
        today_canned=round(scale * len(members.intersection(of_day))),
        templates=tuple(ranked[:MOST_TEMPLATES]),
    )


@lru_cache(maxsize=4)
def groups(ours: tuple[PublicReply, ...]) -> tuple[tuple[str | None, tuple[int, ...]], ...]:
    """Replies that belong together, each in one group only: by the source's word, else by likeness.

    Incidents of one brand have the same replies, and comparing a thousand takes its time: the last few are remembered.
    """
    declared: dict[str, list[int]] = {}
    for at, one in enumerate(ours):
        if one.template:
            declared.setdefault(one.template, []).append(at)
    signatures = {
        at: one.signature for at, one in enumerate(ours) if not one.template and len(one.signature) == minhash.BINS
    }
    alike = [
        group
        for group in minhash.clusters(signatures, alike=_ALIKE)
        if len({ours[at].answers[:1] for at in group}) >= FEWEST
    ]
    return (*((name, tuple(group)) for name, group in declared.items()), *((None, tuple(group)) for group in alike))
