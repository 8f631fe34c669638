"""`tocsin explain`: every number behind a decision."""

import asyncio
import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from alerting.cli.client import ApiClient
from alerting.cli.exits import Exit, complain, explained
from alerting.cli.options import ConfigOption, JsonOption, KeyOption, UrlOption, settings_from
from alerting.cli.tables import show_json, show_lines

_DETECTION: Final = re.compile(r"[0-9a-f]{32}")

if TYPE_CHECKING:
    from streams.events import Detection


def explain(
    name: Annotated[
        str, typer.Argument(metavar="ID", help="A detection's id, an incident's, `inc_...`, or a topic's that rises.")
    ],
    kafka: Annotated[
        bool, typer.Option("--kafka", help="Look a detection up in Kafka, as the configuration has it, not in the API.")
    ] = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why somebody was paged: what every score saw, what is usual, its odds, the budget, the threshold.

    Of an incident every decision is explained, oldest first. Of a topic: what it shows below the page, if it stands on
    the watch list.
    """
    if kafka:
        with explained():
            found = [_plain(one) for one in asyncio.run(_in_kafka(name, settings_from(config)))]
        if not found:
            complain(f"Kafka holds no detection {name!a} any more; they are kept for 30 days")
            raise SystemExit(Exit.FAILED)
    elif name.startswith("inc_") or _DETECTION.fullmatch(name):
        found = asyncio.run(_asked(name, url, key))
    else:
        _explain_rise(name, asyncio.run(_rising(url, key)), as_json=as_json)
        return
    if as_json:
        show_json(found if name.startswith("inc_") else found[0])
        return
    for number, decision in enumerate(found):
        title = f"{decision['phase']}, detection {decision['id']} of {decision['topic']}"
        show_lines(title, decision["words"], first=number == 0)
    if not found:
        none = "they are kept for 30 days, and what somebody split off or a feed that fell silent has none of its own"
        show_lines(f"No decision of {name} is there: {none}.", (), first=True)


def _explain_rise(topic: str, rising: list[dict[str, Any]], *, as_json: bool) -> None:
    found = [one for one in rising if one["topic"] == topic]
    if as_json:
        show_json(found)
    elif found:
        show_lines(f"rising, topic {topic}", found[0]["words"], first=True)
    else:
        less = "it shows less than half of the evidence of a page, or nobody tracks it"
        show_lines(f"The topic {topic} is not on the watch list: {less}.", (), first=True)


async def _rising(url: str | None, key: str | None) -> list[dict[str, Any]]:
    async with ApiClient(url, key) as api:
        return list((await api.get("/api/v1/watch"))["topics"])


async def _asked(name: str, url: str | None, key: str | None) -> list[dict[str, Any]]:
    async with ApiClient(url, key) as api:
        if name.startswith("inc_"):
            return list((await api.get(f"/api/v1/incidents/{name}/detections"))["detections"])
        return [await api.get(f"/api/v1/detections/{name}")]


async def _in_kafka(name: str, settings: Any) -> "list[Detection]":
    from streams import codec
    from streams.broker.base import Partition
    from streams.broker.registry import open_broker
    from streams.errors import StateCorrupted

    kafka = settings.kafka
    async with open_broker(kafka) as broker:
        shape = (await broker.describe_topics([kafka.detections])).get(kafka.detections)
        for number in range(0 if shape is None else shape.partitions):
            async for records in broker.scan(Partition(kafka.detections, number), None):
                for record in records:
                    if name.encode() not in (record.value or b""):
                        continue
                    try:
                        detection = codec.decode_detection(record.value)
                    except StateCorrupted:
                        continue
                    if detection.id == name:
                        return [detection]
    return []


def _plain(detection: "Detection") -> dict[str, Any]:
    from alerting.api.decisions import answer_of

    return answer_of(detection).model_dump(mode="json")
