"""Who may do what: three roles, each of which includes the ones before it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerting.brand_scope import EVERYTHING, BrandScope


class Role(StrEnum):
    """What a key is good for: to look, to work on incidents and wake or silence people, to change Tocsin itself."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether whoever has this role may do what the other one allows.

        >>> Role.ADMIN.includes(Role.VIEWER), Role.VIEWER.includes(Role.RESPONDER)
        (True, False)
        """
        order = tuple(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a key.

    Attributes:
        expires_at: From then on the key opens nothing; None is never.
        scope: Which brands they see.
    """

    name: str
    role: Role = Role.ADMIN
    expires_at: datetime | None = None
    scope: BrandScope = EVERYTHING

    def holds(self, now: datetime) -> bool:
        """Whether the key opens anything yet."""
        return self.expires_at is None or now < self.expires_at
