"""Bytes to values and back; the only module that knows the wire format.

Mentions, topics, window counts and detections are JSON, for whoever reads along. Partial counts, watermarks,
definitions and snapshots are MessagePack, for ourselves; the first three share a Kafka topic and begin with their kind.
A record there holds one of them or a pack of many, in their order.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from streams.counted import CountedPack
from streams.definition import Definition
from streams.errors import InvalidMention, StateCorrupted
from streams.events import Detection, PartialCount, Watermark, WindowCount
from streams.excerpt import Excerpt
from streams.feed_report import FeedReport
from streams.mention import Mention
from streams.mention_fields import mention_from
from streams.public_reply import PublicReply
from streams.topic import Declared
from streams.watched import Watched

MAX_MENTION_BYTES: Final = 1_000_000
PARTS_VERSION: Final = 1

OfPartials: TypeAlias = PartialCount | Watermark | Definition

T = TypeVar("T")

_mention = msgspec.json.Decoder(Mention)
_anything = msgspec.json.Decoder()
_documents = msgspec.json.Decoder(list[msgspec.Raw])
_json = msgspec.json.Encoder()
_msgpack = msgspec.msgpack.Encoder()
_of_partials: Final = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw])
_partial = msgspec.msgpack.Decoder(PartialCount)
_watermark = msgspec.msgpack.Decoder(Watermark)
_definition = msgspec.msgpack.Decoder(Definition)
_declared = msgspec.json.Decoder(Declared)
_window = msgspec.json.Decoder(WindowCount)
_detection = msgspec.json.Decoder(Detection)
_watched = msgspec.json.Decoder(Watched)
_feed_report = msgspec.json.Decoder(FeedReport)
_excerpt = msgspec.msgpack.Decoder(Excerpt)
_pack = msgspec.msgpack.Decoder(CountedPack)
_versioned: Final = msgspec.msgpack.Decoder(tuple[int, msgspec.Raw])

_parts: Final = msgspec.msgpack.Decoder(tuple[int, list[tuple[str, msgspec.Raw]]])

_PACK_VERSION: Final = 1


def decode_mention(value: bytes | None) -> Mention:
    """Read one mention; keys that Tocsin does not know are kept in `extra`.

    Raises:
        InvalidMention: It is empty, larger than 1,000,000 bytes, not JSON, or a field is missing or out of range.
    """
    if not value:
        raise InvalidMention("the record has no value")
    if len(value) > MAX_MENTION_BYTES:
        raise InvalidMention(f"the record has {len(value)} bytes; at most {MAX_MENTION_BYTES} are allowed")
    try:
        return _mention.decode(value)
    except msgspec.ValidationError as exc:
        if "unknown field" not in str(exc):
            raise InvalidMention(str(exc)) from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidMention(f"not JSON: {exc}") from exc
    try:
        return mention_from(_anything.decode(value))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidMention(f"not JSON: {exc}") from exc


def schemas_of(kinds: Sequence[type], reference: str) -> dict[str, Any]:
    """The JSON schemas of these records and of what they are made of, by name.

    Args:
        reference: How one is referred to, with `{name}` for its name.
    """
    return msgspec.json.schema_components(kinds, ref_template=reference)[1]


def decode_document(text: bytes) -> Any:
    """The plain values of a JSON document, such as a provider's payload.

    Raises:
        InvalidMention: It is none.
    """
    try:
        return _anything.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidMention(f"not JSON: {exc}") from exc


def split_array(text: bytes) -> list[bytes]:
    """The documents of a JSON array, undecoded.

    Raises:
        InvalidMention: It is none.
    """
    try:
        return [bytes(document) for document in _documents.decode(text)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidMention(f"not JSON: {exc}") from exc


def encode_mention(mention: Mention) -> bytes:
    """One JSON object, defaults left out."""
    return _json.encode(mention)


def encode_partial(partial: PartialCount) -> bytes:
    """A partial count for the partials topic."""
    return _msgpack.encode(("partial", partial))


def encode_watermark(watermark: Watermark) -> bytes:
    """A watermark for the partials topic."""
    return _msgpack.encode(("watermark", watermark))


def encode_definition(definition: Definition) -> bytes:
    """A definition for the partials topic."""
    return _msgpack.encode(("definition", definition))


def pack_of_partials(parts: Sequence[bytes]) -> bytes:
    """One record for the partials topic of what the three functions above made."""
    return _msgpack.encode(("pack", (PARTS_VERSION, [msgspec.Raw(part) for part in parts])))


def decode_of_partials(value: bytes | None) -> tuple[OfPartials, ...]:
    """What stands in a record of the partials topic, in its order: one value, or the many of a pack.

    Raises:
        StateCorrupted: It is none of the three, or a pack of a later version; only Tocsin writes this topic.
    """
    try:
        kind, body = _of_partials.decode(value or b"")
        if kind != "pack":
            return (_of_kind(kind, body),)
        version, _ = _versioned.decode(body)
        if version != PARTS_VERSION:
            raise StateCorrupted(f"a pack of partial counts has version {version}, not {PARTS_VERSION}")
        return tuple([_of_kind(kind, part) for kind, part in _parts.decode(body)[1]])
    except msgspec.MsgspecError as exc:
        raise StateCorrupted(f"a record of the partials topic cannot be read: {exc}") from exc


def _of_kind(kind: str, body: msgspec.Raw) -> OfPartials:
    if kind == "partial":
        return _partial.decode(body)
    if kind == "watermark":
        return _watermark.decode(body)
    if kind == "definition":
        return _definition.decode(body)
    raise StateCorrupted(f"a record of the partials topic has the unknown type {kind!r}")


def encode_declared(declared: Declared) -> bytes:
    """A topic as it was declared, JSON."""
    return _json.encode(declared)


def decode_declared(value: bytes | None) -> Declared:
    """Read a declared topic.

    Raises:
        StateCorrupted: It cannot be read.
    """
    return _decode(_declared, value)


def encode_window(window: WindowCount) -> bytes:
    """A window count, JSON."""
    return _json.encode(window)


def decode_window(value: bytes | None) -> WindowCount:
    """Read a window count.

    Raises:
        StateCorrupted: It cannot be read.
    """
    return _decode(_window, value)


def encode_reply(reply: PublicReply) -> bytes:
    """JSON, for everybody who reads along."""
    return _json.encode(reply)


def encode_watched(watched: Watched) -> bytes:
    """A topic on the watch list, JSON."""
    return _json.encode(watched)


def decode_watched(value: bytes | None) -> Watched:
    """Read a topic on the watch list.

    Raises:
        StateCorrupted: It cannot be read.
    """
    return _decode(_watched, value)


def encode_detection(detection: Detection) -> bytes:
    """A detection, JSON."""
    return _json.encode(detection)


def decode_detection(value: bytes | None) -> Detection:
    """Read a detection.

    Raises:
        StateCorrupted: It cannot be read.
    """
    return _decode(_detection, value)


def encode_feed_report(report: FeedReport) -> bytes:
    """What is known of every feed, JSON."""
    return _json.encode(report)


def decode_feed_report(value: bytes | None) -> FeedReport:
    """Read a report of feeds.

    Raises:
        StateCorrupted: It cannot be read.
    """
    return _decode(_feed_report, value)


def encode_counted(pack: CountedPack) -> bytes:
    """A pack of counted mentions for the changelog of the score stage, with its version."""
    return _msgpack.encode((_PACK_VERSION, pack))


def decode_counted(value: bytes) -> CountedPack:
    """Read a pack of counted mentions.

    Raises:
        StateCorrupted: It cannot be read, or is of another version.
    """
    try:
        version, body = _versioned.decode(value)
        if version != _PACK_VERSION:
            raise StateCorrupted(f"a pack of counted mentions has version {version}, not {_PACK_VERSION}")
        pack = _pack.decode(body)
    except msgspec.MsgspecError as exc:
        raise StateCorrupted(f"a pack of counted mentions cannot be read: {exc}") from exc
    if len(pack.numbers) != len(pack.counted):
        raise StateCorrupted(f"a pack of counted mentions has {len(pack.numbers)} ids for {len(pack.counted)} mentions")
    return pack


def encode_excerpt(excerpt: Excerpt) -> bytes:
    """An excerpt of a mention, as it stands within a partial count."""
    return _msgpack.encode(excerpt)


def decode_excerpt(value: bytes) -> Excerpt:
    """Read an excerpt.

    Raises:
        StateCorrupted: It cannot be read.
    """
    try:
        return _excerpt.decode(value)
    except msgspec.MsgspecError as exc:
        raise StateCorrupted(f"an excerpt of a mention cannot be read: {exc}") from exc


def encode_snapshot(state: Any) -> bytes:
    """Plain values, MessagePack."""
    return _msgpack.encode(state)


def decode_snapshot(value: bytes) -> Any:
    """Plain values back.

    Raises:
        StateCorrupted: It is not MessagePack.
    """
    try:
        return msgspec.msgpack.decode(value)
    except msgspec.MsgspecError as exc:
        raise StateCorrupted(f"a snapshot cannot be read: {exc}") from exc


def _decode(decoder: "msgspec.json.Decoder[T]", value: bytes | None) -> T:
    try:
        return decoder.decode(value or b"")
    except msgspec.MsgspecError as exc:
        raise StateCorrupted(f"a record cannot be read: {exc}") from exc
