"""Whose snapshot is it?"""

from typing import Any

from streams.errors import StateCorrupted


def require(state: Any, detector: str, version: int) -> None:
    """Return where `state` is a snapshot of this detector and version.

    Raises:
        StateCorrupted: It is not.
    """
    if not isinstance(state, dict) or state.get("detector") != detector or state.get("version") != version:
        found = (state.get("detector"), state.get("version")) if isinstance(state, dict) else type(state).__name__
        raise StateCorrupted(f"expected a snapshot of {detector!r} version {version}, found {found!r}")
