"""A query over the numbers of its atoms: small, because there are as many of them as topics, and quick to decide."""

from collections.abc import Mapping

import msgspec

from streams.query import And, Atom, Field, Not, Or, Phrase, Query, Word


class AllOf(msgspec.Struct, frozen=True, gc=False):
    """Fulfilled by all of these atoms together with all of these parts."""

    atoms: tuple[int, ...]
    parts: "tuple[NumberedQuery, ...]"

    def holds(self, hits: set[int]) -> bool:
        """Whether the atoms that were found fulfil it."""
        if not hits.issuperset(self.atoms):
            return False
        for part in self.parts:  # noqa: SIM110 - a generator costs more than the parts
            if not part.holds(hits):
                return False
        return True


class AnyOf(msgspec.Struct, frozen=True, gc=False):
    """Fulfilled by any of these atoms, or by any of these parts."""

    atoms: tuple[int, ...]
    parts: "tuple[NumberedQuery, ...]"

    def holds(self, hits: set[int]) -> bool:
        """Whether the atoms that were found fulfil it."""
        if not hits.isdisjoint(self.atoms):
            return True
        for part in self.parts:  # noqa: SIM110 - a generator costs more than the parts
            if part.holds(hits):
                return True
        return False


class NoneOf(msgspec.Struct, frozen=True, gc=False):
    """Fulfilled where this part is not."""

    part: "NumberedQuery"

    def holds(self, hits: set[int]) -> bool:
        """Whether the atoms that were found fulfil it."""
        return not self.part.holds(hits)


NumberedQuery = AllOf | AnyOf | NoneOf


def numbered(query: Query, numbers: Mapping[Atom, int]) -> NumberedQuery:
    """The query with the numbers of its atoms.

    >>> numbered(And((Word("acme"), Not(Word("circus")))), {Word("acme"): 7, Word("circus"): 8}).holds({7, 9})
    True
    """
    if isinstance(query, Not):
        return NoneOf(numbered(query.part, numbers))
    if isinstance(query, And | Or):
        atoms = tuple([numbers[part] for part in query.parts if isinstance(part, Word | Phrase | Field)])
        parts = tuple([numbered(part, numbers) for part in query.parts if isinstance(part, Not | And | Or)])
        return AllOf(atoms, parts) if isinstance(query, And) else AnyOf(atoms, parts)
    return AllOf((numbers[query],), ())
