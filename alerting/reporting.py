"""What is told afterwards, put together from the configuration."""

from dataclasses import dataclass
from typing import Self

from alerting.incidents.store import Store
from alerting.reviews import Reviews
from alerting.settings import Settings
from alerting.weeks import Weeks
from streams.clock import Clock


@dataclass(frozen=True, slots=True)
class Reporting:
    """The parts that write reports."""

    reviews: Reviews
    weeks: Weeks

    @classmethod
    def from_settings(cls, store: Store, settings: Settings, clock: Clock) -> Self:
        """As `reports`, `retention` and `score.mask` say."""
        return cls(Reviews(store, settings, clock), Weeks(store, settings, clock))
