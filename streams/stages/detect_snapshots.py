"""The detect stage's snapshots as changelog records, each small enough for Kafka."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from streams import codec
from streams.definition import Definition
from streams.errors import StateCorrupted

VERSION: Final = 2
TIME_KEY: Final = b"time"
TOPIC_PREFIX: Final = b"topic/"
MAX_PART_BYTES: Final = 900_000  # what Kafka takes by default, with room for key and frame


def records_of(key: bytes, next_offset: int, **body: object) -> list[tuple[bytes, bytes]]:
    """Keys and values that `state_of` reads: one, or several where the state outgrows a record.

    However much there is in mentions to be remembered, no value is longer than a record may be.

    Args:
        next_offset: The state holds up to here.
        body: The state as plain values.
    """
    value = codec.encode_snapshot({"version": VERSION, "next_offset": next_offset, **body})
    if len(value) <= MAX_PART_BYTES:
        return [(key, value)]
    parts = [value[start : start + MAX_PART_BYTES] for start in range(0, len(value), MAX_PART_BYTES)]
    head = codec.encode_snapshot({"version": VERSION, "next_offset": next_offset, "parts": len(parts)})
    return [
        *((_part(key, number), codec.encode_snapshot([next_offset, part])) for number, part in enumerate(parts)),
        (key, head),
    ]


def topics_in(newest: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Every topic with its key; parts only continue it."""
    for key in newest:
        if key.startswith(TOPIC_PREFIX) and b"#" not in key:
            yield key.removeprefix(TOPIC_PREFIX).decode(errors="replace"), key


def state_of(newest: Mapping[bytes, bytes], key: bytes, *needs: str) -> dict[str, Any]:
    """The state under `key`.

    Args:
        newest: The newest value of every key.
        needs: What the state has to hold beside its offset.

    Raises:
        StateCorrupted: It cannot be read, is of another version, or a part of it is missing or of another state.
    """
    state = _decoded(newest.get(key, b""), key)
    if "parts" in state:
        state = _decoded(b"".join(_parts(newest, key, state)), key)
    if any(name not in state for name in needs):
        raise StateCorrupted(f"the snapshot {key!r} of the detect stage lacks {' or '.join(needs)}")
    return state


def definition_in(state: Mapping[str, Any], topic: str) -> Definition:
    """The definition in the state of `topic`.

    Raises:
        StateCorrupted: There is none.
    """
    try:
        return msgspec.convert(state["definition"], Definition)
    except msgspec.ValidationError as exc:
        raise StateCorrupted(f"the snapshot of topic {topic!r} lacks its definition: {exc!r}") from exc


def _parts(newest: Mapping[bytes, bytes], key: bytes, head: Mapping[str, Any]) -> list[bytes]:
    parts = []
    for number in range(int(head["parts"])):
        match codec.decode_snapshot(newest.get(_part(key, number), b"")):
            case [next_offset, bytes() as part] if next_offset == head["next_offset"]:
                parts.append(part)
            case _:
                raise StateCorrupted(f"part {number} of the snapshot {key!r} belongs to another one")
    return parts


def _decoded(value: bytes, key: bytes) -> dict[str, Any]:
    state = codec.decode_snapshot(value)
    if not isinstance(state, dict) or state.get("version") != VERSION:
        raise StateCorrupted(f"the snapshot {key!r} is no version {VERSION} of the detect stage's")
    if not isinstance(state.get("next_offset"), int):
        raise StateCorrupted(f"the snapshot {key!r} of the detect stage lacks its offset")
    return state


def _part(key: bytes, number: int) -> bytes:
    return b"%s#%d" % (key, number)
