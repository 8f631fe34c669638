"""Options that several commands share, and what they lead to."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from alerting.settings import Settings
from alerting.settings_file import load_settings

if TYPE_CHECKING:
    from streams.sources.base import Source

DEFAULT_CONFIG: Final = Path("tocsin.yaml")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", envvar="TOCSIN_CONFIG", help="Configuration file; without it ./tocsin.yaml."),
]
UrlOption = Annotated[
    str | None, typer.Option("--url", envvar="TOCSIN_URL", help="Where Tocsin listens; without it 127.0.0.1:8080.")
]
KeyOption = Annotated[str | None, typer.Option("--key", envvar="TOCSIN_API_KEY", help="API key.", show_envvar=True)]
SourceOption = Annotated[
    str,
    typer.Option("--source", help="How mentions are read from a file: the name of a source; `files` goes by suffix."),
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--column", help="With --source csv: FIELD=HEADER, where the header's name does not tell; repeatable."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def settings_from(config: Path | None) -> Settings:
    """The settings of the named file, else of ./tocsin.yaml, else the defaults, with the environment on top.

    Raises:
        InvalidConfig: With every problem.
    """
    if config is None and DEFAULT_CONFIG.exists():
        config = DEFAULT_CONFIG
    return load_settings(config, os.environ)


def open_source(name: str, file: Path, columns: Sequence[str] | None = None) -> "Source":
    """The source of that name on this file.

    Args:
        columns: `FIELD=HEADER`, for the source `csv`.

    Raises:
        BadParameter: There is no such source, or columns are told to one that has none.
        ValueError: The source cannot tell what is in the file.
    """
    from streams.sources.csv_rows import CsvSource
    from streams.sources.registry import SOURCES

    build = SOURCES.get(name)
    if build is None:
        raise typer.BadParameter(f"allowed are {', '.join(sorted(SOURCES))}", param_hint="--source")
    if not columns:
        return build(file)
    pairs = [column.partition("=") for column in columns]
    if build is not CsvSource or not all(field and header for field, _, header in pairs):
        raise typer.BadParameter("expected FIELD=HEADER, and --source csv", param_hint="--column")
    return CsvSource(file, {field: header for field, _, header in pairs})
