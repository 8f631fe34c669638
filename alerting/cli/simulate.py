"""`tocsin simulate`: a labelled synthetic stream."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated

import typer

from alerting.cli.exits import explained


def simulate(
    output: Annotated[Path | None, typer.Argument(help="A .jsonl file; without it standard output.")] = None,
    seconds: Annotated[int, typer.Option(min=1, max=31_536_000, help="How much event time.")] = 600,
    crisis_after: Annotated[float, typer.Option(min=0, help="Seconds until refunds stop arriving.")] = 120.0,
    chatter: Annotated[float, typer.Option(min=0, help="Mentions a minute that belong to no topic.")] = 1200.0,
    start: Annotated[datetime | None, typer.Option(help="Event time of the first second, UTC; now without it.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same stream.")] = 1,
) -> None:
    """Write the demo's world as mentions, one JSON object a line, and its labels beside it in OUTPUT.labels.json.

    Into Kafka: `tocsin simulate day.jsonl && tocsin produce day.jsonl`.
    """
    from streams import codec
    from streams.clock import SystemClock
    from streams.simulate.refund_outage import refund_outage
    from streams.simulate.world import World

    origin = start.replace(tzinfo=UTC) if start else SystemClock().now()
    world = World(refund_outage(crisis_after_seconds=crisis_after, chatter_per_minute=chatter), origin, seed)

    def write(stream: IO[bytes]) -> int:
        count = 0
        for mention in world.mentions(seconds):
            stream.write(codec.encode_mention(mention) + b"\n")
            count += 1
        return count

    with explained():
        if output is None:
            write(sys.stdout.buffer)
            return
        with output.open("wb") as stream:
            count = write(stream)
        labels = output.with_name(output.name + ".labels.json")
        planted = [
            {"kind": label.kind, "topic": label.topic, "start": label.start, "end": label.end, "factor": label.factor}
            for label in world.labels()
        ]
        labels.write_text(json.dumps(planted, indent=2) + "\n", encoding="utf-8")
    typer.echo(f"{count} mentions in {output}, {len(planted)} labels in {labels}")
