"""What the terminal shows while the demo runs: a live panel, or plain lines where there is no terminal."""

from dataclasses import dataclass
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from alerting.cli.tables import literal

_PLAIN_EVERY_SECONDS = 5.0
_SHOWN_PAGES = 8


@dataclass(frozen=True, slots=True)
class Progress:
    """How the demo stands at one moment.

    Attributes:
        lag: Records produced and not yet read by the score and detect stages; None while unknown.
        phase: What the demo is doing, in words.
    """

    elapsed_seconds: float
    phase: str
    per_second: float = 0.0
    lag: int | None = None
    topics: int = 0
    open_incidents: int = 0


class DemoScreen:
    """Shows progress and pages; a context manager.

    Args:
        console: Where to; a terminal gets a live panel.
        banner: Lines that stay on top: addresses, key, guarantee.
    """

    def __init__(self, console: Console, banner: tuple[str, ...]) -> None:
        self._console = console
        self._banner = banner
        self._pages: list[str] = []
        self._last = Progress(0.0, "starting")
        self._said_at = -_PLAIN_EVERY_SECONDS
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None

    def __enter__(self) -> Self:
        for line in self._banner:
            self._console.print(Text(line), soft_wrap=True)
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, progress: Progress) -> None:
        """Replace the panel; without a terminal, say it every five seconds and whenever the phase changes."""
        changed = progress.phase != self._last.phase
        self._last = progress
        if self._live is not None:
            self._live.update(self._panel(), refresh=True)
        elif changed or progress.elapsed_seconds - self._said_at >= _PLAIN_EVERY_SECONDS:
            self._said_at = progress.elapsed_seconds
            lag = "unknown" if progress.lag is None else f"{progress.lag}"
            self._line(
                f"[{progress.elapsed_seconds:5.1f} s] {progress.phase}: {progress.per_second:.0f} mentions/s, "
                f"lag {lag}, {_counted(progress.topics, 'topic')}, {_counted(progress.open_incidents, 'open incident')}"
            )

    def page(self, at_seconds: float, text: str) -> None:
        """Say that a page went out."""
        line = f"[{at_seconds:5.1f} s] {text}"
        self._pages.append(line)
        if self._live is not None:
            self._live.update(self._panel(), refresh=True)
        else:
            self._line(line)

    def _line(self, text: str) -> None:
        self._console.print(literal(text), soft_wrap=True)

    def _panel(self) -> Panel:
        last = self._last
        facts = Table.grid(padding=(0, 3))
        lag = "-" if last.lag is None else f"{last.lag}"
        facts.add_row(
            f"{last.per_second:.0f} mentions/s",
            f"lag {lag}",
            _counted(last.topics, "topic"),
            _counted(last.open_incidents, "open incident"),
            f"{last.elapsed_seconds:.0f} s",
        )
        pages = [literal(line) for line in self._pages[-_SHOWN_PAGES:]] or [Text("no page yet", style="dim")]
        return Panel(
            Group(Text(last.phase, style="bold"), facts, Text(""), *pages), title="Tocsin demo", padding=(0, 1)
        )


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
