"""`tocsin produce`: recorded mentions into Kafka."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alerting.cli.exits import Exit, complain, explained
from alerting.cli.options import ColumnOption, ConfigOption, SourceOption, open_source, settings_from

if TYPE_CHECKING:
    from streams.produce import Produced


def produce(
    file: Annotated[
        Path, typer.Argument(help="Mentions, as --source reads them; .jsonl, .ndjson or .csv, each also with .gz.")
    ],
    config: ConfigOption = None,
    source: SourceOption = "files",
    column: ColumnOption = None,
    rate: Annotated[float | None, typer.Option(min=0.001, help="Mentions a second.")] = None,
    pace: Annotated[
        float | None, typer.Option(min=0.001, help="The recorded pace times this: at 60 an hour takes a minute.")
    ] = None,
    as_recorded: Annotated[
        bool, typer.Option("--as-recorded", help="Keep the event time of old mentions: ingested when published.")
    ] = False,
) -> None:
    """Send the mentions of FILE to Kafka, keyed by platform:id; as fast as Kafka takes them, unless told otherwise."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from streams.broker.registry import open_broker
    from streams.clock import SystemClock
    from streams.produce import produce as send

    async def work() -> "Produced":
        async with open_broker(settings.kafka) as broker:
            with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as shown:
                task = shown.add_task("0 mentions")

                def show(done: "Produced") -> None:
                    newest = f", up to {done.newest:%Y-%m-%d %H:%M:%S}" if done.newest else ""
                    shown.update(task, description=f"{done.sent} mentions{newest}")

                return await send(
                    mentions,
                    broker,
                    settings,
                    SystemClock(),
                    rate=rate,
                    pace=pace,
                    as_recorded=as_recorded,
                    progress=show,
                )

    if rate is not None and pace is not None:
        complain("give --rate or --pace, not both")
        raise SystemExit(Exit.USAGE)
    with explained():
        settings = settings_from(config)
        mentions = open_source(source, file, column)
        done = asyncio.run(work())
    typer.echo(f"{done.sent} mentions sent to {settings.kafka.mentions}, {done.refused} unreadable ones left out")
    if done.refused and not done.sent:
        complain(f"nothing in {file} is a mention")
        raise SystemExit(Exit.FAILED)
