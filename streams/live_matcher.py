"""One matcher for every score stage of this process, replaced while they work."""

from collections.abc import Mapping
from typing import Final, Protocol
from weakref import WeakSet

import structlog

from streams.clock import Clock
from streams.declarations import Declarations
from streams.matching import TopicMatcher
from streams.topic_follower import SLICE

_SHARE: Final = 3.0  # building again and again, as while topics are loaded one by one, takes a quarter of the time
_LONGEST_REST_SECONDS: Final = 2.0
_FRESH_SECONDS: Final = 8 * 86_400  # longer than partial counts are kept

log = structlog.get_logger(__name__)


class Adopting(Protocol):
    """Who counts for the topics of a matcher."""

    def adopt(self, matcher: TopicMatcher, removed: Mapping[str, int]) -> None:
        """Count for these topics from the next batch on."""
        ...

    def erase(self, authors: frozenset[int], fresh: frozenset[int]) -> None:
        """Show none of these authors' mentions; `fresh` were erased within the last eight days."""
        ...


class LiveMatcher:
    """Builds the matcher of what is declared a slice at a time, then hands it to everybody between two batches."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._users: WeakSet[Adopting] = WeakSet()
        self.matcher = TopicMatcher(())
        self._removed: Mapping[str, int] = {}
        self._erased: Mapping[int, int] = {}

    def serve(self, user: Adopting) -> None:
        """Hand the matcher to `user`, now and whenever it changes, for as long as somebody else holds on to it."""
        user.adopt(self.matcher, self._removed)
        user.erase(frozenset(self._erased), self._fresh())
        self._users.add(user)

    async def changed(self, declarations: Declarations) -> None:
        """Build the matcher of these topics and hand it out, after word of the authors who are to be forgotten."""
        self._erased = dict(declarations.erased)
        for user in tuple(self._users):
            user.erase(frozenset(self._erased), self._fresh())
        began = self._clock.monotonic()
        removed = dict(declarations.removed)
        building = TopicMatcher.in_steps(declarations.topics)
        number = 0
        while True:
            try:
                next(building)
            except StopIteration as built:
                self.matcher = built.value
                break
            number += 1
            if number % SLICE == 0:
                await self._clock.sleep(0)
        self._removed = removed
        for user in tuple(self._users):
            user.adopt(self.matcher, removed)
        seconds = self._clock.monotonic() - began
        log.info("topics.adopted", topics=len(self.matcher.topics), seconds=round(seconds, 3))
        await self._clock.sleep(min(_SHARE * seconds, _LONGEST_REST_SECONDS))

    def _fresh(self) -> frozenset[int]:
        """Only a stage that was away for long may not have been told of the others."""
        since = round((self._clock.now().timestamp() - _FRESH_SECONDS) * 1000)
        return frozenset(author for author, erased_ms in self._erased.items() if erased_ms >= since)
