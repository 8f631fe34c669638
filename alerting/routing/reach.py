"""Which receivers the incidents of a topic may come to, whatever they turn out to be."""

from functools import lru_cache
from itertools import product

from alerting.incidents.model import Severity
from alerting.routing.routes import Routes
from streams.declarations import MAX_TOPICS
from streams.events import Direction
from streams.shares import Reach

_KINDS = (Direction.CRISIS, Direction.VIRAL)  # a feed's silence is not a topic's


def reach_of(routes: Routes) -> Reach:
    """Follows the routing tree for every severity and direction that the topic's incidents may have."""

    @lru_cache(maxsize=MAX_TOPICS)
    def found(topic: str, brand: str, owner: str) -> frozenset[str]:
        known = {"topic": topic, "brand": brand, "owner": owner, "incident": ""}
        return frozenset(
            receiver
            for severity, direction in product(Severity, _KINDS)
            for receiver in routes.receivers_for({**known, "severity": severity.value, "direction": direction.value})
        )

    return lambda topic: found(topic.id, topic.brand or "", topic.owner or "")
