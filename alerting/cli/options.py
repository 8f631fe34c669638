"""Options that several commands share, and what they lead to."""

import os
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
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def settings_from(config: Path | None) -> Settings:
    """The settings of the named file, else of ./tocsin.yaml, else the defaults, with the environment on top.

    Raises:
        InvalidConfig: With every problem.
    """
    if config is None and DEFAULT_CONFIG.exists():
        config = DEFAULT_CONFIG
    return load_settings(config, os.environ)


def open_source(name: str, file: Path) -> "Source":
    """The source of that name on this file.

    Raises:
        BadParameter: There is no such source.
        ValueError: The source cannot tell what is in the file.
    """
    from streams.sources.registry import SOURCES

    build = SOURCES.get(name)
    if build is None:
        raise typer.BadParameter(f"allowed are {', '.join(sorted(SOURCES))}", param_hint="--source")
    return build(file)
