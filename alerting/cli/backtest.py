"""`tocsin backtest`: what would have paged."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from alerting.cli.exits import Exit, complain, explained
from alerting.cli.options import ColumnOption, ConfigOption, JsonOption, SourceOption, open_source, settings_from
from alerting.cli.tables import show_json, show_table
from alerting.routing.reach import reach_of
from alerting.routing.routes import Routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.backtest import Page, Progress, Report

OTHER_BUDGETS: Final = (0.1, 0.25, 1.0, 4.0)
"""What the report tries beside the budget that is configured, in pages a week for each topic."""


def backtest(
    files: Annotated[
        list[Path], typer.Argument(help="Counts (.csv with timestamp,value) or mentions (.jsonl, .csv); also gzipped.")
    ],
    config: ConfigOption = None,
    source: SourceOption = "files",
    column: ColumnOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for report.html, with curves, pages and the effect of other budgets, and one CSV a topic: "
            "timestamp,value,expected,low,high,score,page."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the very same detectors over a recorded past and show which pages would have gone out.

    A counts file is one topic, named after the file; rows may also have negative, positive and sentiment. Mentions are
    matched to the topics of the configuration.
    """
    import msgspec

    from streams.backtest import backtest_counts, backtest_mentions
    from streams.clock import SystemClock
    from streams.count_table import is_counts, name_of_counts
    from streams.recorded_past import RecordedPast
    from streams.sentiment.registry import scorer_of

    with explained():
        settings = settings_from(config)
        missing = [file for file in files if not file.is_file()]
        if missing:
            _refuse(f"no such file, or a folder or a pipe: {', '.join(map(str, missing))}")
        counted = [file for file in files if source == "files" and is_counts(file)]
        mentions = [open_source(source, file, column) for file in files if file not in counted]
        if mentions and not settings.topics:
            why = _why_no_counts(files, counted)
            _refuse(f"{why}mentions need topics to be matched to: name a configuration with --config")
        stems = [name_of_counts(file) for file in counted]
        if mentions:
            stems += [topic.id for topic in settings.topics]
        if out is not None:
            _keep_apart(out, files, stems)
            out.mkdir(parents=True, exist_ok=True)  # now, and not after an hour of work
        budgets = () if out is None else OTHER_BUDGETS
        with _shown() as watch:
            taken = {topic.id for topic in settings.topics} if mentions else set()
            reports = []
            for file in counted:
                report = backtest_counts(
                    file,
                    settings=settings,
                    budgets=budgets,
                    progress=watch(file.name),
                    with_rows=out is not None,
                    taken=taken,
                )
                taken.add(report.topics[0].id)
                reports.append(report)
            if mentions:
                scorer = scorer_of(settings.score)
                told = watch("mentions")
                reports.append(
                    backtest_mentions(
                        [RecordedPast(mentions, grace_seconds=settings.time.grace_seconds)],
                        settings=settings,
                        scorer=scorer,
                        budgets=budgets,
                        progress=told,
                        reach=reach_of(Routes(settings.route)),
                        with_rows=out is not None,
                    )
                )
        if out is not None:
            _write(out, reports, stems)
    pages = [page for report in reports for page in report.pages]
    _complain_of(reports, SystemClock().now())
    if as_json:
        show_json(msgspec.to_builtins(pages))
    else:
        _show(pages, reports)
    if all(report.unreadable and not report.mentions for report in reports):
        raise SystemExit(Exit.FAILED)


def _complain_of(reports: "Sequence[Report]", now: datetime) -> None:
    for report in reports:
        for refusal in report.refusals:
            complain(refusal)
        if report.unreadable:
            complain(f"left out because unreadable: {report.unreadable} mention{'s'[: report.unreadable != 1]}")
        if report.newest is not None and report.newest > now:
            name = f"topic {report.topics[0].id}" if len(report.topics) == 1 else "mentions"
            complain(f"{name}: dated in the future, up to {report.newest:%Y-%m-%d %H:%M} UTC")


def _show(pages: "Sequence[Page]", reports: "Sequence[Report]") -> None:
    from alerting.incidents.usual import usual
    from alerting.incidents.wording import odds

    rows = [
        (
            f"{page.at:%Y-%m-%d %H:%M}",
            page.topic,
            page.direction,
            page.observed,
            usual(page.expected),
            odds(page.false_pages_per_week).removesuffix(" for this topic"),
        )
        for page in pages
    ]
    show_table("Pages", ("at", "topic", "kind", "observed", "expected", "by chance"), rows, empty="No page.")
    typer.echo(f"{sum(report.mentions for report in reports)} mentions, {len(pages)} page{'s'[: len(pages) != 1]}")


def _write(out: Path, reports: "Sequence[Report]", stems: Sequence[str]) -> None:
    from alerting.cli.backtest_charts import TopicPast
    from alerting.cli.backtest_files import REPORT, table_names, write_table
    from alerting.cli.backtest_report import report_page

    names = iter(table_names(stems))
    pages = [_by_topic(report.pages) for report in reports]
    pasts = [
        TopicPast(
            topic,
            report.rows[topic.id],
            tuple(paged.get(topic.id, ())),
            report.pages_by_budget[topic.id],
            next(names),
        )
        for report, paged in zip(reports, pages, strict=True)
        for topic in report.topics
    ]
    for past in pasts:
        write_table(past.rows, out / past.table)
    page = report_page(pasts, OTHER_BUDGETS, unreadable=sum(report.unreadable for report in reports))
    (out / REPORT).write_text(page, encoding="utf-8", errors="replace")


def _by_topic(pages: "Sequence[Page]") -> "dict[str, list[Page]]":
    found: dict[str, list[Page]] = {}
    for page in pages:
        found.setdefault(page.topic, []).append(page)
    return found


def _keep_apart(out: Path, files: Sequence[Path], stems: Sequence[str]) -> None:
    """Refuse to write over what is read."""
    from alerting.cli.backtest_files import REPORT, table_names

    read = {file.resolve() for file in files}
    lost = [out / name for name in (*table_names(stems), REPORT) if (out / name).resolve() in read]
    if lost:
        _refuse(f"--out {out} would write over {', '.join(map(str, lost))}: name another folder")


def _why_no_counts(files: Sequence[Path], counted: Sequence[Path]) -> str:
    from streams.count_table import name_of_counts

    file = next((file for file in files if file not in counted and name_of_counts(file) != file.name), None)
    if file is None:
        return ""
    lack = "it is empty" if file.stat().st_size == 0 else "the header does not name timestamp and value"
    return f"{file}:1: {lack}; "


def _refuse(reason: str) -> None:
    complain(reason)
    raise SystemExit(Exit.USAGE)


@contextmanager
def _shown() -> "Iterator[Callable[[str], Progress]]":
    """A progress bar on standard error, and none where that is no terminal."""
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from alerting.notifiers.escaping import escape_terminal

    name = TextColumn("{task.description}", markup=False)
    columns = (name, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    idle = not sys.stderr.isatty()
    with Bar(*columns, console=Console(stderr=True), transient=True, disable=idle) as bar:

        def watch(what: str) -> "Progress":
            task = bar.add_task(escape_terminal(what), total=None)

            def tell(done: int, total: int | None) -> None:
                bar.update(task, completed=done, total=total)

            return tell

        yield watch
