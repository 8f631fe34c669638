"""The routing tree: which receivers hear of an incident, and why."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from alerting.incidents.group import Grouping
from alerting.incidents.model import Incident, Severity
from alerting.route_settings import EACH_BY_ITSELF, RouteSettings
from alerting.routing.matchers import Matcher, Operator
from alerting.tier_settings import Tier

_ROOT: Final = "route"
GROUP_INTERVAL_SECONDS: Final = 300.0
# Where one of these is among the labels, every incident is a group by itself.
_NEVER_SHARED: Final = frozenset({EACH_BY_ITSELF, "incident"})


class Step(msgspec.Struct, frozen=True):
    """One node on the way: where it stands in the configuration and which matchers held there."""

    place: str
    matched: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.place} ({', '.join(self.matched) or 'everything'})"


class Stop(msgspec.Struct, frozen=True):
    """A receiver that was arrived at.

    Attributes:
        group_wait_seconds: How long its first message waits for the incident to show its size.
        path: From the root to the node that named it.
        mute_time_intervals: Names of times at which it is not told.
        active_time_intervals: Names of times at which alone it is told; empty means always.
        policy: The escalation that it begins.
        repeat_interval_seconds: How long until it is told again, unless somebody has acknowledged.
        tiers: How loudly, for severities in their order; None pages.
        group_by: Labels whose values an incident shares with others that are told together; None groups nothing.
        group_interval_seconds: How often a group says what joined it.
        grouping: The group of what arrived here; None where it is told by itself.
    """

    receiver: str
    group_wait_seconds: float
    path: tuple[Step, ...]
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    policy: str | None = None
    repeat_interval_seconds: float | None = None
    tiers: tuple[Tier | None, ...] = ()
    group_by: tuple[str, ...] | None = None
    group_interval_seconds: float = GROUP_INTERVAL_SECONDS
    grouping: Grouping | None = None

    @property
    def groups(self) -> bool:
        """Whether several incidents may go out together here."""
        return self.group_by is not None and not _NEVER_SHARED & set(self.group_by)

    def tier(self, severity: Severity) -> Tier:
        """How loudly it is told of an incident of that severity."""
        said = dict(zip(Severity, self.tiers, strict=False)).get(severity)
        return said or Tier.PAGE

    def __str__(self) -> str:
        return f"{' > '.join(str(step) for step in self.path)}: {self.receiver}"


class RouteLine(msgspec.Struct, frozen=True):
    """One node of the tree, with what it inherits.

    Attributes:
        depth: 0 at the top.
        stop: What arrives here is told; None where no receiver is named on the way.
        continues: Whether the next sibling is looked at, too.
    """

    place: str
    depth: int
    matched: tuple[str, ...]
    stop: Stop | None
    continues: bool


class Routes:
    """The tree as configured. Depth first; the first matching child wins unless it says `continue`.

    Without receivers nobody is told: every incident is still on the page and in the API.

    Raises:
        ValueError: A matcher is wrong; the message says where.
    """

    def __init__(self, root: RouteSettings) -> None:
        self._root = _Node(root, _ROOT, _Inherited())

    def stops_for(self, labels: Mapping[str, str]) -> tuple[Stop, ...]:
        """Where an incident with these labels arrives: each receiver once, in the order of the tree."""
        first: dict[str, Stop] = {}
        for stop in self.every_stop_for(labels):
            first.setdefault(stop.receiver, stop)
        return tuple(first.values())

    def every_stop_for(self, labels: Mapping[str, str]) -> tuple[Stop, ...]:
        """The same, with a receiver as often as ways lead to it."""
        return self._root.stops(labels, ())

    def lines(self) -> tuple[RouteLine, ...]:
        """Every node, in the order in which they are looked at."""
        return tuple(self._root.lines(0))

    def receivers_for(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The names of the receivers, each once, in the order of the tree."""
        return tuple(stop.receiver for stop in self.stops_for(labels))


def labels_of(incident: Incident) -> dict[str, str]:
    """What matchers look at; unknown is empty."""
    return {
        "topic": incident.topic,
        "brand": incident.brand or "",
        "owner": incident.owner or "",
        "severity": incident.severity.value,
        "direction": incident.direction.value,
        "incident": incident.id,
    }


class _Inherited(msgspec.Struct, frozen=True):
    """What a route takes from the one above where it says nothing itself."""

    receiver: str | None = None
    group_by: tuple[str, ...] | None = None
    group_wait_seconds: float = 0.0
    group_interval_seconds: float = GROUP_INTERVAL_SECONDS
    policy: str | None = None
    repeat_interval_seconds: float | None = None
    tiers: tuple[Tier | None, ...] = (None,) * len(Severity)

    def under(self, settings: RouteSettings) -> "_Inherited":
        """With what the route says."""
        said = {name: getattr(settings, name) for name in self.__struct_fields__ if name != "tiers"}
        tiers = tuple(settings.tiers.of(one.value) or above for one, above in zip(Severity, self.tiers, strict=True))
        known = {name: value for name, value in said.items() if value is not None}
        return msgspec.structs.replace(self, **known, tiers=tiers)


class _Node:
    """A route with what it inherits filled in."""

    def __init__(self, settings: RouteSettings, place: str, above: _Inherited) -> None:
        self._place = place
        self._own = above.under(settings)
        self._matchers = tuple(_parse(text, place) for text in settings.matchers)
        self._children = tuple(
            _Node(child, f"{place}.routes[{index}]", self._own) for index, child in enumerate(settings.routes)
        )
        self.continues = settings.continue_
        self._mute, self._active = settings.mute_time_intervals, settings.active_time_intervals

    def stops(self, labels: Mapping[str, str], path: tuple[Step, ...]) -> tuple[Stop, ...]:
        """Where this subtree leads; empty where it does not match."""
        if not all(matcher.holds(labels) for matcher in self._matchers):
            return ()
        path = (*path, Step(self._place, tuple(str(matcher) for matcher in self._matchers)))
        found: tuple[Stop, ...] = ()
        for child in self._children:
            below = child.stops(labels, path)
            found += below
            if below and not child.continues:
                break
        own = self._stop(path, labels)
        return found if found or own is None else (own,)

    def lines(self, depth: int) -> Iterator[RouteLine]:
        """This node and all below it."""
        matched = tuple(str(matcher) for matcher in self._matchers)
        yield RouteLine(self._place, depth, matched, self._stop((), {}), self.continues)
        for child in self._children:
            yield from child.lines(depth + 1)

    def _stop(self, path: tuple[Step, ...], labels: Mapping[str, str]) -> Stop | None:
        own = self._own
        if own.receiver is None:
            return None
        stop = Stop(
            own.receiver,
            own.group_wait_seconds,
            path,
            self._mute,
            self._active,
            policy=own.policy,
            repeat_interval_seconds=own.repeat_interval_seconds,
            tiers=own.tiers,
            group_by=own.group_by,
            group_interval_seconds=own.group_interval_seconds,
        )
        return msgspec.structs.replace(stop, grouping=_grouping(stop, labels))


def _grouping(stop: Stop, labels: Mapping[str, str]) -> Grouping | None:
    """The group of an incident with these labels that arrived here."""
    if not stop.groups:
        return None
    shared = [(name, labels.get(name, "")) for name in stop.group_by or ()]
    way = "/".join("{" + ",".join(step.matched) + "}" for step in stop.path)
    values = ", ".join(str(Matcher(name, Operator.EQUAL, value)) for name, value in shared)
    return Grouping(
        key=f"{way}:{{{values}}}",
        labels=tuple(f"{name}={value or 'none'}" for name, value in shared),
        wait_seconds=stop.group_wait_seconds,
        interval_seconds=stop.group_interval_seconds,
    )


def _parse(text: str, place: str) -> Matcher:
    try:
        return Matcher.parse(text)
    except ValueError as exc:
        raise ValueError(f"{place}: {exc}") from exc
