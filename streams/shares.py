"""What part of its budget each topic gets, so that no receiver gets more false pages than it accepts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from streams.topic import Topic

Reach = Callable[[Topic], frozenset[str]]
"""The receivers that incidents of a topic may come to."""

_APART: Final = 0.05  # a share that is off by less is left: every change is a new revision of a topic
_NOBODY_IN_PARTICULAR: Final = frozenset({""})


def to_one(topic: Topic) -> frozenset[str]:
    """Where nothing is known of routes, one receiver gets the pages of all topics."""
    del topic
    return _NOBODY_IN_PARTICULAR


def shared(topics: Sequence[Topic], reach: Reach, per_receiver: float) -> tuple[Topic, ...]:
    """The topics, each with its share in (0, 1].

    Where the budgets of the topics that reach a receiver sum up to more than `per_receiver` pages a week, each gets
    the same part of its own; of several receivers the strictest binds. The expected number of false pages is the sum
    of those of the topics, however much they depend on one another.

    Source:
        Spjotvoll, "On the optimality of some multiple comparison procedures", Ann. Math. Stat. 43(2), 1972.
    """
    reached = [reach(topic) for topic in topics]
    loads: defaultdict[str, float] = defaultdict(float)
    for topic, receivers in zip(topics, reached, strict=True):
        for receiver in receivers:
            loads[receiver] += topic.pages_per_week
    parts = {receiver: min(1.0, per_receiver / load) for receiver, load in loads.items()}
    return tuple(
        msgspec.structs.replace(topic, share=min((parts[receiver] for receiver in receivers), default=1.0))
        for topic, receivers in zip(topics, reached, strict=True)
    )


def to_be_shared_anew(topics: Iterable[Topic], reach: Reach, per_receiver: float) -> tuple[Topic, ...]:
    """Those of the topics whose share is another now, each with the new one."""
    known = tuple(topics)
    return tuple(
        fresh
        for topic, fresh in zip(known, shared(known, reach, per_receiver), strict=True)
        if abs(fresh.share - topic.share) > _APART * topic.share
    )
