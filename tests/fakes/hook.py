"""The other end of a hook, in memory: takes events, or fails as it is told."""

from alerting.directives.errand import Errand


class ScriptedHook:
    """Takes errands; the first ones fail as the script says."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.attempts: list[Errand] = []
        self.taken: list[Errand] = []

    async def send(self, errand: Errand, *, timeout_seconds: float) -> None:  # noqa: ARG002
        self.attempts.append(errand)
        if self._failures:
            raise self._failures.pop(0)
        self.taken.append(errand)

    async def close(self) -> None:
        """Nothing to give back."""
