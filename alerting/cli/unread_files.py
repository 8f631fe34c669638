"""Files that a configuration names and that cannot be read here."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from streams.section import Section


def unread(settings: Section) -> tuple[str, ...]:
    """A sentence for each file that this user on this machine cannot read; where the service runs it may be otherwise.

    Whatever is a file in the settings counts, so that none can be forgotten here.
    """
    return tuple(
        f"{place} {file} cannot be read here"
        for place, file in _named(settings, "")
        if not (file.is_file() and os.access(file, os.R_OK))
    )


def _named(value: object, place: str) -> Iterator[tuple[str, Path]]:
    if isinstance(value, Path):
        yield place, value
    elif isinstance(value, Section):
        for name in type(value).model_fields:
            yield from _named(getattr(value, name), f"{place}.{name}" if place else name)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _named(one, f"{place}.{name}")
    elif isinstance(value, tuple | list):
        for index, one in enumerate(value):
            known_as = getattr(one, "name", index) if isinstance(one, Section) else index
            yield from _named(one, f"{place}[{known_as}]")
