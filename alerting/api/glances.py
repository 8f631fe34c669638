"""The console's first page, drawn once for everybody who looks at the same moment."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, NamedTuple

from alerting.access import role_now
from alerting.brand_scope import scope_now
from alerting.incidents.store import Store
from streams.clock import Clock

FRESH_SECONDS: Final = 2.0
_STALE_SECONDS: Final = 10.0
_MOST_KEPT: Final = 64


class _Drawn(NamedTuple):
    html: str
    position: int
    at: float


class Glances:
    """Keeps what was drawn until something happens, two seconds at most.

    What anybody did, or was decided, is seen with the next look: it moves the audit trail. Curves and the board may be
    two seconds old, and ten while somebody else is drawing them anew. Who sees other brands or may do other things
    sees another page.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept: dict[Hashable, _Drawn] = {}
        self._turns: defaultdict[Hashable, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._token = secrets.token_hex(16)  # stands where each visitor's own belongs; no mention can know it

    async def page(self, kind: str, csrf: str, draw: Callable[[str], Awaitable[str]]) -> str:
        """The page for a visitor with this token; without one there is nothing to press on it.

        Args:
            kind: Which page, or which part of it.
            draw: Draws it for a visitor with the token that it is given.
        """
        key = (kind, bool(csrf), role_now(), scope_now().brands)
        position = await self._store.last_position()
        drawn = self._kept.get(key)
        if not self._is_good(drawn, position, FRESH_SECONDS):
            turn = self._turns[key]
            if not (turn.locked() and self._is_good(drawn, position, _STALE_SECONDS)):
                async with turn:
                    drawn = await self._drawn(key, csrf, draw)
        assert drawn is not None  # noqa: S101  # either it was good, or it was drawn just now
        return drawn.html.replace(self._token, csrf) if csrf else drawn.html

    async def _drawn(self, key: Hashable, csrf: str, draw: Callable[[str], Awaitable[str]]) -> _Drawn:
        position = await self._store.last_position()  # before it is drawn: what happens meanwhile is seen next time
        drawn = self._kept.get(key)
        if drawn is None or not self._is_good(drawn, position, FRESH_SECONDS):
            at = self._clock.monotonic()
            drawn = _Drawn(await draw(self._token if csrf else ""), position, at)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
                self._turns.clear()
            self._kept[key] = drawn
        return drawn

    def _is_good(self, drawn: _Drawn | None, position: int, seconds: float) -> bool:
        return drawn is not None and drawn.position == position and self._clock.monotonic() - drawn.at < seconds
