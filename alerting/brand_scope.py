"""Which brands somebody sees, and for whom this process works right now."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class BrandScope:
    """Every brand, or some and nothing else.

    Attributes:
        brands: None is every brand, and what belongs to none as well.
    """

    brands: frozenset[str] | None = None

    @classmethod
    def of(cls, brands: Iterable[str]) -> "BrandScope":
        """These brands; none named is every brand."""
        return cls(frozenset(brands) or None)

    @property
    def is_limited(self) -> bool:
        """Whether there is anything that is not seen."""
        return self.brands is not None

    def sees(self, brand: str | None) -> bool:
        """Whether what belongs to this brand is seen; what belongs to none is seen by those alone who see everything.

        >>> BrandScope.of(["Acme"]).sees("Acme"), BrandScope.of(["Acme"]).sees(None), BrandScope().sees(None)
        (True, False, True)
        """
        return self.brands is None or (bool(brand) and brand in self.brands)

    def covers(self, other: "BrandScope") -> bool:
        """Whether all that the other one sees is seen here too."""
        return self.brands is None or (other.brands is not None and other.brands <= self.brands)

    def __str__(self) -> str:
        return "every brand" if self.brands is None else ", ".join(sorted(self.brands))


EVERYTHING: Final = BrandScope()

# Of the task that asks, as a database session has its role: what works for nobody in particular sees everything.
_NOW: Final[ContextVar[BrandScope]] = ContextVar("brand_scope", default=EVERYTHING)


def scope_now() -> BrandScope:
    """For whom this task works."""
    return _NOW.get()


@contextmanager
def seeing(scope: BrandScope) -> Iterator[None]:
    """This task, and what it starts, sees these brands alone while the block runs."""
    before = _NOW.set(scope)
    try:
        yield
    finally:
        _NOW.reset(before)
