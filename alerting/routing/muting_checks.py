"""Whether what is configured about muting makes sense: every problem, with its place. Pure."""

from collections.abc import Iterator

from alerting.route_settings import RouteSettings
from alerting.routing.inhibition import InhibitRule
from alerting.routing.playbooks import Playbooks
from alerting.routing.time_intervals import TimeInterval
from alerting.settings import Settings

Location = tuple[str | int, ...]


def muting_checks(settings: Settings) -> Iterator[tuple[Location, str]]:
    """Problems of `time_intervals`, `inhibit_rules` and `playbooks`, and of the routes that name them."""
    for place, interval in enumerate(settings.time_intervals):
        try:
            TimeInterval(interval)
        except ValueError as exc:
            yield ("time_intervals", place), str(exc)
    for place, rule in enumerate(settings.inhibit_rules):
        try:
            InhibitRule(rule, place)
        except ValueError as exc:
            yield ("inhibit_rules", place), str(exc)
    for place, playbook in enumerate(settings.playbooks):
        try:
            Playbooks([playbook])
        except ValueError as exc:
            yield ("playbooks", place), str(exc)
    names = [interval.name for interval in settings.time_intervals]
    for place, name in enumerate(names):
        if name in names[:place]:
            yield ("time_intervals", place, "name"), f"{name!r} is taken by entry {names.index(name)}"
    for key in ("mute_time_intervals", "active_time_intervals"):
        if getattr(settings.route, key):
            yield ("route", key), "the top route is always awake: what nothing else takes nobody would hear of"
    yield from _routes(settings.route, ("route",), frozenset(names))


def _routes(route: RouteSettings, location: Location, names: frozenset[str]) -> Iterator[tuple[Location, str]]:
    for key in ("mute_time_intervals", "active_time_intervals"):
        for place, name in enumerate(getattr(route, key)):
            if name not in names:
                known = ", ".join(sorted(names)) or "none"
                yield (*location, key, place), f"there is no time interval {name!r}; known are {known}"
    for place, child in enumerate(route.routes):
        yield from _routes(child, (*location, "routes", place), names)
