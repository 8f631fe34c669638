"""How the brand answered in public, as far as the mentions show that an incident keeps."""

from datetime import datetime, timedelta

import msgspec

from alerting.incidents import wording


class PublicAnswers(msgspec.Struct, frozen=True, omit_defaults=True):
    """Counted over the mentions that are kept as samples, never guessed from them.

    Attributes:
        asked: How many mentions there are to look at.
        answered: How many of them the brand answered in public, to them or in their thread.
        first_at: When the first of these answers was given; None while there is none.
    """

    asked: int
    answered: int = 0
    first_at: datetime | None = None

    @property
    def unanswered_share(self) -> float:
        """[0, 1]."""
        return 1 - self.answered / self.asked if self.asked else 1.0


def told(answers: PublicAnswers, began: datetime) -> str:
    """One sentence.

    >>> from datetime import UTC
    >>> began = datetime(2026, 1, 5, 12, tzinfo=UTC)
    >>> told(PublicAnswers(8), began)
    'No public answer yet to any of 8 sampled mentions.'
    >>> told(PublicAnswers(8, 3, began + timedelta(minutes=12)), began)
    'First public answer after 12 min; 5 of 8 sampled mentions unanswered.'
    """
    sampled = f"{answers.asked} sampled mention{'s'[: answers.asked != 1]}"
    if answers.first_at is None:
        return f"No public answer yet to any of {sampled}."
    after = max(timedelta(0), answers.first_at - began)
    return (
        f"First public answer after {wording.duration(after.total_seconds())}; "
        f"{answers.asked - answers.answered} of {sampled} unanswered."
    )
