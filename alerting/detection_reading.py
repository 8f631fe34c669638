"""Reads the detections that the stream side claims."""

from streams.codec import decode_detection
from streams.errors import StateCorrupted
from streams.events import Detection


def read_detection(value: bytes | None) -> Detection:
    """The detection in a record.

    Raises:
        StateCorrupted: It cannot be read, or it can and makes no sense; only a foreign writer would say so.
    """
    detection = decode_detection(value)
    evidence = detection.evidence
    if detection.at.tzinfo is None or detection.onset.tzinfo is None:
        raise StateCorrupted("a time has no time zone")
    if evidence.window_seconds < 1 or evidence.observed < 0 or evidence.expected < 0:
        raise StateCorrupted("a window without length, or a negative count")
    return detection
