"""How far a lane has come with its partition."""

from enum import StrEnum


class LanePhase(StrEnum):
    """Where a lane stands."""

    TAKING_OVER = "taking over"
    RESTORED = "restored"
    RUNNING = "running"
    LET_GO = "let go"  # what is under way may end, nothing more is begun
