"""Routes that no incident can ever take. Pure.

A route is dead where its own matchers, with those above it, cannot hold together, or where for every severity and
direction an earlier sibling without `continue` takes all that it would match. Exact for equality and for the labels of
which all values are known; an expression is compared with another one only as text, so a dead route may be missed and a
living one is never called dead.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final

import msgspec

from alerting.incidents.model import Severity
from alerting.route_settings import RouteSettings
from alerting.routing.matchers import Matcher, Operator
from streams.events import Direction

_KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "severity": tuple(severity.value for severity in Severity),
    "direction": tuple(direction.value for direction in Direction),
}


class DeadRoute(msgspec.Struct, frozen=True):
    """One of them: where it stands, and why nothing gets there."""

    place: str
    because: str


class _Way(msgspec.Struct, frozen=True):
    """What a route asks for, with everything above it.

    Attributes:
        worlds: Pairs of severity and direction for which its matchers on them hold.
        asked: Of each other label, its matchers.
        exact: The value that an equality demands of a label.
    """

    worlds: frozenset[tuple[str, ...]]
    asked: Mapping[str, tuple[Matcher, ...]]
    exact: Mapping[str, str]

    def under(self, matchers: Sequence[Matcher]) -> "_Way | None":
        """With these matchers too; None where they cannot hold together."""
        worlds = frozenset(world for world in self.worlds if _holds(world, matchers))
        asked, exact = dict(self.asked), dict(self.exact)
        for matcher in matchers:
            if matcher.label in _KNOWN:
                continue
            asked[matcher.label] = (*asked.get(matcher.label, ()), matcher)
            if matcher.operator is Operator.EQUAL and exact.setdefault(matcher.label, matcher.value) != matcher.value:
                return None
        for label, value in exact.items():
            if not all(matcher.holds({label: value}) for matcher in asked[label]):
                return None
        return _Way(worlds, asked, exact) if worlds else None

    def implies(self, matcher: Matcher) -> bool:
        """Whether whatever is here fulfils the matcher on a label of which not all values are known."""
        if matcher.label in self.exact:
            return matcher.holds({matcher.label: self.exact[matcher.label]})
        return any(str(own) == str(matcher) for own in self.asked.get(matcher.label, ()))


_EVERYTHING: Final = _Way(frozenset(product(*_KNOWN.values())), {}, {})


class _Taking(msgspec.Struct, frozen=True):
    """What a route takes away from those behind it."""

    place: str
    worlds: frozenset[tuple[str, ...]]
    matchers: tuple[Matcher, ...]


class _Takers:
    """The earlier siblings, found by the equality that a later one has to share to be taken by them."""

    def __init__(self) -> None:
        self._by_value: dict[tuple[str, str], list[_Taking]] = {}
        self._any: list[_Taking] = []

    def add(self, taking: _Taking) -> None:
        key = next(((one.label, one.value) for one in taking.matchers if one.operator is Operator.EQUAL), None)
        (self._any if key is None else self._by_value.setdefault(key, [])).append(taking)

    def of(self, way: _Way) -> str | None:
        """Which of them take everything; None where something is left."""
        left = set(way.worlds)
        by: list[str] = []
        near = [taking for pair in way.exact.items() for taking in self._by_value.get(pair, ())]
        for taking in (*self._any, *near):
            if left & taking.worlds and all(way.implies(matcher) for matcher in taking.matchers):
                left -= taking.worlds
                by.append(taking.place)
            if not left:
                return " and ".join(by)
        return None


def dead_routes(root: RouteSettings) -> tuple[DeadRoute, ...]:
    """Every dead route, in the order of the tree; what lies below one is not told again."""
    return tuple(_below(root, "route", _EVERYTHING))


def _below(route: RouteSettings, place: str, way: _Way) -> Iterator[DeadRoute]:
    takers = _Takers()
    for index, child in enumerate(route.routes):
        here = f"{place}.routes[{index}]"
        matchers = tuple(Matcher.parse(text) for text in child.matchers)
        own = way.under(matchers)
        if own is None:
            yield DeadRoute(here, "its matchers cannot hold together with those above it")
            continue
        if (by := takers.of(own)) is not None:
            yield DeadRoute(here, f"{by} takes everything that it would match")
            continue
        yield from _below(child, here, own)
        if not child.continue_:
            worlds = frozenset(world for world in _EVERYTHING.worlds if _holds(world, matchers))
            takers.add(_Taking(here, worlds, tuple(one for one in matchers if one.label not in _KNOWN)))


def _holds(world: tuple[str, ...], matchers: Sequence[Matcher]) -> bool:
    labels = dict(zip(_KNOWN, world, strict=True))
    return all(matcher.holds(labels) for matcher in matchers if matcher.label in _KNOWN)
