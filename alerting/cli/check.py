"""`tocsin check`: is this configuration right?"""

from pathlib import Path
from typing import Annotated

import typer

from alerting.cli.exits import explained
from alerting.cli.options import settings_from


def check(config: Annotated[Path, typer.Argument(help="The configuration file.")]) -> None:
    """Check a configuration file: every problem at once, with file, line, key, value and what is allowed.

    Exits 0 when it is right and 3 when it is not. Touches neither Kafka nor the database.
    """
    with explained():
        settings = settings_from(config)
    topics, receivers = len(settings.topics), len(settings.receivers)
    typer.echo(f"{config}: right ({topics} topics, {receivers} receivers, Kafka at {settings.kafka.bootstrap_servers})")
    if not settings.topics:
        typer.echo("note: there are no topics, so nothing is watched")
    if not settings.receivers:
        typer.echo("note: there are no receivers, so nobody is told; incidents still show in the console and the API")
    if not settings.api.keys:
        typer.echo("note: there are no API keys; one is made at every start and shown once in the log")
