"""`tocsin replay-decisions`: are the decisions in Kafka what the log leads to?"""

import asyncio
from typing import TYPE_CHECKING, Any

import typer

from alerting.cli.exits import Exit, explained
from alerting.cli.options import ConfigOption, JsonOption, settings_from
from alerting.cli.tables import show_json, show_table

if TYPE_CHECKING:
    from streams.replay_report import ReplayReport

_EMPTY = "There are no partial counts to replay."


def replay_decisions(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Fold the partial counts in Kafka once more and compare every detection with the one that was written.

    It reaches back as far as the partials are kept, seven days by default: to their first record, else to the oldest
    anchor that they still go on from. Exit code 1 where a detection was changed, is missing or should not be there.
    Reads only.
    """
    from streams.broker.registry import open_broker
    from streams.decision_replay import replay_decisions as replay

    async def work() -> "ReplayReport":
        async with open_broker(settings.kafka) as broker:
            return await replay(broker, settings)

    with explained():
        settings = settings_from(config)
        report = asyncio.run(work())
    if as_json:
        show_json(_plain(report))
    else:
        _show(report)
    if report.differences:
        raise SystemExit(Exit.FAILED)


def _show(report: "ReplayReport") -> None:
    rows = [
        (
            reach.partition,
            f"{reach.start} to {reach.stop}",
            f"{reach.since:%Y-%m-%d %H:%M}" if reach.since else "its first record",
            reach.reproduced,
            reach.beyond,
        )
        for reach in report.partitions
    ]
    show_table(
        "Replayed", ("partition", "offsets", "from (UTC)", "reproduced", "before, not replayed"), rows, empty=_EMPTY
    )
    told = [
        (one.id, one.kind.value, one.topic, _place(one.partition, one.offset), one.field, one.written, one.replayed)
        for one in report.differences
    ]
    columns = ("detection", "is", "topic", "decided at", "differs in", "in Kafka", "replayed")
    same = sum(reach.reproduced for reach in report.partitions)
    show_table("Differences", columns, told, empty=f"{same} detections are reproduced byte for byte; none differs.")
    if report.unplaced:
        typer.echo(f"{report.unplaced} detections of an older version do not say where they were decided.")


def _place(partition: int, offset: int | None) -> str:
    return "unknown" if offset is None else f"{partition}:{offset}"


def _plain(report: "ReplayReport") -> dict[str, Any]:
    return {
        "reproduced": sum(reach.reproduced for reach in report.partitions),
        "unplaced": report.unplaced,
        "partitions": [
            {
                "partition": reach.partition,
                "start": reach.start,
                "stop": reach.stop,
                "since": None if reach.since is None else reach.since.isoformat(),
                "reproduced": reach.reproduced,
                "beyond": reach.beyond,
            }
            for reach in report.partitions
        ],
        "differences": [
            {
                "kind": one.kind.value,
                "id": one.id,
                "topic": one.topic,
                "partition": one.partition,
                "offset": one.offset,
                "field": one.field,
                "written": one.written,
                "replayed": one.replayed,
            }
            for one in report.differences
        ],
    }
