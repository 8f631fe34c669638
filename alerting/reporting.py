"""What is told afterwards, put together from the configuration."""

from dataclasses import dataclass
from typing import Self

from alerting.incidents.store import Store
from alerting.reviews import Reviews
from alerting.settings import Settings
from streams.clock import Clock


@dataclass(frozen=True, slots=True)
class Reporting:
    """The parts that write reports."""

    reviews: Reviews

    @classmethod
    def from_settings(cls, store: Store, settings: Settings, clock: Clock) -> Self:
        """As `retention` and `score.mask` say."""
        return cls(Reviews(store, settings, clock))
