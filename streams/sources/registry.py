"""Every source by its name; a new one is one file and one line here."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from streams.sources.base import Source
from streams.sources.files import FileSource

SOURCES: Final[Mapping[str, Callable[[Path], Source]]] = {
    "files": FileSource,
}
