"""Work that goes on until somebody says stop."""

import asyncio
from collections.abc import Coroutine


async def until_stopped(stop: asyncio.Event, work: Coroutine[None, None, None], *, name: str) -> None:
    """Run `work`, which never ends by itself, until `stop`; then cancel it.

    Raises:
        RuntimeError: It ended by itself: a client may let through a cancellation that nobody asked for, and a task
            group would say nothing of it.
    """
    async with asyncio.TaskGroup() as group:
        working = group.create_task(work, name=name)
        stopping = group.create_task(stop.wait(), name=f"{name}.stop")
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if working.done() and not stop.is_set():
            raise RuntimeError(f"{name} ended by itself")
        working.cancel()
