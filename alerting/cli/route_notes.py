"""What `tocsin check` finds in the routing tree: dead routes, topics that nobody owns."""

from collections.abc import Iterator
from typing import Final

from alerting.routing.dead_routes import dead_routes
from alerting.settings import Settings

MOST_NAMED: Final = 5


def notes_on_routes(settings: Settings) -> Iterator[str]:
    """A sentence for everything that is hardly meant so."""
    for dead in dead_routes(settings.route):
        yield f"{dead.place} is dead: {dead.because}"
    owners = {owner.name for owner in settings.owners}
    unowned = [topic.id for topic in settings.topics if topic.owner is None or (owners and topic.owner not in owners)]
    if unowned and settings.receivers:
        more = f" and {len(unowned) - MOST_NAMED} more" if len(unowned) > MOST_NAMED else ""
        who = settings.unowned.receiver or settings.route.receiver
        yield f"nobody owns {', '.join(unowned[:MOST_NAMED])}{more}: {who} is told so whenever one of them opens"
