"""What `tocsin check` finds in the routing tree: dead routes, topics that nobody owns."""

from collections.abc import Iterator
from typing import Final

from alerting.incidents.model import Severity
from alerting.route_settings import RouteSettings
from alerting.routing.dead_routes import dead_routes
from alerting.routing.matchers import Matcher, Operator
from alerting.routing.routes import Routes
from alerting.settings import Settings
from alerting.tier_settings import Tier

MOST_NAMED: Final = 5
_NEVER_GROUPED: Final = frozenset({Tier.DIGEST, Tier.WATCH})
_CALM: Final = tuple(one for one in Severity if one is not Severity.SEV1)


def notes_on_routes(settings: Settings) -> Iterator[str]:
    """A sentence for everything that is hardly meant so."""
    for dead in dead_routes(settings.route):
        yield f"{dead.place} is dead: {dead.because}"
    yield from _on_strangers(settings)
    yield from _on_groups(settings)
    yield from _on_peers(settings)
    owners = {owner.name for owner in settings.owners}
    unowned = [
        topic.id for topic in settings.topic_values() if topic.owner is None or (owners and topic.owner not in owners)
    ]
    if unowned and settings.receivers:
        more = f" and {len(unowned) - MOST_NAMED} more" if len(unowned) > MOST_NAMED else ""
        who = settings.unowned.receiver or settings.route.receiver
        yield f"nobody owns {', '.join(unowned[:MOST_NAMED])}{more}: {who} is told so whenever one of them opens"


def _on_peers(settings: Settings) -> Iterator[str]:
    """Peers that no topic of the file is: misspelled, or declared over the API alone."""
    known = {topic.id for topic in settings.topics}
    for group in settings.peers:
        strangers = [topic for topic in group.topics if topic not in known]
        if strangers:
            yield f"peers {group.name!r} names {', '.join(strangers[:MOST_NAMED])}, which no topic of the file is"


def _on_strangers(settings: Settings) -> Iterator[str]:
    """Routes that ask for what no topic of the file has: misspelled, or declared over the API alone."""
    topics = settings.topic_values()
    known = {
        "topic": {topic.id for topic in topics},
        "brand": {topic.brand or "" for topic in topics},
        "owner": {topic.owner or "" for topic in topics} | {owner.name for owner in settings.owners},
    }
    found = [
        f"{place} asks for {matcher}"
        for place, route in (_every(settings.route, "route") if topics else ())
        for matcher in map(Matcher.parse, route.matchers)
        if matcher.operator is Operator.EQUAL and matcher.value not in known.get(matcher.label, {matcher.value})
    ]
    yield from (f"{one}, which no topic of the file has" for one in found[:MOST_NAMED])
    if len(found) > MOST_NAMED:
        yield f"{len(found) - MOST_NAMED} more matchers of routes ask for what no topic of the file has"


def _on_groups(settings: Settings) -> Iterator[str]:
    """Routes that set what only a group has and group nothing, and routes whose groups no message ever waits for."""
    said = dict(_every(settings.route, "route"))
    for line in Routes(settings.route).lines():
        stop, own = line.stop, said[line.place]
        if stop is None:
            continue
        if own.group_interval_seconds is not None and not stop.groups:
            yield f"{line.place} sets group_interval_seconds, and nothing is grouped there: group_by says by what"
        if own.group_by is not None and stop.groups and all(tier in _NEVER_GROUPED for tier in map(stop.tier, _CALM)):
            yield f"{line.place} groups nothing: of SEV2 to SEV4 its receiver hears only in digests, or not at all"


def _every(route: RouteSettings, place: str) -> Iterator[tuple[str, RouteSettings]]:
    yield place, route
    for index, child in enumerate(route.routes):
        yield from _every(child, f"{place}.routes[{index}]")
