"""Any CSV file with a header: its columns are found by their names, or told.

    Date,User,Message,Likes
    2026-01-05 12:00:00,ann,Where is my refund?,3

A time and a text have to be among the columns; everything else may be missing. Columns that no mention has are kept.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from streams.errors import InvalidMention
from streams.mention import Mention
from streams.mention_fields import mention_from
from streams.sources.documents import kind_of
from streams.sources.payload import Payload
from streams.sources.tables import named, rows_of

# What files call the fields of a mention, spaces, case, dots and underscores aside; the field's own name counts too.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("tweetid", "postid", "messageid", "commentid", "reviewid", "statusid", "guid", "resourceid"),
    "platform": ("source", "network", "site", "socialnetwork", "contentsource"),
    "published_at": ("date", "time", "timestamp", "datetime", "created", "createdat", "published", "tweetcreated"),
    "text": ("message", "content", "body", "fulltext", "comment", "review", "tweet", "post", "snippet"),
    "author.id": ("userid", "accountid"),
    "author.name": ("author", "user", "username", "screenname", "name", "handle", "authorname"),
    "author.followers": ("followers", "followerscount", "userfollowers"),
    "likes": ("likecount", "favorites", "favourites", "favoritecount"),
    "reposts": ("retweets", "retweetcount", "shares", "sharecount"),
    "replies": ("replycount", "comments", "commentcount"),
    "views": ("impressions", "viewcount", "impressioncount"),
    "reach": ("potentialreach", "reachestimate"),
    "url": ("link", "permalink", "originalurl"),
    "lang": ("language",),
    "title": ("headline", "subject"),
    "rating": ("stars", "score"),
    "country": ("countrycode",),
    "region": ("state",),
    "city": (),
    "sentiment": ("polarity",),
}
_REQUIRED: Final = ("published_at", "text")
_COUNTS: Final = frozenset({"likes", "reposts", "replies", "views", "reach", "author.followers"})
_NUMBERS: Final = frozenset({"rating", "sentiment"})


class CsvSource:
    """Mentions in the order of one CSV file.

    A time and a text have to be among its columns; without an id the mention is known by its author, time and text,
    without a platform it is called `csv`. A time without a zone is UTC. Other columns are kept in `extra`.

    Args:
        path: `.csv` or `.tsv`, each also with `.gz`; comma, semicolon or tab separate cells.
        columns: The header of a field where its name does not tell: `{"text": "What they said"}`.

    Raises:
        ValueError: The file's name ends in neither, or `columns` names a field that no mention has.
    """

    def __init__(self, path: Path, columns: Mapping[str, str] | None = None) -> None:
        _, self._packed = kind_of(path, ".csv", ".tsv")
        self.path = path
        self._columns = dict(columns or {})
        unknown = sorted(set(self._columns) - set(NAMES))
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no mention has this field; known are {', '.join(NAMES)}")

    def read(self) -> Iterator[Mention | InvalidMention]:
        """Mentions in the order of the file; a bad row is yielded as its error, with line and column."""
        header: list[str] | None = None
        fields: dict[str, str] = {}
        for row in rows_of(self.path, packed=self._packed):
            if isinstance(row, InvalidMention):
                yield row
                continue
            number, cells = row
            try:
                if header is None:
                    header = [cell.strip() for cell in cells]
                    fields = self._fields(header)
                else:
                    yield _mention(named(header, cells), fields)
            except InvalidMention as exc:
                yield InvalidMention(f"{self.path.name}:{number}: {exc.reason}")
                if not fields:
                    return

    def _fields(self, header: Sequence[str]) -> dict[str, str]:
        """The header of each field."""
        twice = sorted({name for name in header if name and header.count(name) > 1})
        if twice:
            raise InvalidMention(f"the header has {', '.join(twice)} more than once")
        found: dict[str, str] = {}
        for field, others in NAMES.items():
            told = self._columns.get(field)
            if told is not None:
                if told not in header:
                    raise InvalidMention(f"there is no column {told!r}; the header is {', '.join(header)[:300]}")
                found[field] = told
                continue
            plain = {_plain(name): name for name in header if name not in self._columns.values()}
            match = next((plain[name] for name in (_plain(field), *others) if name in plain), None)
            if match is not None and match not in found.values():
                found[field] = match
        missing = [field for field in _REQUIRED if field not in found]
        if missing:
            raise InvalidMention(
                f"no column holds {' and '.join(missing)}; name it with --column {missing[0]}=HEADER; "
                f"the header is {', '.join(header)[:300]}"
            )
        return found


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _mention(cells: Mapping[str, str], fields: Mapping[str, str]) -> Mention:
    row = Payload(dict(cells), "")
    found: dict[str, Any] = {name: cell for name, cell in cells.items() if cell and name not in fields.values()}
    extra = {"extra": found} if found else {}
    values: dict[str, Any] = {}
    for field, header in fields.items():
        if field == "published_at":
            values[field] = row.time(header)
            if values[field] is None:
                raise row.wrong(header, "is empty")
        elif field in _COUNTS:
            values[field] = row.count(header)
        elif field in _NUMBERS:
            values[field] = row.number(header)
        elif field == "text":
            values[field] = cells[header]
        else:
            values[field] = cells[header] or None
    author = {key.removeprefix("author."): values.pop(key, None) for key in fields if key.startswith("author.")}
    author = {key: value for key, value in author.items() if value is not None}
    values.setdefault("platform", "csv")
    values["platform"] = values["platform"] or "csv"
    if not values.get("id"):
        values["id"] = _made_up(author, cells[fields["published_at"]], values["text"])
    plain = {key: value for key, value in values.items() if value is not None}
    return mention_from({**plain, **({"author": author} if author else {}), **extra})


def _made_up(author: Mapping[str, Any], time: str, text: str) -> str:
    """An id that the same row has in every reading and no other row has."""
    who = str(author.get("id") or author.get("name") or "")
    return hashlib.blake2b(f"{who}\x1f{time}\x1f{text}".encode("utf-8", "replace"), digest_size=16).hexdigest()
