"""Policies and people for stories about escalation."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from alerting.callout import CallOut, chain_of
from alerting.incidents.model import Severity
from alerting.oncall_settings import PolicySettings

FIRST_THEN_SECOND_THEN_LEAD = {
    "name": "payments",
    "steps": [
        {"targets": [{"schedule": "payments"}], "wait_minutes": 5},
        {"targets": [{"person": "Ben"}], "wait_minutes": 5},
        {"targets": [{"person": "Lead"}], "wait_minutes": 10},
    ],
}
CONTACTS = {"Maya": ("maya",), "Ben": ("ben",), "Lead": ("lead",)}


class Turns:
    """Whose turn it is, as a test says."""

    def __init__(self, *people: str) -> None:
        self.people: Sequence[str] = people

    def __call__(self, schedule: str, at: datetime) -> Sequence[str]:
        del schedule, at
        return self.people


def call_out(
    *policies: Mapping[str, Any],
    on_call: Turns | None = None,
    contacts: Mapping[str, tuple[str, ...]] | None = None,
    of_owner: Mapping[str, str] | None = None,
    asleep: Callable[[str, Severity, datetime], datetime | None] | None = None,
) -> CallOut:
    """Maya's turn, and everybody's phone is a receiver of their own."""
    chains = [chain_of(PolicySettings.model_validate(policy)) for policy in policies or (FIRST_THEN_SECOND_THEN_LEAD,)]
    return CallOut(
        {chain.policy: chain for chain in chains},
        of_owner=of_owner,
        on_call=on_call or Turns("Maya"),
        contacts=CONTACTS if contacts is None else contacts,
        asleep=asleep,
    )
