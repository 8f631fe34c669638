"""The receivers as they run: names to notifiers, and what holds for each of them."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from alerting.inbound_settings import PersonSettings
from alerting.notifiers.base import Notifier
from alerting.quiet_hours import QuietHours
from alerting.settings import ReceiverSettings


class PageBudget(msgspec.Struct, frozen=True):
    """At most so many incidents an hour are paged one by one over these receivers taken together."""

    receivers: tuple[str, ...]
    pages_per_hour: int


class ReceiverPolicy(msgspec.Struct, frozen=True):
    """What holds for one receiver.

    Attributes:
        fallback: Who is paged instead, where this receiver cannot be reached.
        budgets: Its own and those of its people, who may stand behind other receivers too.
        quiet: When it is not paged: its own hours, else those of the only person behind it.
    """

    fallback: str | None = None
    budgets: tuple[PageBudget, ...] = ()
    quiet: QuietHours | None = None


class Receivers:
    """Who can be told, and over what. A notifier's id within its receiver is its kind and its place: `slack:0`.

    Args:
        notifiers: The notifiers of each receiver, in the order of the configuration.
        policies: What holds for each; nothing in particular for one that is not named.
    """

    def __init__(
        self, notifiers: Mapping[str, Sequence[Notifier]], policies: Mapping[str, ReceiverPolicy] | None = None
    ) -> None:
        self._notifiers = {
            receiver: {f"{notifier.kind}:{index}": notifier for index, notifier in enumerate(listed)}
            for receiver, listed in notifiers.items()
        }
        self._policies = dict(policies or {})

    def of(self, receiver: str) -> Mapping[str, Notifier]:
        """The receiver's notifiers by id; empty where the configuration knows no such receiver any more."""
        return self._notifiers.get(receiver, {})

    def find(self, receiver: str, notifier: str) -> Notifier | None:
        """The notifier with this id; None where the configuration knows it no more."""
        return self.of(receiver).get(notifier)

    def policy(self, receiver: str) -> ReceiverPolicy:
        """What holds for the receiver."""
        return self._policies.get(receiver, ReceiverPolicy())

    def __iter__(self) -> Iterator[tuple[str, str, Notifier]]:
        for receiver, notifiers in self._notifiers.items():
            for name, notifier in notifiers.items():
                yield receiver, name, notifier

    async def close(self) -> None:
        """Close every notifier."""
        for _, _, notifier in self:
            await notifier.close()


def policies_of(receivers: Sequence[ReceiverSettings], people: Sequence[PersonSettings]) -> dict[str, ReceiverPolicy]:
    """What the configuration says of each receiver, with the budgets of the people behind it."""
    behind = {
        person.name: PageBudget(
            tuple(receiver.name for receiver in receivers if person.name in receiver.people), person.pages_per_hour
        )
        for person in people
        if person.pages_per_hour is not None
    }
    quiet = _quiet_hours(receivers, people)
    return {
        receiver.name: ReceiverPolicy(
            fallback=receiver.fallback,
            quiet=quiet.get(receiver.name),
            budgets=(
                *([PageBudget((receiver.name,), receiver.pages_per_hour)] if receiver.pages_per_hour else []),
                *(behind[name] for name in receiver.people if name in behind),
            ),
        )
        for receiver in receivers
    }


def _quiet_hours(receivers: Sequence[ReceiverSettings], people: Sequence[PersonSettings]) -> dict[str, QuietHours]:
    found: dict[str, QuietHours] = {}
    contacts = contacts_of(receivers, people)
    for person in people:
        if person.quiet_hours is not None:
            own = [name for name in contacts[person.name] if _calls_only(name, person.name, receivers)]
            found |= dict.fromkeys(own, QuietHours(person.quiet_hours, person.time_zone))
    for receiver in receivers:
        if receiver.quiet_hours is not None:
            found[receiver.name] = QuietHours(receiver.quiet_hours)
    return found


def _calls_only(receiver: str, person: str, receivers: Sequence[ReceiverSettings]) -> bool:
    return any(one.name == receiver and set(one.people) <= {person} for one in receivers)


def contacts_of(receivers: Sequence[ReceiverSettings], people: Sequence[PersonSettings]) -> dict[str, tuple[str, ...]]:
    """Over which receivers each person is called: their own, else those that nobody else stands behind."""
    return {
        person.name: person.receivers
        or tuple(receiver.name for receiver in receivers if receiver.people == (person.name,))
        for person in people
    }
