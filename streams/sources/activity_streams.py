"""Activity Streams 2.0 as Mastodon and its kin speak it: activities about notes and articles, or these themselves.

    {"@context": "https://www.w3.org/ns/activitystreams", "type": "Create", "actor": "https://social.example/users/ann",
     "published": "2026-01-05T12:00:00Z",
     "object": {"id": "https://social.example/users/ann/statuses/17", "type": "Note",
                "attributedTo": "https://social.example/users/ann", "published": "2026-01-05T12:00:00Z",
                "to": ["https://www.w3.org/ns/activitystreams#Public"],
                "content": "<p>Where is my refund?</p>", "contentMap": {"en": "<p>Where is my refund?</p>"}}}

Create, Update, Delete and Announce become mentions, Undo of an Announce deletes it. A Like, a Follow and other acts
that say nothing are passed over. Collections are read through.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from streams.errors import InvalidMention
from streams.mention import Mention
from streams.mention_fields import mention_from
from streams.sources.documents import kind_of, read_documents
from streams.sources.html_text import text_of_html
from streams.sources.payload import Payload

PLATFORM: Final = "activitypub"
PROVIDER: Final = "activity-streams-2"
PUBLIC: Final = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
# Source: https://www.w3.org/TR/activitystreams-vocabulary/#object-types
_SAYINGS: Final = frozenset({"Note", "Article", "Page", "Question", "Image", "Video", "Audio", "Event", "Document"})
# Source: https://www.w3.org/TR/activitystreams-vocabulary/#activity-types
_WORDLESS: Final = frozenset(
    {
        *("Accept", "Add", "Arrive", "Block", "Dislike", "Flag", "Follow", "Ignore", "Invite", "Join", "Leave", "Like"),
        *(
            "Listen",
            "Move",
            "Offer",
            "Read",
            "Reject",
            "Remove",
            "TentativeAccept",
            "TentativeReject",
            "Travel",
            "View",
        ),
        *("EmojiReact", "ChatMessage"),
    }
)
_COLLECTIONS: Final = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})
_DEEPEST: Final = 4


class ActivityStreamsSource:
    """Mentions in the order of one file of activities.

    Args:
        path: `.jsonl`, `.ndjson` or `.json`, each also with `.gz`.

    Raises:
        ValueError: The name ends in none of these.
    """

    def __init__(self, path: Path) -> None:
        kind_of(path, ".json", ".jsonl", ".ndjson")
        self.path = path

    def read(self) -> Iterator[Mention | InvalidMention]:
        """Mentions in the order of the file; what is no activity is yielded as its error, with line and field."""
        return read_documents(self.path, mentions_of)


def mentions_of(document: Any) -> Iterator[Mention | InvalidMention]:
    """The mentions of one activity, object or collection; none of an act that says nothing.

    Raises:
        InvalidMention: It is none of these.
    """
    yield from _read(Payload(document, ""), 0)


def _read(activity: Payload, depth: int) -> Iterator[Mention | InvalidMention]:
    kind = _type_of(activity)
    if kind in _COLLECTIONS:
        if depth >= _DEEPEST:
            raise activity.wrong("type", f"collections are nested more than {_DEEPEST} deep")
        for key in ("items", "orderedItems"):
            for one in activity.many(key):
                try:
                    yield from _read(Payload(one, f"{activity.where}{'.' * bool(activity.where)}{key}"), depth + 1)
                except InvalidMention as exc:
                    yield exc
    elif kind in {"Create", "Update"}:
        said = activity.inner("object")
        if said is None:
            raise activity.wrong("object", "is missing")
        if _type_of(said) in _SAYINGS:  # an Update of a profile says nothing
            yield _said(said, activity, op=kind.lower())
    elif kind == "Delete":
        yield _deleted(_id_of(activity, "object"), activity)
    elif kind == "Announce":
        yield _announced(activity)
    elif kind == "Undo":
        undone = activity.raw("object")
        if isinstance(undone, dict) and undone.get("type") == "Announce":
            yield _deleted(_id_of(activity, "object"), activity)
    elif kind in _SAYINGS:
        yield _said(activity, activity, op="create")
    elif kind not in _WORDLESS:
        raise activity.wrong("type", f"{kind!r} is not known")


def _type_of(value: Payload) -> str:
    kinds = [kind for kind in value.many("type") if isinstance(kind, str)]
    if not kinds:
        raise value.wrong("type", "is missing")
    return kinds[0]


def _said(said: Payload, activity: Payload, *, op: str) -> Mention:
    published = said.time("published") or activity.time("published")
    if published is None:
        raise said.wrong("published", "is missing")
    updated = said.time("updated") or (activity.time("published") if op == "update" else None)
    content, lang = _content(said)
    reply, quote = _link_of(said, "inReplyTo"), _link_of(said, "quoteUrl") or _link_of(said, "quote")
    heard_by = [*said.many("to"), *said.many("cc")]
    private = bool(heard_by) and not any(isinstance(one, str) and one in PUBLIC for one in heard_by)
    fields: dict[str, Any] = {
        "id": said.required("id"),
        "platform": PLATFORM,
        "provider": PROVIDER,
        "op": op,
        "seq": None if updated is None else int(updated.timestamp() * 1000),
        "observed_at": updated,
        "published_at": published,
        "text": content,
        "title": said.text("name") or said.text("summary"),
        "lang": lang,
        "content_type": "message" if private else "reply" if reply else "quote" if quote else "post",
        "parent_id": reply,
        "quote_of": quote,
        "thread_id": _link_of(said, "conversation") or _link_of(said, "context"),
        "url": _link_of(said, "url"),
        "author": _author(said, "attributedTo") or _author(activity, "actor"),
        "replies": _total(said, "replies"),
        "likes": _total(said, "likes"),
        "reposts": _total(said, "shares"),
        **_tags(said),
    }
    media = [(one.text("mediaType") or one.text("type"), _link_of(one, "url")) for one in said.each("attachment")]
    fields["media"] = [
        {name: value for name, value in (("type", kind), ("url", url)) if value is not None} for kind, url in media
    ]
    return mention_from({name: value for name, value in fields.items() if value is not None})


def _announced(activity: Payload) -> Mention:
    """A repost; its text is the original's where that came along."""
    published = activity.time("published")
    if published is None:
        raise activity.wrong("published", "is missing")
    original = activity.raw("object")
    content, lang = _content(Payload(original, "object")) if isinstance(original, dict) else ("", None)
    fields = {
        "id": activity.required("id"),
        "platform": PLATFORM,
        "provider": PROVIDER,
        "published_at": published,
        "text": content,
        "lang": lang,
        "content_type": "repost",
        "repost_of": _id_of(activity, "object"),
        "author": _author(activity, "actor"),
    }
    return mention_from({name: value for name, value in fields.items() if value is not None})


def _deleted(gone: str, activity: Payload) -> Mention:
    tombstone = activity.raw("object")
    when = activity.time("published")
    if when is None and isinstance(tombstone, dict):
        when = Payload(tombstone, "object").time("deleted") or Payload(tombstone, "object").time("published")
    if when is None:
        raise activity.wrong("published", "is missing, and object.deleted too; when was it?")
    return mention_from(
        {
            "id": gone,
            "platform": PLATFORM,
            "provider": PROVIDER,
            "op": "delete",
            "published_at": when,
            "observed_at": when,
            "text": "",
        }
    )


def _content(said: Payload) -> tuple[str, str | None]:
    """The text without its markup, and its language where it is told."""
    texts = said.inner("contentMap")
    languages = [key for key in (said.raw("contentMap") or {}) if isinstance(key, str)] if texts is not None else []
    content = said.text("content")
    if content is None and texts is not None and languages:
        content = texts.text(languages[0])
    return text_of_html(content or ""), languages[0] if len(languages) == 1 else None


def _id_of(value: Payload, key: str) -> str:
    found = value.raw(key)
    return Payload(found, key).required("id") if isinstance(found, dict) else value.required(key)


def _link_of(value: Payload, key: str) -> str | None:
    """An address that stands there as text, as an object, or as the first of several."""
    found = next(iter(value.many(key)), None)
    if isinstance(found, dict):
        link = Payload(found, key)
        return link.text("href") or link.text("id")
    return Payload({key: found}, value.where).text(key)


def _author(value: Payload, key: str) -> dict[str, Any] | None:
    address = _link_of(value, key)
    if not address:
        return None
    found = next(iter(value.many(key)), None)
    name = Payload(found, key).text("preferredUsername") if isinstance(found, dict) else None
    return {"id": address, "name": name or address.rstrip("/").rpartition("/")[2].lstrip("@") or address}


def _total(said: Payload, key: str) -> int | None:
    found = said.raw(key)
    return Payload(found, key).count("totalItems") if isinstance(found, dict) else None


def _tags(said: Payload) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"hashtags": [], "mentions": []}
    for tag in said.each("tag"):
        name = tag.text("name")
        kind = {"Hashtag": "hashtags", "Mention": "mentions"}.get(str(tag.raw("type")))
        if name and kind:
            found[kind].append(name.lstrip("#@"))
    return found
