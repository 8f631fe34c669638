"""So many requests at once, and no more: the next one is asked to come back instead of queueing."""

from alerting.api.problems import unavailable


class Places:
    """Held by a request from its start to its end, as a context.

    Args:
        most: Requests at once, > 0.
        detail: What the refused are told.
    """

    def __init__(self, most: int, detail: str) -> None:
        self._free = most
        self._detail = detail

    def __enter__(self) -> None:
        """Take a place.

        Raises:
            Problem: 503, all are taken.
        """
        if self._free == 0:
            raise unavailable("busy", self._detail, retry_seconds=1)
        self._free -= 1

    def __exit__(self, *_: object) -> None:
        self._free += 1
