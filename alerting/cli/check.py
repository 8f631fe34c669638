"""`tocsin check`: is this configuration right?"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from alerting.cli.exits import explained
from alerting.cli.options import settings_from
from alerting.cli.unread_files import unread
from streams.clock import SystemClock
from streams.kafka_security import SaslMechanism


def check(
    config: Annotated[Path, typer.Argument(help="The configuration file.")],
    no_fetch: Annotated[
        bool, typer.Option("--no-fetch", help="Do not read calendars and PagerDuty's schedules.")
    ] = False,
) -> None:
    """Check a configuration file: every problem at once, with file, line, key, value and what is allowed.

    Exits 0 when it is right and 3 when it is not. Touches neither Kafka nor the database. Schedules that others keep
    are read, to find when nobody is on call within the next 90 days.
    """
    from alerting.cli.account_notes import notes_on_accounts
    from alerting.cli.name_notes import notes_on_names
    from alerting.cli.route_notes import notes_on_routes
    from alerting.cli.schedule_notes import notes_on_schedules
    from streams.broker.kafka_access import access
    from streams.sentiment.registry import lexicons_of

    with explained():
        settings = settings_from(config)
        if not unread(settings.kafka):
            access(settings.kafka)
        lexicons = lexicons_of(settings.score)
    topics, receivers = len(settings.topics), len(settings.receivers)
    held = f"{topics} topic{'s'[: topics != 1]}, {receivers} receiver{'s'[: receivers != 1]}"
    typer.echo(f"{config}: right ({held}, Kafka at {settings.kafka.bootstrap_servers})")
    for note in unread(settings):
        typer.echo(f"note: {note}")
    for language, lexicon in lexicons.items():
        if lexicon.unused:
            typer.echo(f"note: score.lexicons.{language}: {lexicon.unused} entries of several words are not used")
    ports = [settings.api.port, settings.roles.score_port, settings.roles.detect_port]
    if len({port for port in ports if port}) < sum(map(bool, ports)):
        typer.echo("note: api.port, roles.score_port and roles.detect_port are not all different: run alone, the roles")
        typer.echo("      need machines or containers of their own")
    security = settings.kafka.security
    if security.mechanism is SaslMechanism.PLAIN and not security.protocol.encrypted:
        typer.echo("note: kafka.security sends the password to Kafka where everybody on the way can read it: without")
        typer.echo("      TLS take a SCRAM mechanism, or take protocol SASL_SSL")
    for note in asyncio.run(notes_on_schedules(settings, SystemClock(), fetch=not no_fetch)):
        typer.echo(f"note: {note}")
    for note in (*notes_on_routes(settings), *notes_on_accounts(settings), *notes_on_names(settings)):
        typer.echo(f"note: {note}")
    if not settings.topics:
        typer.echo("note: there are no topics, so nothing is watched")
    if not settings.receivers:
        typer.echo("note: there are no receivers, so nobody is told; incidents still show in the console and the API")
    if not settings.api.keys:
        typer.echo("note: there are no API keys; one is made at every start and shown once in the log")
