"""Charts as pictures, drawn by a process that may hang or die without anybody waiting for it."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Final

import structlog

log = structlog.get_logger(__name__)

DRAW: Final = (sys.executable, "-m", "alerting.charts.png")
SECONDS: Final = 10.0
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_LARGEST: Final = 5_000_000


class Painter:
    """Draws one picture at a time.

    Args:
        command: Reads SVG, writes PNG.
        seconds: After so long it is killed.
    """

    def __init__(self, command: Sequence[str] = DRAW, *, seconds: float = SECONDS) -> None:
        self._command = tuple(command)
        self._seconds = seconds

    async def png(self, svg: str) -> bytes | None:
        """The drawing as a picture; None where that failed, and the log says why."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as exc:
            log.warning("picture.not_drawn", reason=type(exc).__name__)
            return None
        try:
            async with asyncio.timeout(self._seconds):
                drawn, _ = await process.communicate(svg.encode())
        except TimeoutError:
            log.warning("picture.not_drawn", reason=f"no picture within {self._seconds:g} s")
            return None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode or not drawn.startswith(_SIGNATURE) or len(drawn) > _LARGEST:
            log.warning("picture.not_drawn", reason=f"the drawing process ended with {process.returncode}")
            return None
        return drawn
