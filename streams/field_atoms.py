"""What queries ask of a mention's fields."""

from collections.abc import Iterable, Mapping
from typing import Final

from streams.fold import fold
from streams.mention import Mention
from streams.query import Field, FieldName
from streams.remembered import Remembered

_REMEMBERED: Final = 4096
_LONGEST: Final = 64


class FieldAtoms:
    """Finds the atoms of all queries that a mention's platform, language, country and author fulfil.

    Args:
        numbers: The number of each atom.
    """

    def __init__(self, numbers: Mapping[Field, int]) -> None:
        self._platforms = _decided_by("platform", numbers)
        self._languages = _decided_by("lang", numbers)
        self._countries = _decided_by("country", numbers)
        self._authors = _decided_by("author", numbers)

    def add_to(self, hits: set[int], mention: Mention) -> None:
        """Add the numbers of the atoms that the mention fulfils."""
        if self._platforms is not None:
            hits.update(self._platforms[mention.platform])
        if self._languages is not None and mention.lang:
            hits.update(self._languages[mention.lang])
        if self._countries is not None and mention.country:
            hits.update(self._countries[mention.country])
        if self._authors is not None and mention.author:
            for name in (mention.author.name, mention.author.id):
                if name:
                    hits.update(self._authors[name])


def _decided_by(name: FieldName, numbers: Mapping[Field, int]) -> Remembered[tuple[int, ...]] | None:
    """The numbers that a raw value decides; None where no query asks for this field."""
    wanted = {atom.value: number for atom, number in numbers.items() if atom.name == name}

    def read(raw: str) -> tuple[int, ...]:
        return tuple([wanted[value] for value in _values(name, raw) if value in wanted])

    return Remembered(read, entries=_REMEMBERED, longest=_LONGEST) if wanted else None


def _values(name: FieldName, raw: str) -> Iterable[str]:
    value = " ".join(fold(raw).split())
    if name == "author":
        yield value.removeprefix("@")
    elif name == "lang":
        value = value.replace("_", "-")
        while value:  # en-gb is also en
            yield value
            value = value.rpartition("-")[0]
    else:
        yield value
