"""The receivers as they run: names to notifiers."""

from collections.abc import Iterator, Mapping, Sequence

from alerting.notifiers.base import Notifier


class Receivers:
    """Who can be told, and over what. A notifier's id within its receiver is its kind and its place: `slack:0`.

    Args:
        notifiers: The notifiers of each receiver, in the order of the configuration.
    """

    def __init__(self, notifiers: Mapping[str, Sequence[Notifier]]) -> None:
        self._notifiers = {
            receiver: {f"{notifier.kind}:{index}": notifier for index, notifier in enumerate(listed)}
            for receiver, listed in notifiers.items()
        }

    def of(self, receiver: str) -> Mapping[str, Notifier]:
        """The receiver's notifiers by id; empty where the configuration knows no such receiver any more."""
        return self._notifiers.get(receiver, {})

    def find(self, receiver: str, notifier: str) -> Notifier | None:
        """The notifier with this id; None where the configuration knows it no more."""
        return self.of(receiver).get(notifier)

    def __iter__(self) -> Iterator[tuple[str, str, Notifier]]:
        for receiver, notifiers in self._notifiers.items():
            for name, notifier in notifiers.items():
                yield receiver, name, notifier

    async def close(self) -> None:
        """Close every notifier."""
        for _, _, notifier in self:
            await notifier.close()
