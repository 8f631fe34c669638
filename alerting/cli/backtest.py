"""`tocsin backtest`: what would have paged."""

from pathlib import Path
from typing import Annotated

import typer

from alerting.cli.exits import Exit, complain, explained
from alerting.cli.options import ColumnOption, ConfigOption, JsonOption, SourceOption, open_source, settings_from
from alerting.cli.tables import show_json, show_table


def backtest(
    files: Annotated[list[Path], typer.Argument(help="Counts (.csv with timestamp,value) or mentions (.jsonl, .csv).")],
    config: ConfigOption = None,
    source: SourceOption = "files",
    column: ColumnOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder for one CSV a topic: value, expected, score, page.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the very same detectors over a recorded past and show which pages would have gone out.

    A counts file is one topic, named after the file. Mentions are matched to the topics of the configuration.
    """
    import msgspec

    from alerting.incidents.wording import odds
    from streams.backtest import Page, Report, backtest_counts, backtest_mentions, write_rows
    from streams.sentiment.registry import make_scorer

    with explained():
        settings = settings_from(config)
        missing = [file for file in files if not file.is_file()]
        if missing:
            complain(f"no such file: {', '.join(map(str, missing))}")
            raise SystemExit(Exit.USAGE)
        counted = [file for file in files if source == "files" and _is_counts(file)]
        reports: list[Report] = [backtest_counts(file, settings=settings) for file in counted]
        mentions = [open_source(source, file, column) for file in files if file not in counted]
        if mentions and not settings.topics:
            complain("mentions need topics to be matched to: name a configuration with --config")
            raise SystemExit(Exit.USAGE)
        if mentions:
            scorer = make_scorer(settings.score.sentiment)
            reports.append(backtest_mentions(mentions, settings=settings, scorer=scorer))
        pages: list[Page] = [page for report in reports for page in report.pages]
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            for report in reports:
                write_rows(report, out)
    if as_json:
        show_json(msgspec.to_builtins(pages))
        return
    rows = [
        (
            f"{page.at:%Y-%m-%d %H:%M}",
            page.topic,
            page.direction,
            page.observed,
            f"{page.expected:.1f}",
            odds(page.false_pages_per_week).removesuffix(" for this topic"),
        )
        for page in pages
    ]
    show_table("Pages", ("at", "topic", "kind", "observed", "expected", "by chance"), rows, empty="No page.")
    for report in reports:
        for refusal in report.refusals:
            complain(refusal)
    typer.echo(f"{sum(report.mentions for report in reports)} mentions, {len(pages)} page{'s'[: len(pages) != 1]}")


def _is_counts(file: Path) -> bool:
    import gzip

    name = file.name.lower().removesuffix(".gz")
    if not name.endswith(".csv"):
        return False
    with gzip.open(file, "rt", errors="replace") if file.suffix == ".gz" else file.open(errors="replace") as text:
        header = text.readline().strip().lower().lstrip("\ufeff").split(",")
    return {"timestamp", "value"} <= set(header)
