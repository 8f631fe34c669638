"""What of a changed configuration counts at once, and what a running process cannot change. Pure."""

from collections.abc import Iterator
from typing import Any, Final

from alerting.settings import Settings
from streams.section import Section

RELOADED: Final = frozenset(
    {
        *("topics", "receivers", "route", "time_intervals", "inhibit_rules", "silences", "playbooks", "peers"),
        *(
            "driver_owners",
            "people",
            "teams",
            "schedules",
            "policies",
            "owners",
            "unowned",
            "chronic",
            "reports",
            "targets",
        ),
        *("retention", "inbound", "hooks", "delivery", "canary", "api", "log"),
    }
)
"""Sections that count at once; what is in none of both sets needs a restart."""

RESTARTED: Final = frozenset(
    {
        *("kafka", "time", "score", "detect", "tracing"),  # what the stream side is made of
        *("database", "audit", "roles"),
        "contacts",  # how records of the contact centre are folded, as they come
        *("api.host", "api.port"),
    }
)
"""Sections, and keys of sections that count at once otherwise, that a running process cannot change."""


def changed_sections(old: Settings, new: Settings) -> tuple[str, ...]:
    """The sections that are not as they were."""
    return tuple(name for name in Settings.model_fields if getattr(old, name) != getattr(new, name))


def needs_restart(old: Settings, new: Settings) -> tuple[str, ...]:
    """The keys that are not as they were and that only a restart brings into force, each as `section.key`.

    >>> from alerting.settings import Settings
    >>> needs_restart(Settings(), Settings.model_validate({"api": {"port": 9090}, "kafka": {"partitions": 12}}))
    ('kafka.partitions', 'api.port')
    """
    return tuple(key for name in changed_sections(old, new) for key in _restarted(name, old, new))


def _restarted(section: str, old: Settings, new: Settings) -> Iterator[str]:
    for key in _differing(section, getattr(old, section), getattr(new, section)):
        if section not in RELOADED or any(key == known or key.startswith(f"{known}.") for known in RESTARTED):
            yield key


def _differing(name: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, Section) and isinstance(new, Section) and type(old) is type(new):
        for field in type(old).model_fields:
            yield from _differing(f"{name}.{field}", getattr(old, field), getattr(new, field))
    elif old != new:
        yield name
