"""Who is who: users of Slack and PagerDuty as people who may act."""

from collections.abc import Callable, Sequence

from alerting.inbound_settings import PersonRole, PersonSettings


class People:
    """The people of the configuration, by the ids that vendors know them by.

    Args:
        people: An id that two of them claim belongs to the first.
    """

    def __init__(self, people: Sequence[PersonSettings]) -> None:
        self._by_name = _by(people, lambda person: person.name)
        self._by_slack = _by(people, lambda person: person.slack)
        self._by_pagerduty = _by(people, lambda person: person.pagerduty)

    def by_name(self, name: str) -> PersonSettings | None:
        """The person with this name; None where the configuration knows nobody of it."""
        return self._by_name.get(name)

    def by_slack(self, user: str) -> PersonSettings | None:
        """Whose Slack user this is; None where nobody is linked to it."""
        return self._by_slack.get(user)

    def by_pagerduty(self, user: str) -> PersonSettings | None:
        """Whose PagerDuty user this is; None where nobody is linked to it."""
        return self._by_pagerduty.get(user)


def may_act(person: PersonSettings) -> bool:
    """Whether this person may change incidents."""
    return PersonRole.RESPONDER in person.roles


def _by(
    people: Sequence[PersonSettings], vendor_id: Callable[[PersonSettings], str | None]
) -> dict[str, PersonSettings]:
    return {known: person for person in reversed(people) if (known := vendor_id(person)) is not None}
