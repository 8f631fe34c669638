"""Who may do what: three roles, each of which includes the ones before it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

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


# Of the task that asks; what works for nobody in particular may do everything.
_NOW: Final[ContextVar[Role]] = ContextVar("role", default=Role.ADMIN)


def role_now() -> Role:
    """In which role this task works."""
    return _NOW.get()


@contextmanager
def acting_as(role: Role) -> Iterator[None]:
    """This task, and what it starts, works in this role while the block runs."""
    before = _NOW.set(role)
    try:
        yield
    finally:
        _NOW.reset(before)
