"""`tocsin kafka`: create, verify and authorise the Kafka topics."""

import asyncio
from typing import Annotated

import typer

from alerting.cli.exits import explained
from alerting.cli.options import ConfigOption, settings_from

app = typer.Typer(help="Create and verify the Kafka topics that Tocsin needs.", no_args_is_help=True)


@app.command("init")
def init(config: ConfigOption = None) -> None:
    """Create what is missing, leave alone what exists, then verify all of it."""
    from streams.broker.registry import open_broker
    from streams.errors import TopicsMismatch
    from streams.kafka_topics import check, create

    async def work() -> None:
        async with open_broker(settings.kafka) as broker:
            for name, created in (await create(broker, settings)).items():
                typer.echo(f"{name}: {'created' if created else 'was there'}")
            problems = await check(broker, settings)
        if problems:
            raise TopicsMismatch(problems)

    with explained():
        settings = settings_from(config)
        asyncio.run(work())


@app.command("check")
def verify(config: ConfigOption = None) -> None:
    """Verify partitions, replication, compaction, retention and, in a sample, the keys of the mentions."""
    from streams.broker.registry import open_broker
    from streams.errors import TopicsMismatch
    from streams.kafka_topics import check

    async def work() -> None:
        async with open_broker(settings.kafka) as broker:
            problems = await check(broker, settings)
        if problems:
            raise TopicsMismatch(problems)
        typer.echo(f"The Kafka topics at {settings.kafka.bootstrap_servers} are as they have to be.")

    with explained():
        settings = settings_from(config)
        asyncio.run(work())


@app.command("asyncapi")
def print_asyncapi(config: ConfigOption = None) -> None:
    """Print the Kafka topics and their records as an AsyncAPI 3 document, YAML, for code generators and catalogues."""
    from importlib.metadata import version

    import yaml

    from streams.asyncapi import document

    with explained():
        told = document(settings_from(config), version=version("tocsin"))
    typer.echo(yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120), nl=False)


@app.command("acls")
def print_acls(
    config: ConfigOption = None,
    principal: Annotated[str, typer.Option(help="Who the roles are; `{role}` stands for each.")] = "User:tocsin-{role}",
) -> None:
    """Print the commands that give each role what it needs, and no more."""
    from streams.kafka_topics import acls

    with explained():
        typer.echo(acls(settings_from(config), principal=principal))
