"""Work that goes on until it is told to stop."""

import asyncio
from collections.abc import Callable, Coroutine

Runs = Callable[[asyncio.Event], Coroutine[None, None, None]]
"""Works until the event is set."""
