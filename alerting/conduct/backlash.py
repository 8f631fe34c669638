"""Which of our own replies draw anger themselves. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from alerting.conduct.chances import as_many, as_negative, of_both
from alerting.conduct.saying import said
from alerting.incidents.own_part import Backlash
from alerting.incidents.reply_store import Drawn
from streams.public_reply import PublicReply

FEWEST_NEGATIVE: Final = 5
MOST_TOLD: Final = 5

_MOSTLY: Final = 0.5
_ACCEPTED: Final = 0.01  # chance that any of all the replies looked at is called one with nothing wrong
# What is known before anything is: as if so many replies had drawn half an answer each, a third of them negative.
_PRIOR_REPLIES: Final = 4.0
_PRIOR_ANSWERS: Final = 2.0
_PRIOR_SCORED: Final = 10.0
_PRIOR_NEGATIVE: Final = 3.5


class _Base(NamedTuple):
    """What replies draw that cannot be a backlash."""

    replies: int
    answers: int
    scored: int
    negative: int


def backlashes(
    looked_at: Sequence[PublicReply], all_of_ours: Sequence[PublicReply], drawn: Mapping[str, Drawn]
) -> tuple[Backlash, ...]:
    """Replies with more answers, and more negative ones among them, than our other replies of the day lead to expect.

    At least five negative answers, and half of all; so improbable that of a hundred events with nothing wrong in them
    one would show any. What may be a backlash itself is left out of what is expected. The most negative answers first.

    Args:
        looked_at: Those that may be told.
        all_of_ours: Our replies of the day.
        drawn: What others said to each.
    """
    nothing = Drawn(0, 0, 0, 0)
    calm = [one for one in (drawn.get(reply.mention, nothing) for reply in all_of_ours) if not _suspect(one)]
    base = _Base(
        len(calm),
        sum(one.answers for one in calm),
        sum(one.scored for one in calm),
        sum(one.negative for one in calm),
    )
    found = []
    for reply in looked_at:
        mine = drawn.get(reply.mention, nothing)
        if not _suspect(mine):
            continue
        mean = (base.answers + _PRIOR_ANSWERS) / (base.replies + _PRIOR_REPLIES)
        share = (base.negative + _PRIOR_NEGATIVE) / (base.scored + _PRIOR_SCORED)
        chance = of_both(as_many(mine.answers, mean), as_negative(mine.negative, mine.scored, share))
        if chance * max(len(all_of_ours), 1) <= _ACCEPTED:
            found.append(_backlash(reply, mine, mean, share, chance))
    found.sort(key=lambda one: (-one.negative_share * one.answers, one.reply.mention))
    return tuple(found[:MOST_TOLD])


def _suspect(drawn: Drawn) -> bool:
    return drawn.negative >= FEWEST_NEGATIVE and drawn.negative >= _MOSTLY * drawn.scored


def _backlash(reply: PublicReply, mine: Drawn, mean: float, share: float, chance: float) -> Backlash:
    return Backlash(
        reply=said(reply),
        answers=mine.answers,
        scored=mine.scored,
        negative=mine.negative,
        expected=round(mean, 3),
        expected_negative=round(share, 3),
        chance=chance,
        exact=mine.exact,
        likes=reply.likes,
    )
