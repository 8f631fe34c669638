"""How the brand answered in public, as far as the mentions show that an incident keeps."""

from datetime import datetime, timedelta

import msgspec

from alerting.incidents import wording


class PublicAnswers(msgspec.Struct, frozen=True, omit_defaults=True):
    """Over a fair sample of the event's mentions: all of them where they are few.

    Attributes:
        asked: How many mentions were looked at.
        answered: How many of them the brand answered in public, to them or in their thread.
        first_at: When the first of these answers was given; None while there is none.
        mentions: For how many the mentions stand that were looked at; 0 where only themselves.
        unanswered: Of those, how many are unanswered.
    """

    asked: int
    answered: int = 0
    first_at: datetime | None = None
    mentions: float = 0.0
    unanswered: float = 0.0

    @property
    def unanswered_share(self) -> float:
        """[0, 1]."""
        if self.mentions > 0:
            return min(1.0, self.unanswered / self.mentions)
        return 1 - self.answered / self.asked if self.asked else 1.0


def told(answers: PublicAnswers, began: datetime) -> str:
    """One sentence.

    >>> from datetime import UTC
    >>> began = datetime(2026, 1, 5, 12, tzinfo=UTC)
    >>> told(PublicAnswers(8), began)
    'No public answer yet to any of 8 sampled mentions.'
    >>> told(PublicAnswers(8, 3, began + timedelta(minutes=12)), began)
    'First public answer after 12 min; 5 of 8 sampled mentions unanswered.'
    >>> told(PublicAnswers(8, 3, began + timedelta(minutes=12), mentions=8.0, unanswered=5.0), began)
    'First public answer after 12 min; 5 of 8 mentions unanswered.'
    >>> told(PublicAnswers(64, 16, began + timedelta(minutes=12), mentions=400.0, unanswered=310.2), began)
    'First public answer after 12 min; about 310 of 400 mentions unanswered, by a sample of 64.'
    """
    whole = answers.mentions > 0 and round(answers.mentions) <= answers.asked
    looked_at = f"{answers.asked} {'' if whole else 'sampled '}mention{'s'[: answers.asked != 1]}"
    if answers.first_at is None:
        return f"No public answer yet to any of {looked_at}."
    left = f"{answers.asked - answers.answered} of {looked_at} unanswered"
    if answers.mentions > 0 and not whole:
        left = f"about {wording.count(answers.unanswered)} of {wording.count(answers.mentions)} mentions unanswered"
        left += f", by a sample of {answers.asked}"
    after = max(timedelta(0), answers.first_at - began)
    return f"First public answer after {wording.duration(after.total_seconds())}; {left}."
