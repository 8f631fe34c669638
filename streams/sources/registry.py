"""Every source by its name; a new one is one file and one line here."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from streams.sources import activity_streams, brandwatch, x_v2
from streams.sources.activity_streams import ActivityStreamsSource
from streams.sources.base import Source
from streams.sources.brandwatch import BrandwatchSource
from streams.sources.csv_rows import CsvSource
from streams.sources.documents import Reader
from streams.sources.files import FileSource
from streams.sources.x_v2 import XV2Source

SOURCES: Final[Mapping[str, Callable[[Path], Source]]] = {
    "files": FileSource,
    "activity-streams": ActivityStreamsSource,
    "brandwatch": BrandwatchSource,
    "csv": CsvSource,
    "x-v2": XV2Source,
}

# What reads a single JSON document, as it is posted to the API; each is a source, too.
PAYLOADS: Final[Mapping[str, Reader]] = {
    "activity-streams": activity_streams.mentions_of,
    "brandwatch": brandwatch.mentions_of,
    "x-v2": x_v2.mentions_of,
}
