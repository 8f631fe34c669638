"""`tocsin simulate`: a labelled synthetic stream."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from alerting.cli.exits import explained
from alerting.cli.options import ConfigOption, settings_from
from alerting.cli.simulate_weeks import simulate_weeks, write_care

if TYPE_CHECKING:
    from streams.clock import Clock
    from streams.settings import KafkaSettings
    from streams.simulate.callers import Callers
    from streams.simulate.world import World


def simulate(
    output: Annotated[Path | None, typer.Argument(help="A .jsonl file; without it standard output.")] = None,
    kafka: Annotated[bool, typer.Option("--kafka", help="Into Kafka instead, second by second as it happens.")] = False,
    config: ConfigOption = None,
    seconds: Annotated[int, typer.Option(min=1, max=31_536_000, help="How much event time.")] = 600,
    crisis_after: Annotated[float, typer.Option(min=0, help="Seconds until refunds stop arriving.")] = 120.0,
    chatter: Annotated[float, typer.Option(min=0, help="Mentions a minute that belong to no topic.")] = 1200.0,
    start: Annotated[datetime | None, typer.Option(help="Event time of the first second, UTC; now without it.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same stream.")] = 1,
    days: Annotated[
        float | None,
        typer.Option(min=0.1, max=366, help="Instead: so many days, with all kinds of events."),
    ] = None,
    brands: Annotated[int, typer.Option(min=1, max=8, help="With --days: each has the same seven topics.")] = 2,
    events: Annotated[int, typer.Option(min=0, max=10_000, help="With --days: how many are planted at most.")] = 24,
    rate: Annotated[float, typer.Option(min=0.001, max=100, help="With --days: multiplies all rates.")] = 0.1,
) -> None:
    """Write the demo's world as mentions, one JSON object a line, beside it its labels and what people call about.

    Those stand in OUTPUT.labels.json and OUTPUT.contacts.jsonl. A care team answers complaints, partly by template and
    once badly, and customers help one another: who did what stands in OUTPUT.care.json. With --kafka mentions and
    contacts go to the Kafka of the configuration as they happen, and the labels to OUTPUT. With --days it is weeks of
    every brand's topics, with seasons, drifts, cascades and twelve kinds of events; the labels stand in
    OUTPUT.labels.jsonl, one a line, what people call about in OUTPUT.contacts.jsonl, and the topics in OUTPUT.yaml,
    with the accounts of the care teams.
    """
    from alerting.contact_reading import written
    from streams.clock import SystemClock
    from streams.simulate.callers import Callers
    from streams.simulate.care import HURRIED, Care, account_of
    from streams.simulate.refund_outage import refund_outage
    from streams.simulate.world import World

    clock = SystemClock()
    origin = start.replace(tzinfo=UTC) if start else clock.now()
    scenario = refund_outage(crisis_after_seconds=crisis_after, chatter_per_minute=chatter)
    care = Care(HURRIED, account=account_of(scenario.brand), start=origin, seed=seed)
    world, callers = World(scenario, origin, seed, care=care), Callers(scenario, origin, seed)
    if days is not None:
        if output is None or kafka:
            raise typer.BadParameter("needs an OUTPUT file, and no --kafka", param_hint="--days")
        with explained():
            simulate_weeks(output, start=origin, days=days, brands=brands, events=events, rate=rate, seed=seed)
        return
    with explained():
        if kafka:
            settings = settings_from(config)
            count = asyncio.run(_into_kafka(world, callers, seconds, settings.kafka, clock))
            labels = output
            typer.echo(f"{count} mentions sent to {settings.kafka.mentions}")
        elif output is None:
            _write(world, seconds, sys.stdout.buffer)
            return
        else:
            with output.open("wb") as stream:
                count = _write(world, seconds, stream)
            labels = output.with_name(output.name + ".labels.json")
            calls = output.with_name(output.name + ".contacts.jsonl")
            calls.write_bytes(b"".join(written(contact) + b"\n" for contact in callers.calls(seconds)))
            typer.echo(f"{count} mentions in {output}, {len(world.labels())} labels in {labels}, contacts in {calls}")
        if labels is not None:
            labels.write_text(json.dumps(_planted(world), indent=2) + "\n", encoding="utf-8")
        if output is not None:
            write_care(output, {scenario.brand: care})


def _write(world: "World", seconds: int, stream: IO[bytes]) -> int:
    from streams import codec

    count = 0
    for mention in world.mentions(seconds):
        stream.write(codec.encode_mention(mention) + b"\n")
        count += 1
    return count


async def _into_kafka(world: "World", callers: "Callers", seconds: int, kafka: "KafkaSettings", clock: "Clock") -> int:
    from alerting.cli.contact_sending import send_contacts
    from streams import codec
    from streams.broker.base import Outgoing
    from streams.broker.registry import open_broker

    count = 0
    async with open_broker(kafka) as broker:
        began = clock.monotonic()
        for second in range(1, seconds + 1):
            mentions = list(world.mentions(1))
            await broker.send(
                [Outgoing(kafka.mentions, mention.key.encode(), codec.encode_mention(mention)) for mention in mentions]
            )
            await send_contacts(broker, kafka, callers.calls(1))
            count += len(mentions)
            await clock.sleep(max(0.0, began + second - clock.monotonic()))
    return count


def _planted(world: "World") -> list[dict[str, object]]:
    return [
        {"kind": label.kind, "topic": label.topic, "start": label.start, "end": label.end, "factor": label.factor}
        for label in world.labels()
    ]
