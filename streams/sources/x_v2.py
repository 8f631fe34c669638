"""Posts as the X API v2 answers them: `data` with `includes`, from search, lookup, timelines and streams.

    {"data": [{"id": "17", "text": "Where is my refund?", "author_id": "2", "created_at": "2026-01-05T12:00:00.000Z",
               "conversation_id": "17", "lang": "en", "edit_history_tweet_ids": ["17"],
               "public_metrics": {"retweet_count": 0, "reply_count": 1, "like_count": 3, "quote_count": 0}}],
     "includes": {"users": [{"id": "2", "username": "ann", "verified": false,
                             "public_metrics": {"followers_count": 12, "tweet_count": 80}}]}}

Ask for `tweet.fields=created_at,author_id,conversation_id,lang,public_metrics,referenced_tweets,entities,note_tweet`,
`user.fields=username,verified,created_at,public_metrics` and
`expansions=author_id,referenced_tweets.id,attachments.media_keys,geo.place_id`. `created_at` has to be there.
"""

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from streams.errors import InvalidMention
from streams.mention import Mention
from streams.mention_fields import mention_from
from streams.sources.documents import kind_of, read_documents
from streams.sources.payload import Payload

PLATFORM: Final = "x"
PROVIDER: Final = "x-api-v2"
# Source: https://docs.x.com/x-api/fundamentals/data-dictionary (referenced_tweets.type)
_KINDS: Final = {"retweeted": "repost", "quoted": "quote", "replied_to": "reply"}
# Codes for posts without words: only hashtags, only links, only media, too short and the like.
# Source: https://docs.x.com/x-api/posts/search/integrate/operators (lang)
_NO_LANGUAGE: Final = frozenset({"und", "qam", "qct", "qht", "qme", "qst", "zxx"})


class XV2Source:
    """Posts in the order of one file of responses or stream lines; the versions of an edited post are one mention.

    Args:
        path: `.jsonl`, `.ndjson` or `.json`, each also with `.gz`.

    Raises:
        ValueError: The name ends in none of these.
    """

    def __init__(self, path: Path) -> None:
        kind_of(path, ".json", ".jsonl", ".ndjson")
        self.path = path

    def read(self) -> Iterator[Mention | InvalidMention]:
        """Mentions in the order of the file; what is no post is yielded as its error, with line and field."""
        return read_documents(self.path, mentions_of)


def mentions_of(document: Any) -> Iterator[Mention | InvalidMention]:
    """The mentions of one response, one line of a stream, or one notice of a deletion from the compliance stream.

    Raises:
        InvalidMention: It is none of these.
    """
    response = Payload(document, "")
    if response.raw("data") is None:
        meta = response.inner("meta")
        if meta is not None and meta.count("result_count") == 0:
            return  # a page without posts
        problem = next(response.each("errors"), None)
        if problem is not None:
            raise problem.wrong("detail", f"X answered with an error: {str(problem.raw('detail'))[:200]}")
        raise response.wrong("data", "is missing")
    included = _Included(response)
    single = not isinstance(response.raw("data"), list)
    for index, value in enumerate(response.many("data")):
        try:
            post = Payload(value, "data" if single else f"data[{index}]")
            deletion = post.inner("delete")
            yield _mention(post, included) if deletion is None else _deleted(deletion)
        except InvalidMention as exc:
            yield exc


class _Included:
    """What the expansions brought along, by id."""

    def __init__(self, response: Payload) -> None:
        includes = response.inner("includes")
        self._found: dict[tuple[str, str], Payload] = {}
        for kind, key in (("users", "id"), ("tweets", "id"), ("media", "media_key"), ("places", "id")):
            for one in includes.each(kind) if includes is not None else ():
                self._found[kind, one.required(key)] = one

    def get(self, kind: str, key: str | None) -> Payload | None:
        return None if key is None else self._found.get((kind, key))


def _mention(post: Payload, included: _Included) -> Mention:
    versions = [str(version) for version in post.many("edit_history_tweet_ids")]
    newest = post.required("id")
    published = post.time("created_at")
    if published is None:
        raise post.wrong("created_at", "is missing; ask for tweet.fields=created_at")
    if newest not in versions:
        versions = [newest]
    refers = {one.required("type"): one.required("id") for one in post.each("referenced_tweets")}
    kind = next((name for name in _KINDS if name in refers), None)
    metrics, geo = post.inner("public_metrics"), post.inner("geo")
    fields: dict[str, Any] = {
        "id": versions[0],
        "platform": PLATFORM,
        "provider": PROVIDER,
        "op": "create" if len(versions) == 1 else "update",
        "seq": versions.index(newest),
        "published_at": published,
        "text": _text(post, included.get("tweets", refers.get("retweeted"))),
        "content_type": _KINDS[kind] if kind else "post",
        "parent_id": refers.get("replied_to"),
        "repost_of": refers.get("retweeted"),
        "quote_of": refers.get("quoted"),
        "thread_id": post.text("conversation_id"),
        "url": f"https://x.com/i/status/{newest}",
        "lang": None if post.text("lang") in _NO_LANGUAGE else post.text("lang"),
        "author": _author(post.text("author_id"), included),
        "media": _media(post, included),
        **_entities(post),
        **_place(geo, included),
    }
    if metrics is not None:
        fields |= {
            "likes": metrics.count("like_count"),
            "reposts": metrics.count("retweet_count"),
            "replies": metrics.count("reply_count"),
            "quotes": metrics.count("quote_count"),
            "views": metrics.count("impression_count"),
        }
    return mention_from({name: value for name, value in fields.items() if value is not None})


def _text(post: Payload, original: Payload | None) -> str:
    """All of it: of a repost the original's, as X cuts it off; of a long post its note. X escapes &, < and >."""
    shown = post if original is None else original
    note = shown.inner("note_tweet")
    text = (note.text("text") if note is not None else None) or shown.text("text")
    if text is None:
        raise shown.wrong("text", "is missing")
    return html.unescape(text)


def _author(author_id: str | None, included: _Included) -> dict[str, Any] | None:
    user = included.get("users", author_id)
    if user is None:
        return None if author_id is None else {"id": author_id}
    metrics = user.inner("public_metrics")
    found = {
        "id": author_id,
        "name": user.text("username"),
        "verified": user.truth("verified"),
        "created_at": user.time("created_at"),
        "followers": metrics.count("followers_count") if metrics is not None else None,
        "posts_count": metrics.count("tweet_count") if metrics is not None else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _entities(post: Payload) -> dict[str, Any]:
    entities = post.inner("entities")
    if entities is None:
        return {}
    links = [
        link.text("unwound_url") or link.text("expanded_url") or link.text("url") for link in entities.each("urls")
    ]
    return {
        "hashtags": [one.required("tag") for one in entities.each("hashtags")],
        "mentions": [one.required("username") for one in entities.each("mentions")],
        "links": [link for link in links if link],
    }


def _media(post: Payload, included: _Included) -> list[dict[str, Any]]:
    attachments = post.inner("attachments")
    found = [
        included.get("media", str(key)) for key in (attachments.many("media_keys") if attachments is not None else ())
    ]
    values = [
        {"type": one.text("type"), "url": one.text("url") or one.text("preview_image_url")} for one in found if one
    ]
    return [{name: value for name, value in one.items() if value is not None} for one in values]


def _place(geo: Payload | None, included: _Included) -> dict[str, Any]:
    if geo is None:
        return {}
    found: dict[str, Any] = {}
    place = included.get("places", geo.text("place_id"))
    if place is not None:
        found = {"country": place.text("country_code"), "region": place.text("full_name")}
    point = geo.inner("coordinates")
    if point is not None:
        corners = point.many("coordinates")
        if len(corners) == 2:
            pair = Payload({"lon": corners[0], "lat": corners[1]}, f"{point.where}.coordinates")
            found |= {"lon": pair.number("lon"), "lat": pair.number("lat")}
    return found


def _deleted(notice: Payload) -> Mention:
    """Source: https://docs.x.com/x-api/compliance/streams/introduction (delete)."""
    post = notice.inner("tweet")
    when = notice.time("event_at")
    if post is None or when is None:
        raise notice.wrong("tweet" if post is None else "event_at", "is missing")
    return mention_from(
        {
            "id": post.required("id"),
            "platform": PLATFORM,
            "provider": PROVIDER,
            "op": "delete",
            "published_at": when,
            "observed_at": when,
            "text": "",
        }
    )
