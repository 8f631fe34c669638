"""Files of JSON documents, one a line or one a file, read by what knows a provider's payload."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, cast

from streams import codec
from streams.errors import InvalidMention
from streams.mention import Mention
from streams.sources.legible import require_legible

Reader = Callable[[Any], Iterator[Mention | InvalidMention]]

MAX_LINE_BYTES: Final = 16 * 1024 * 1024
MAX_FILE_BYTES: Final = 256 * 1024 * 1024


def kind_of(path: Path, *kinds: str) -> tuple[str, bool]:
    """What is in the file by its name, one of `kinds` such as `.json`, and whether it is gzipped.

    Raises:
        ValueError: The name ends in none of them, with or without `.gz`.
    """
    names = [suffix.lower() for suffix in path.suffixes]
    packed = bool(names) and names[-1] == ".gz"
    kind = names[-2] if packed and len(names) > 1 else names[-1] if names else ""
    if kind not in kinds:
        raise ValueError(f"{path}: cannot tell what is in it; known are {', '.join(kinds)}, each also with .gz")
    return kind, packed


def read_documents(path: Path, mentions_of: Reader) -> Iterator[Mention | InvalidMention]:
    """What `mentions_of` makes of every document of a file; errors are told with the place of their document.

    `.jsonl` and `.ndjson` hold one document a line, at most 16 MiB each. `.json` holds one, or an array of them, at
    most 256 MiB in all. Either may end in `.gz`.

    Raises:
        OSError: The file cannot be read.
        ValueError: The name ends in none of these.
    """
    kind, packed = kind_of(path, ".json", ".jsonl", ".ndjson")
    with path.open("rb") as plain:
        unpacked = gzip.GzipFile(fileobj=plain) if packed else plain
        stream = cast("IO[bytes]", unpacked)
        try:
            require_legible(unpacked)
            for place, text in _whole(path, stream) if kind == ".json" else _lines(path, stream):
                yield from _placed(place, text, mentions_of)
        except InvalidMention as exc:
            yield InvalidMention(f"{path.name}: {exc.reason}")
        except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
            yield InvalidMention(f"{path.name}: the compressed file is damaged: {exc}")


def _lines(path: Path, stream: IO[bytes]) -> Iterator[tuple[str, bytes | InvalidMention]]:
    number = 0
    while line := stream.readline(MAX_LINE_BYTES):
        number += 1
        place = f"{path.name}:{number}"
        if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield place, InvalidMention(f"the line has more than {MAX_LINE_BYTES:,} bytes")
        elif line.strip():
            yield place, line


def _whole(path: Path, stream: IO[bytes]) -> Iterator[tuple[str, bytes | InvalidMention]]:
    text = stream.read(MAX_FILE_BYTES + 1)
    if len(text) > MAX_FILE_BYTES:
        yield path.name, InvalidMention(f"has more than {MAX_FILE_BYTES:,} bytes; write one document a line, as .jsonl")
        return
    if not text.lstrip().startswith(b"["):
        if text.strip():
            yield path.name, text
        return
    try:
        for index, document in enumerate(codec.split_array(text)):
            yield f"{path.name}[{index}]", document
    except InvalidMention as exc:
        yield path.name, exc


def _placed(place: str, text: bytes | InvalidMention, mentions_of: Reader) -> Iterator[Mention | InvalidMention]:
    try:
        if isinstance(text, InvalidMention):
            raise text
        for item in mentions_of(codec.decode_document(text)):
            yield item if isinstance(item, Mention) else InvalidMention(f"{place}: {item.reason}")
    except InvalidMention as exc:
        yield InvalidMention(f"{place}: {exc.reason}")
