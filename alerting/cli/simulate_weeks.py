"""`tocsin simulate --days`: weeks of many topics with everything that can happen to them, and the labels beside it."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.simulate.care import Care
    from streams.simulate.scenario import SimulatedTopic


def simulate_weeks(
    output: Path, *, start: datetime, days: float, brands: int, events: int, rate: float, seed: int
) -> None:
    """Write OUTPUT, OUTPUT.contacts.jsonl, OUTPUT.labels.jsonl, OUTPUT.care.json, and OUTPUT.yaml with the topics."""
    from alerting.contact_reading import written
    from streams import codec
    from streams.simulate.care import WEEKS, Care, account_of
    from streams.simulate.refund_outage import towns
    from streams.simulate.town import Town
    from streams.simulate.town_callers import TownCallers

    topics = towns(brands, rate)
    care = {
        brand: Care(WEEKS, account=account_of(brand), start=start, seed=f"{seed}/{brand}", told=False)
        for brand in sorted({topic.id.partition("-")[0] for group in topics for topic in group})
    }
    town = Town(topics, start, days=days, events=events, seed=seed, care=care)
    count = 0
    with output.open("wb") as stream:
        for mention in town.mentions():
            stream.write(codec.encode_mention(mention) + b"\n")
            count += 1
    known = [topic for group in topics for topic in group]
    callers = TownCallers(known, start, seconds=town.seconds, planted=town.planted, seed=seed)
    calls = output.with_name(output.name + ".contacts.jsonl")
    with calls.open("wb") as stream:
        stream.writelines(written(contact) + b"\n" for contact in callers.contacts())
    labels = output.with_name(output.name + ".labels.jsonl")
    lines = [
        json.dumps(msgspec.to_builtins(callers.labelled(label, number))) for number, label in enumerate(town.labels())
    ]
    labels.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    write_care(output, care)
    config = output.with_name(output.name + ".yaml")
    config.write_text(_configuration(known), encoding="utf-8")
    typer.echo(
        f"{count} mentions in {output}, {len(lines)} labels in {labels}, their topics in {config}, contacts in {calls}"
    )


def write_care(output: Path, care: "Mapping[str, Care]") -> None:
    """Who answered whom, by brand, into OUTPUT.care.json."""
    told = {brand: msgspec.to_builtins(one.labels) for brand, one in care.items()}
    output.with_name(output.name + ".care.json").write_text(json.dumps(told) + "\n", encoding="utf-8")


def _configuration(topics: "list[SimulatedTopic]") -> str:
    import yaml

    from streams.simulate.care import account_of
    from streams.simulate.programme import PLATFORMS

    told: list[dict[str, Any]] = [
        {"id": topic.id, "name": topic.name, "brand": topic.id.partition("-")[0], "query": topic.query}
        for topic in topics
    ]
    brands = sorted({topic["brand"] for topic in told})
    ours = {brand: [f"{platform}:{account_of(brand)}" for platform in sorted({*PLATFORMS})] for brand in brands}
    return yaml.safe_dump(
        {"topics": told, "score": {"own_accounts": ours}}, sort_keys=False, allow_unicode=True, width=200
    )
