"""A hold of scheduled posts: proposed with evidence, confirmed by a human, for a time."""

from datetime import datetime
from enum import StrEnum

import msgspec

from alerting.directives.errand import Errand


class HoldState(StrEnum):
    """Where a hold stands. Nothing is held before somebody confirmed it."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    RELEASED = "released"
    EXPIRED = "expired"


class PostHold(msgspec.Struct, frozen=True, omit_defaults=True, tag="post_hold"):
    """Posts about these topics in this area are not to go out until then. We never post, and never hold ourselves.

    Attributes:
        topics: Ids; empty means whatever the post is about.
        area: Regions, `DE` or `DE-BE`; empty means everywhere.
        evidence: Why, in sentences of counts.
        proposed_by: A person, or `tocsin`.
        ends_at: Exclusive; of a proposal, when nobody needs to confirm it any more.
        hours: How long it lasts once it is confirmed.
    """

    id: str
    topics: tuple[str, ...]
    area: tuple[str, ...]
    reason: str
    evidence: tuple[str, ...]
    proposed_by: str
    state: HoldState
    created_at: datetime
    updated_at: datetime
    ends_at: datetime
    hours: float
    incident: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    errands: tuple[Errand, ...] = ()
    revision: int = 1

    def holds(self, topic: str, region: str, now: datetime) -> bool:
        """Whether a post about the topic in that region is not to go out now."""
        return (
            self.state is HoldState.CONFIRMED
            and now < self.ends_at
            and (not self.topics or topic in self.topics)
            and (not self.area or any(region == each or region.startswith(f"{each}-") for each in self.area))
        )
