"""A lock that ends with its process, however that ends."""

import errno
from enum import Enum
from pathlib import Path
from typing import IO, Final

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_TAKEN: Final = frozenset({errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK})


class Hold(Enum):
    """What came of asking for the lock."""

    OURS = "ours"
    ANOTHERS = "another's"
    UNKNOWN = "unknown"


class FileLock:
    """One holder at a time among all processes of this machine; the kernel takes it from one that was killed.

    Args:
        path: Made where it is missing, and left there: deleting it would let two hold it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self) -> Hold:
        """Ours if it is, or was already; unknown where this system or this file system has no such locks.

        Raises:
            OSError: The file cannot be made.
        """
        if self._file is not None:
            return Hold.OURS
        if fcntl is None:
            return Hold.UNKNOWN
        file = self._path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            file.close()
            return Hold.ANOTHERS if exc.errno in _TAKEN else Hold.UNKNOWN
        self._file = file
        return Hold.OURS

    def release(self) -> None:
        """Let go; once more does nothing."""
        if self._file is not None:
            self._file.close()
            self._file = None
