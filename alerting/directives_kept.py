"""Directives of one kind, as the store keeps them."""

from typing import Any, Final, Generic, TypeVar

from alerting.directives.directive import DirectiveEntry
from alerting.errors import Stale, UnknownDirective
from alerting.incidents.store import Store

MOST_LISTED: Final = 1_000

Kind = TypeVar("Kind", bound=Any)
"""One of the members of `Directive`."""


class DirectivesKept(Generic[Kind]):
    """Lists them and finds one; whoever does more with a kind builds on it.

    Args:
        kind: The class of the kind; its tag is the word under which the store keeps it.
        word: What people call one.
        most: So many are listed.
    """

    def __init__(self, store: Store, kind: type[Kind], word: str, *, most: int = MOST_LISTED) -> None:
        self._store = store
        self._kind = kind
        self._word = word
        self._most = most

    async def all(self) -> tuple[Kind, ...]:
        """The newest, ended ones too, newest first."""
        found = await self._store.directives(str(self._kind.__struct_config__.tag), limit=self._most)
        return tuple(one for one in found if isinstance(one, self._kind))

    async def get(self, directive_id: str) -> Kind:
        """One of them.

        Raises:
            UnknownDirective: There is none.
        """
        found = await self._store.directive(directive_id)
        if not isinstance(found, self._kind):
            raise UnknownDirective(f"there is no {self._word} {directive_id!r}")
        return found

    async def lines(self, directive_id: str) -> tuple[DirectiveEntry, ...]:
        """What was done with it, oldest first."""
        return await self._store.directive_lines(directive_id)

    async def _at(self, directive_id: str, expected_revision: int | None) -> Kind:
        """The one that somebody wants to change.

        Raises:
            UnknownDirective: There is none.
            Stale: It is no longer at `expected_revision`.
        """
        stored = await self.get(directive_id)
        if expected_revision is not None and stored.revision != expected_revision:
            at = f"at revision {stored.revision}, not {expected_revision}"
            raise Stale(f"{self._word} {directive_id} is {at}")
        return stored
