"""Mentions as Brandwatch exports them: CSV from the mentions list, JSON from its API.

    Query Name,Date,Title,Url,Domain,Sentiment,Page Type,Language,Country Code,Author,Full Text,Resource Id,Likes
    Arvella,2026-01-05 12:00:00.0,,https://x.com/1,x.com,negative,twitter,en,GB,ann,Where is my refund?,r-17,3

    {"results": [{"resourceId": "r-17", "date": "2026-01-05T12:00:00.000+0000", "fullText": "Where is my refund?",
                  "contentSource": "twitter", "sentiment": "negative", "author": "ann", "url": "https://x.com/1"}]}

CSV exports begin with lines about the report; the header is the first line with a column for the date and one for the
address. Where the licence keeps X's texts out, the mention comes without text.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from streams.errors import InvalidMention
from streams.mention import Mention
from streams.mention_fields import mention_from
from streams.sources.documents import kind_of, read_documents
from streams.sources.payload import Payload
from streams.sources.tables import named, rows_of

PROVIDER: Final = "brandwatch"
_HEADER_WITHIN: Final = 30
# Source: https://developers.brandwatch.com/docs/mention-metadata-field-definitions (sentiment); a class has no degrees.
_SENTIMENT: Final = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}
# Source: the same page (contentSource, pageType).
_PLATFORMS: Final = {"twitter": "x"}
# Source: the same page (threadEntryType, subtype).
_KINDS: Final = {"retweet": "repost", "share": "repost", "reply": "reply", "comment": "comment", "quote": "quote"}
# Which of a provider's fields tell a count; the first that is there counts. Spaces, case and underscores aside.
_COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "likes": ("likes", "twitterlikes", "twitterlikecount", "facebooklikes", "instagramlikes", "instagramlikecount"),
    "reposts": ("twitterretweets", "facebookshares", "shares"),
    "replies": ("twitterreplycount", "facebookcomments", "instagramcomments", "instagramcommentcount", "comments"),
    "views": ("impressions",),
    "reach": ("reachestimate", "reachnew", "reach"),
}


class BrandwatchSource:
    """Mentions in the order of one export.

    Args:
        path: `.csv`, `.json`, `.jsonl` or `.ndjson`, each also with `.gz`.

    Raises:
        ValueError: The name ends in none of these.
    """

    def __init__(self, path: Path) -> None:
        kind, self._packed = kind_of(path, ".csv", ".json", ".jsonl", ".ndjson")
        self._csv = kind == ".csv"
        self.path = path

    def read(self) -> Iterator[Mention | InvalidMention]:
        """Mentions in the order of the export; what is none is yielded as its error, with line and field."""
        return self._rows() if self._csv else read_documents(self.path, mentions_of)

    def _rows(self) -> Iterator[Mention | InvalidMention]:
        header: list[str] | None = None
        seen = -1
        for seen, row in enumerate(rows_of(self.path, packed=self._packed)):
            if isinstance(row, InvalidMention):
                yield row
                continue
            number, cells = row
            if header is None:
                plain = [_plain(cell) for cell in cells]
                if {"date", "url"} <= set(plain):
                    header = plain
                elif seen >= _HEADER_WITHIN:
                    break
                continue
            try:
                yield _mention(Payload(named(header, cells), ""))
            except InvalidMention as exc:
                yield InvalidMention(f"{self.path.name}:{number}: {exc.reason}")
        if header is None and seen >= 0:
            yield InvalidMention(f"{self.path.name}: none of its first lines is a header with Date and Url")


def mentions_of(document: Any) -> Iterator[Mention | InvalidMention]:
    """The mentions of one page of the API, or of one mention.

    Raises:
        InvalidMention: It is neither.
    """
    page = Payload(document, "")
    if page.raw("results") is None:
        if page.raw("date") is None:
            raise page.wrong("results", "is missing")
        yield _mention(_normalised(document, ""))
        return
    for index, value in enumerate(page.many("results")):
        try:
            yield _mention(_normalised(value, f"results[{index}]"))
        except InvalidMention as exc:
            yield exc


def _normalised(value: Any, where: str) -> Payload:
    """The same object with keys as a CSV header's are written here."""
    Payload(value, where)  # refuses what is none
    return Payload({_plain(str(key)): inner for key, inner in value.items()}, where)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _mention(row: Payload) -> Mention:
    published = row.time("date")
    if published is None:
        raise row.wrong("date", "is missing")
    told = (row.text("sentiment") or "").strip().lower()
    if told and told not in _SENTIMENT:
        raise row.wrong("sentiment", f"is {told[:40]!r}, expected {', '.join(_SENTIMENT)}")
    found_on = (row.text("contentsource") or row.text("pagetype") or row.text("domain") or "web").strip().lower()
    entry = (row.text("threadentrytype") or row.text("subtype") or "").strip().lower()
    source_id = row.text("resourceid") or row.text("guid") or row.text("url")
    if not source_id:
        raise row.wrong("resourceid", "is missing, and guid and url too; by what is the mention known?")
    fields: dict[str, Any] = {
        "id": source_id,
        "platform": _PLATFORMS.get(found_on, found_on),
        "provider": PROVIDER,
        "published_at": published,
        "text": row.text("fulltext") or row.text("snippet") or "",
        "title": row.text("title") or None,
        "content_type": _KINDS.get(entry, "review" if found_on == "review" else "post"),
        "thread_id": row.text("threadid") or None,
        "url": row.text("url") or None,
        "lang": row.text("language") or None,
        "country": row.text("countrycode") or row.text("country") or None,
        "region": row.text("region") or None,
        "city": row.text("city") or None,
        "lat": row.number("latitude"),
        "lon": row.number("longitude"),
        "sentiment": _SENTIMENT.get(told),
        "author": _author(row),
    }
    for field, names in _COUNTS.items():
        fields[field] = next((count for name in names if (count := row.count(name)) is not None), None)
    return mention_from({name: value for name, value in fields.items() if value is not None})


def _author(row: Payload) -> dict[str, Any] | None:
    found = {
        "id": row.text("twitterauthorid") or row.text("facebookauthorid") or None,
        "name": row.text("author") or None,
        "followers": row.count("twitterfollowers"),
        "verified": row.truth("twitterverified"),
    }
    return {name: value for name, value in found.items() if value is not None} or None
