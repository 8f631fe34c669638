import gzip
from pathlib import Path

import pytest

from streams.errors import InvalidMention
from streams.mention import Mention
from streams.sources.files import FileSource

GOOD = b'{"id":"1","platform":"x","published_at":"2026-01-01T00:00:00Z","text":"hi"}\n'
ROWS = (
    "id,platform,published_at,text,likes,author.id,author.followers,hashtags,mood\n"
    '1,x,2026-01-01T00:00:00Z,"a ""quoted""\nsecond line",3,ann,12,one two,sour\n'
    "2,x,2026-01-01T00:00:01Z,,many,,,,\n"
    "3,x,2026-01-01T00:00:02Z,,,,,,\n"
)


def test_reads_json_lines_and_goes_on_behind_a_bad_one(tmp_path: Path) -> None:
    path = tmp_path / "mentions.jsonl"
    path.write_bytes(GOOD + b"garbage\n\n" + GOOD.replace(b'"1"', b'"2"'))

    first, bad, second = FileSource(path).read()

    assert isinstance(first, Mention)
    assert isinstance(bad, InvalidMention)
    assert bad.reason.startswith("mentions.jsonl:2: not JSON")
    assert isinstance(second, Mention)
    assert (first.id, second.id) == ("1", "2")


def test_skips_a_line_longer_than_any_mention_without_loading_it(tmp_path: Path) -> None:
    path = tmp_path / "mentions.jsonl"
    path.write_bytes(b"x" * 3_000_000 + b"\n" + GOOD)

    bad, good = FileSource(path).read()

    assert isinstance(bad, InvalidMention)
    assert isinstance(good, Mention)


def test_reads_rows_with_authors_lists_and_columns_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "mentions.csv"
    path.write_text(ROWS, encoding="utf-8")

    first, bad, third = FileSource(path).read()

    assert isinstance(first, Mention)
    assert first.text == 'a "quoted"\nsecond line'
    assert first.author is not None
    assert (first.author.id, first.author.followers, first.likes) == ("ann", 12, 3)
    assert first.hashtags == ("one", "two")
    assert first.extra == {"mood": "sour"}
    assert isinstance(bad, InvalidMention)
    assert "likes is 'many'" in bad.reason
    assert isinstance(third, Mention)
    assert third.text == ""


def test_unpacks_gzip_and_says_when_it_is_damaged(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl.gz"
    whole.write_bytes(gzip.compress(GOOD))
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(GOOD)[:-12])

    assert [type(item) for item in FileSource(whole).read()] == [Mention]
    assert isinstance(list(FileSource(cut).read())[-1], InvalidMention)


def test_refuses_a_file_of_unknown_kind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"known are \.jsonl"):
        FileSource(tmp_path / "mentions.parquet")


@pytest.mark.parametrize("name", ["mentions.jsonl", "mentions.csv", "mentions.jsonl.gz"])
def test_a_file_in_another_encoding_is_one_sentence_and_not_one_a_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    content = (GOOD * 3).decode().encode("utf-16")
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)

    (refusal,) = FileSource(path).read()

    assert isinstance(refusal, InvalidMention)
    assert refusal.reason == f"{name}: it is UTF-16: save it as UTF-8"


def test_a_byte_order_mark_costs_no_mention(tmp_path: Path) -> None:
    path = tmp_path / "mentions.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD)

    (mention,) = FileSource(path).read()

    assert isinstance(mention, Mention)


def test_a_row_longer_than_any_mention_is_passed_over_without_loading_it(tmp_path: Path) -> None:
    path = tmp_path / "mentions.csv"
    header, row = "id,platform,published_at,text\n", "1,x,2026-01-01T00:00:00Z,hi\n"
    path.write_text(header + "x" * 3_000_000 + "\n" + row, encoding="utf-8")

    bad, good = FileSource(path).read()

    assert isinstance(bad, InvalidMention)
    assert "a line has more than 1,000,000 characters" in bad.reason
    assert isinstance(good, Mention)
