"""`tocsin demo`: the main job on embedded parts, with a crisis on the way."""

import errno
import socket
import sys
from typing import Annotated

import typer
from rich.console import Console

from alerting.cli.exits import Exit, complain, explained
from alerting.cli.serve import run_in_loop


def demo(
    seconds: Annotated[float | None, typer.Option(min=5, max=86_400, help="Stop by itself after so long.")] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Of the API and the console; 0 takes a free one.")
    ] = 8080,
    broker: Annotated[
        str, typer.Option(help="`tansu` is the embedded Kafka-protocol broker, `memory` needs nothing.")
    ] = "auto",
    crisis_after: Annotated[float, typer.Option(min=1, help="Seconds of live stream until refunds break.")] = 8.0,
    seed: Annotated[int, typer.Option(help="The same seed simulates the same.")] = 7,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the service's own log too.")] = False,
) -> None:
    """Watch a fictitious shop: seven quiet days are loaded, then its refunds break, and Tocsin pages.

    Everything runs on this machine: an embedded broker, a simulator, detection, incidents in SQLite, the API and the
    console, and a fake Slack and PagerDuty whose messages the console shows. Stop it with Ctrl-C.
    """
    if _taken(port):
        complain(f"port {port} is taken by another process; name a free one with --port, or 0 for any")
        raise SystemExit(Exit.FAILED)
    from alerting.cli.demo_run import Demo, DemoOptions
    from streams.log import set_up_logging

    set_up_logging(level="INFO" if verbose else "ERROR")
    options = DemoOptions(seconds=seconds, port=port, broker=broker, crisis_after=crisis_after, seed=seed)
    console = Console(file=sys.stdout, highlight=False)
    with explained():
        if broker not in {"auto", "tansu", "memory"}:
            raise typer.BadParameter("allowed are auto, tansu and memory", param_hint="--broker")
        run_in_loop(lambda: Demo(options, console).run())


def _taken(port: int) -> bool:
    """Asked before anything starts, so that nobody waits for the answer."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            return exc.errno == errno.EADDRINUSE
    return False
