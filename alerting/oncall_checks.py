"""What schedules, policies, owners and people name has to be there: checked on the file as it was read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Problem = tuple[tuple[str | int, ...], str]

_NAMED: Final = {"person": "people", "schedule": "schedules", "receiver": "receivers"}


def oncall_checks(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Names that are taken twice, and names of what is not there."""
    names = {section: _names(values.get(section)) for section in ("people", "schedules", "policies", "receivers")}
    for section in ("schedules", "policies", "owners"):
        yield from _twice(section, _names(values.get(section)))
    for index, person in _entries(values.get("people")):
        for place, receiver in enumerate(_listed(person.get("receivers"))):
            yield from _missing(receiver, "receivers", names, ("people", index, "receivers", place))
    for index, schedule in _entries(values.get("schedules")):
        yield from _rotation(schedule.get("rotation"), names, ("schedules", index, "rotation"))
    for index, policy in _entries(values.get("policies")):
        for number, step in _entries(policy.get("steps")):
            for place, target in _entries(step.get("targets")):
                for key, section in _NAMED.items():
                    where = ("policies", index, "steps", number, "targets", place, key)
                    yield from _missing(target.get(key), section, names, where)
    for index, owner in _entries(values.get("owners")):
        yield from _missing(owner.get("policy"), "policies", names, ("owners", index, "policy"))
        yield from _missing(owner.get("schedule"), "schedules", names, ("owners", index, "schedule"))
    unowned = values.get("unowned")
    if isinstance(unowned, dict):
        yield from _missing(unowned.get("receiver"), "receivers", names, ("unowned", "receiver"))
    yield from _routes(values.get("route"), names, ("route",))


def _rotation(rotation: Any, names: Mapping[str, Sequence[str]], where: tuple[str | int, ...]) -> Iterator[Problem]:
    if not isinstance(rotation, dict):
        return
    for place, person in enumerate(_listed(rotation.get("people"))):
        yield from _missing(person, "people", names, (*where, "people", place))
    for place, override in _entries(rotation.get("overrides")):
        yield from _missing(override.get("person"), "people", names, (*where, "overrides", place, "person"))


def _routes(route: Any, names: Mapping[str, Sequence[str]], where: tuple[str | int, ...]) -> Iterator[Problem]:
    pending = [(route, where)]
    while pending:
        node, place = pending.pop()
        if not isinstance(node, dict):
            continue
        yield from _missing(node.get("policy"), "policies", names, (*place, "policy"))
        pending.extend((child, (*place, "routes", index)) for index, child in enumerate(_listed(node.get("routes"))))


def _missing(
    name: Any, section: str, names: Mapping[str, Sequence[str]], where: tuple[str | int, ...]
) -> Iterator[Problem]:
    if isinstance(name, str) and name not in names[section]:
        known = ", ".join(sorted(names[section])[:20]) or "none"
        yield where, f"there is no {name!r} under {section}; known are {known}"


def _twice(section: str, names: Sequence[str]) -> Iterator[Problem]:
    for index, name in enumerate(names):
        if name and name in names[:index]:
            yield (section, index, "name"), f"{name!r} is taken by entry {names.index(name)}"


def _names(entries: Any) -> list[str]:
    """Of every entry, empty where it has none, so that places stay."""
    return [str(entry.get("name") or "") if isinstance(entry, dict) else "" for entry in _listed(entries)]


def _entries(entries: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for index, entry in enumerate(_listed(entries)):
        if isinstance(entry, dict):
            yield index, entry


def _listed(entries: Any) -> Sequence[Any]:
    return entries if isinstance(entries, list | tuple) else ()
