"""Payloads of providers, field by field; the samples are those of the sources' own documentation."""

import csv
import gzip
import inspect
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import codec
from streams.errors import InvalidMention
from streams.mention import Mention
from streams.sources import activity_streams, brandwatch, csv_rows, x_v2
from streams.sources.brandwatch import BrandwatchSource
from streams.sources.csv_rows import CsvSource
from streams.sources.registry import PAYLOADS

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def sample_of(module: Any) -> str:
    """The indented lines of the module's docstring."""
    text = inspect.cleandoc(module.__doc__)
    return "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))


def mentions(items: Any) -> list[Mention]:
    read = list(items)
    assert all(isinstance(item, Mention) for item in read), read
    return read


def reasons(items: Any) -> list[str]:
    return [item.reason for item in items if isinstance(item, InvalidMention)]


def reason_of(read: Any, document: Any) -> str:
    try:
        (reason,) = reasons(read(document))
    except InvalidMention as exc:
        return exc.reason
    return reason


class TestX:
    def test_reads_the_documented_sample(self) -> None:
        (read,) = mentions(x_v2.mentions_of(json.loads(sample_of(x_v2))))

        assert (read.key, read.text, read.published_at) == ("x:17", "Where is my refund?", NOON)
        assert (read.likes, read.reposts, read.replies, read.quotes, read.views) == (3, 0, 1, 0, None)
        assert read.author is not None
        assert (read.author.name, read.author.followers, read.author.posts_count) == ("ann", 12, 80)

    def test_versions_of_an_edited_post_are_one_mention(self) -> None:
        page = {
            "data": [
                {"id": post, "text": post, "created_at": "2026-01-05T12:00:00Z", "edit_history_tweet_ids": history}
                for post, history in (("1", ["1"]), ("5", ["1", "5"]))
            ]
        }

        first, second = mentions(x_v2.mentions_of(page))

        assert first.key == second.key == "x:1"
        assert (first.op, first.seq, second.op, second.seq) == ("create", 0, "update", 1)

    @pytest.mark.parametrize(
        ("relation", "kind", "field"),
        [("retweeted", "repost", "repost_of"), ("quoted", "quote", "quote_of"), ("replied_to", "reply", "parent_id")],
    )
    def test_a_post_says_what_it_refers_to(self, relation: str, kind: str, field: str) -> None:
        post = {"id": "2", "text": "RT @ann: Whe…", "created_at": "2026-01-05T12:00:00Z"}
        page = {"data": {**post, "referenced_tweets": [{"type": relation, "id": "1"}]}}

        (read,) = mentions(x_v2.mentions_of(page))

        assert read.content_type == kind
        assert getattr(read, field) == "1"

    def test_a_repost_has_the_whole_text_of_its_original_and_a_long_post_its_note(self) -> None:
        page = {
            "data": {
                "id": "2",
                "text": "RT @ann: Whe…",
                "created_at": "2026-01-05T12:00:00Z",
                "referenced_tweets": [{"type": "retweeted", "id": "1"}],
            },
            "includes": {"tweets": [{"id": "1", "text": "cut…", "note_tweet": {"text": "Where &amp; when?"}}]},
        }

        (read,) = mentions(x_v2.mentions_of(page))

        assert read.text == "Where & when?"

    def test_places_pictures_and_entities_come_along(self) -> None:
        page = {
            "data": {
                "id": "2",
                "text": "t",
                "created_at": "2026-01-05T12:00:00Z",
                "lang": "und",
                "entities": {
                    "hashtags": [{"tag": "late"}],
                    "mentions": [{"username": "arvella"}],
                    "urls": [{"url": "https://t.co/x", "expanded_url": "https://a.test/x"}],
                },
                "attachments": {"media_keys": ["3_1"]},
                "geo": {"place_id": "p", "coordinates": {"type": "Point", "coordinates": [-0.1, 51.5]}},
            },
            "includes": {
                "media": [{"media_key": "3_1", "type": "photo", "url": "https://a.test/p.jpg"}],
                "places": [{"id": "p", "country_code": "GB", "full_name": "London"}],
            },
        }

        (read,) = mentions(x_v2.mentions_of(page))

        assert (read.hashtags, read.mentions, read.links) == (("late",), ("arvella",), ("https://a.test/x",))
        assert (read.country, read.region, read.lat, read.lon) == ("GB", "London", 51.5, -0.1)
        assert (read.media[0].type, read.media[0].url) == ("photo", "https://a.test/p.jpg")
        assert read.lang is None

    def test_a_deletion_deletes(self) -> None:
        notice = {"data": {"delete": {"tweet": {"id": "17", "author_id": "2"}, "event_at": "2026-01-05T12:00:00Z"}}}

        (read,) = mentions(x_v2.mentions_of(notice))

        assert (read.key, read.op) == ("x:17", "delete")

    def test_a_page_without_posts_says_nothing(self) -> None:
        assert list(x_v2.mentions_of({"meta": {"result_count": 0}})) == []

    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            ([], "expected an object, got a list"),
            ({}, "data: is missing"),
            ({"errors": [{"detail": "Rate limit"}]}, "X answered with an error: Rate limit"),
            ({"data": [{"text": "t"}]}, "data[0].id: is missing"),
            ({"data": [{"id": "1", "text": "t"}]}, "data[0].created_at: is missing; ask for tweet.fields=created_at"),
            (
                {"data": [{"id": "1", "text": "t", "created_at": "soon"}]},
                "data[0].created_at: is 'soon', expected a time",
            ),
            (
                {"data": {"id": "1", "text": "t", "created_at": "2026-01-05", "public_metrics": {"like_count": -1}}},
                "data.public_metrics.like_count: is -1, expected a whole number >= 0",
            ),
        ],
    )
    def test_names_the_field_that_is_wrong(self, document: Any, expected: str) -> None:
        assert expected in reason_of(x_v2.mentions_of, document)


class TestActivityStreams:
    NOTE: ClassVar[dict[str, Any]] = {"id": "https://a.test/1", "type": "Note", "content": "<p>late &amp; rude</p>"}
    WHEN = "2026-01-05T12:00:00Z"

    def test_reads_the_documented_sample(self) -> None:
        (read,) = mentions(activity_streams.mentions_of(json.loads(sample_of(activity_streams))))

        assert read.key == "activitypub:https://social.example/users/ann/statuses/17"
        assert (read.text, read.lang, read.published_at) == ("Where is my refund?", "en", NOON)
        assert read.author is not None
        assert (read.author.id, read.author.name) == ("https://social.example/users/ann", "ann")

    def test_an_update_is_a_newer_version_and_a_delete_ends_it(self) -> None:
        later = "2026-01-05T12:05:00Z"
        said = {**self.NOTE, "published": self.WHEN}
        (created,) = mentions(activity_streams.mentions_of({"type": "Create", "object": said}))
        (updated,) = mentions(activity_streams.mentions_of({"type": "Update", "object": {**said, "updated": later}}))
        gone = {"type": "Tombstone", "id": said["id"], "deleted": later}
        (deleted,) = mentions(activity_streams.mentions_of({"type": "Delete", "object": gone}))

        assert {created.key, updated.key, deleted.key} == {"activitypub:https://a.test/1"}
        assert (created.op, updated.op, deleted.op) == ("create", "update", "delete")
        assert created.seq is None
        assert updated.seq == int(datetime.fromisoformat(later).timestamp() * 1000)

    def test_an_announce_is_a_repost_and_its_undo_deletes_it(self) -> None:
        announce = {"type": "Announce", "id": "https://b.test/9", "published": self.WHEN, "object": "https://a.test/1"}
        (repost,) = mentions(activity_streams.mentions_of(announce))
        undo = {"type": "Undo", "published": self.WHEN, "object": announce}
        (undone,) = mentions(activity_streams.mentions_of(undo))

        assert (repost.content_type, repost.repost_of, repost.text) == ("repost", "https://a.test/1", "")
        assert (undone.op, undone.key) == ("delete", repost.key)

    @pytest.mark.parametrize("kind", ["Like", "Follow", "Accept", "Flag"])
    def test_acts_without_words_are_passed_over(self, kind: str) -> None:
        assert list(activity_streams.mentions_of({"type": kind, "object": "https://a.test/1"})) == []

    def test_what_is_not_meant_for_everybody_is_a_message(self) -> None:
        said = {**self.NOTE, "published": self.WHEN, "to": ["https://a.test/users/bob"]}

        (read,) = mentions(activity_streams.mentions_of(said))

        assert read.content_type == "message"

    def test_a_collection_is_read_through_and_one_bad_item_stops_nothing(self) -> None:
        said = {**self.NOTE, "published": self.WHEN}
        items = list(activity_streams.mentions_of({"type": "OrderedCollection", "orderedItems": [said, {}, said]}))

        assert [isinstance(item, Mention) for item in items] == [True, False, True]

    def test_tags_totals_and_replies_come_along(self) -> None:
        said = {
            **self.NOTE,
            "published": self.WHEN,
            "inReplyTo": "https://a.test/0",
            "tag": [{"type": "Hashtag", "name": "#late"}, {"type": "Mention", "name": "@arvella@a.test"}],
            "likes": {"type": "Collection", "totalItems": 4},
            "attachment": {"type": "Document", "mediaType": "image/png", "url": "https://a.test/p.png"},
        }

        (read,) = mentions(activity_streams.mentions_of(said))

        assert (read.content_type, read.parent_id, read.likes) == ("reply", "https://a.test/0", 4)
        assert (read.hashtags, read.mentions) == (("late",), ("arvella@a.test",))
        assert (read.media[0].type, read.media[0].url) == ("image/png", "https://a.test/p.png")

    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            ({}, "type: is missing"),
            ({"type": "Shout"}, "type: 'Shout' is not known"),
            ({"type": "Create"}, "object: is missing"),
            ({"type": "Create", "object": {"type": "Note", "id": "1"}}, "object.published: is missing"),
            ({"type": "Delete", "object": "https://a.test/1"}, "published: is missing"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, document: Any, expected: str) -> None:
        assert expected in reason_of(activity_streams.mentions_of, document)


class TestBrandwatch:
    def test_reads_both_documented_samples_alike(self, tmp_path: Path) -> None:
        table, _, document = sample_of(brandwatch).partition("{")
        path = tmp_path / "export.csv"
        path.write_text(f"Report:,Mentions\nFrom:,Monday\n\n{table}", encoding="utf-8")

        (row,) = mentions(BrandwatchSource(path).read())
        (result,) = mentions(brandwatch.mentions_of(json.loads("{" + document)))

        for read in (row, result):
            assert (read.key, read.text, read.published_at) == ("x:r-17", "Where is my refund?", NOON)
            assert (read.sentiment, read.url) == (-1.0, "https://x.com/1")
        assert (row.country, row.lang, row.likes) == ("GB", "en", 3)

    def test_names_line_and_field(self, tmp_path: Path) -> None:
        path = tmp_path / "export.csv"
        path.write_text("Date,Url,Sentiment\n2026-01-05,https://a.test/1,furious\n2026-01-05\n", encoding="utf-8")

        assert reasons(BrandwatchSource(path).read()) == [
            "export.csv:2: sentiment: is 'furious', expected positive, neutral, negative",
            "export.csv:3: has 1 cells, the header has 3",
        ]

    def test_says_that_a_file_has_no_header(self, tmp_path: Path) -> None:
        path = tmp_path / "export.csv"
        path.write_text("a,b\n1,2\n", encoding="utf-8")

        assert reasons(BrandwatchSource(path).read()) == [
            "export.csv: none of its first lines is a header with Date and Url"
        ]


class TestCsv:
    def written(self, folder: Path, text: str, name: str = "posts.csv") -> Path:
        path = folder / name
        data = text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    @pytest.mark.parametrize("name", ["posts.csv", "posts.csv.gz"])
    def test_reads_the_documented_sample(self, name: str, tmp_path: Path) -> None:
        (read,) = mentions(CsvSource(self.written(tmp_path, sample_of(csv_rows), name)).read())

        assert (read.platform, read.text, read.published_at, read.likes) == ("csv", "Where is my refund?", NOON, 3)
        assert read.author is not None
        assert read.author.name == "ann"

    def test_the_same_row_has_the_same_id_in_every_reading_and_another_row_another(self, tmp_path: Path) -> None:
        path = self.written(tmp_path, "date,text\n2026-01-05,one\n2026-01-05,two\n")

        first = [read.id for read in mentions(CsvSource(path).read())]
        second = [read.id for read in mentions(CsvSource(path).read())]

        assert first == second
        assert len(set(first)) == 2

    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_the_header_decides_what_separates_cells(self, separator: str, tmp_path: Path) -> None:
        path = self.written(tmp_path, f"date{separator}text\n2026-01-05{separator}hi\n")

        (read,) = mentions(CsvSource(path).read())

        assert read.text == "hi"

    def test_columns_may_be_told_and_others_are_kept(self, tmp_path: Path) -> None:
        path = self.written(tmp_path, "When it was,What they said,mood\n2026-01-05 12:00:00,hi,sour\n")

        columns = {"published_at": "When it was", "text": "What they said"}
        (read,) = mentions(CsvSource(path, columns).read())

        assert (read.text, read.published_at, read.extra) == ("hi", NOON, {"mood": "sour"})

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "mood\nsour\n",
                "posts.csv:1: no column holds published_at and text; name it with --column published_at=H",
            ),
            ("date,text,text\n", "posts.csv:1: the header has text more than once"),
            ("date,text\nsoon,hi\n", "posts.csv:2: date: is 'soon', expected a time"),
            ("date,text,likes\n2026-01-05,hi,many\n", "posts.csv:2: likes: is 'many', expected a number"),
            ("date,text\n2026-01-05,hi,more\n", "posts.csv:2: has 3 cells, the header has 2"),
            ("date,text\n,hi\n", "posts.csv:2: date: is empty"),
        ],
    )
    def test_names_line_and_column(self, text: str, expected: str, tmp_path: Path) -> None:
        (reason,) = reasons(CsvSource(self.written(tmp_path, text)).read())

        assert reason.startswith(expected)

    def test_refuses_a_field_that_no_mention_has(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="mood: no mention has this field"):
            CsvSource(tmp_path / "posts.csv", {"mood": "Mood"})


KEYS = st.sampled_from(
    (
        "type",
        "object",
        "id",
        "data",
        "text",
        "created_at",
        "published",
        "content",
        "contentMap",
        "attributedTo",
        "tag",
        "url",
        "results",
        "date",
        "resourceId",
        "sentiment",
        "public_metrics",
        "like_count",
        "referenced_tweets",
        "includes",
        "users",
        "items",
        "errors",
        "meta",
        "geo",
        "coordinates",
    )
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["Create", "Note", "Delete", "Announce", "Undo", "2026-01-05T12:00:00Z", "retweeted", "negative"]),
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=24
)


@pytest.mark.parametrize("name", sorted(PAYLOADS))
@given(document=DOCUMENTS)
def test_whatever_is_posted_becomes_mentions_that_kafka_can_carry_or_errors(name: str, document: Any) -> None:
    try:
        read = list(PAYLOADS[name](document))
    except InvalidMention as exc:
        read = [exc]

    for item in read:
        if isinstance(item, Mention):
            assert codec.decode_mention(codec.encode_mention(item)) == item
        else:
            assert item.reason


@settings(deadline=None)  # it writes files
@given(cells=st.lists(st.lists(st.text(max_size=6), min_size=1, max_size=4), max_size=5))
def test_whatever_a_table_holds_becomes_mentions_or_errors(
    cells: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "posts.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file).writerows([["date", "text", "likes", "author"], *cells])

    for item in [*CsvSource(path).read(), *BrandwatchSource(path).read()]:
        if isinstance(item, Mention):
            assert codec.decode_mention(codec.encode_mention(item)) == item
        else:
            assert item.reason


@given(value=st.binary(max_size=200))
def test_whatever_bytes_kafka_holds_become_a_mention_or_an_error(value: bytes) -> None:
    read: Mention | InvalidMention
    try:
        read = codec.decode_mention(value)
    except InvalidMention as exc:
        read = exc

    if isinstance(read, Mention):
        assert codec.decode_mention(codec.encode_mention(read)) == read
    else:
        assert read.reason
