"""What the configuration says of contacts."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerting.contact_settings import ContactSettings
from alerting.hearing.silent import Share


@dataclass(frozen=True, slots=True)
class Stated:
    """What is known of contacts without hearing any.

    Attributes:
        topics_by_reason: Ids of topics by casefolded reason.
        source: Where the shares come from.
    """

    spoke: Share
    contacted: Share
    source: str
    topics_by_reason: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, settings: ContactSettings) -> "Stated":
        """As configured."""
        shares = settings.stated
        return cls(
            spoke=Share(*shares.spoke_in_public),
            contacted=Share(*shares.contacted),
            source=shares.source,
            topics_by_reason=settings.topics_by_reason(),
        )
