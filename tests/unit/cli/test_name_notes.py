"""What `tocsin check` finds named that no topic of the file has."""

from typing import Any

import pytest

from alerting.cli.name_notes import notes_on_names
from alerting.settings import Settings

TOPICS = [
    {"id": "refunds", "name": "Refunds", "query": "refund", "brand": "Acme"},
    {"id": "rival", "name": "Rival", "query": "rival"},
]
KEY = {"name": "care", "key": "a-key-for-the-tests-0123"}


def notes(**sections: Any) -> list[str]:
    return list(notes_on_names(Settings.model_validate({"topics": TOPICS, **sections})))


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"teams": [{"name": "care", "brands": ["Acm"], "members": []}]}, "teams[care].brands names the brand 'Acm'"),
        ({"api": {"keys": [KEY | {"brands": ["acme"]}]}}, "api.keys[care].brands names the brand 'acme'"),
        (
            {"peers": [{"name": "shops", "topics": ["refunds", "rivals"]}]},
            "peers[shops].topics names the topic 'rivals'",
        ),
        (
            {"contacts": {"reasons": [{"reasons": ["R-17"], "topics": ["refund"]}]}},
            "contacts.reasons[0].topics names the topic 'refund'",
        ),
    ],
)
def test_a_slip_of_a_letter_is_named(sections: dict[str, Any], told: str) -> None:
    [note] = notes(**sections)

    assert note.startswith(told)


def test_what_topics_have_is_right_and_without_topics_nobody_can_say() -> None:
    right = {
        "teams": [{"name": "care", "brands": ["Acme"], "members": []}],
        "peers": [{"name": "shops", "topics": ["refunds", "rival"]}],
        "contacts": {"reasons": [{"reasons": ["R-17"], "topics": ["refunds", "peers.shops"]}]},
    }

    assert notes(**right) == []
    assert notes(teams=[{"name": "care", "brands": ["Acm"], "members": []}], topics=[]) == []
