"""A YAML file that remembers where everything stood, so that every problem can be named with its line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from streams.errors import InvalidConfig

Location = tuple[str | int, ...]

# Ten times as fast, where the parser in C is there.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# More than any configuration needs, and little enough that nothing a file says can keep the reader busy.
MAX_DEPTH: Final = 50
MAX_VALUES: Final = 100_000


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The plain values of one file and the place of each of them.

    Attributes:
        name: As it is called in messages.
        places: `file:line`, or the variable that had the last word, of every key and list entry by its location.
    """

    name: str
    values: dict[str, Any]
    places: Mapping[Location, str]

    def problem(self, location: Location, message: str) -> str:
        """One sentence with file, line and key, as an editor can jump to it.

        >>> ConfigFile("tocsin.yaml", {}, {("kafka",): "tocsin.yaml:3"}).problem(("kafka", "partitions"), "is wrong")
        'tocsin.yaml:3: kafka.partitions: is wrong'
        """
        ends = range(len(location), 0, -1)
        place = next((self.places[location[:end]] for end in ends if location[:end] in self.places), f"{self.name}:1")
        key = ".".join(str(part) for part in location)
        return f"{place}: {key}: {message}" if key else f"{place}: {message}"

    def overridden(self, values: Mapping[str, Any], places: Mapping[Location, str]) -> "ConfigFile":
        """The same file with `values` laid over its own, section by section."""
        return ConfigFile(self.name, _laid_over(self.values, values), {**self.places, **places})


def read_config_file(path: Path) -> ConfigFile:
    """Read a YAML file; an empty one holds nothing.

    Raises:
        InvalidConfig: It cannot be read, is no YAML, holds no mapping, names a key twice, is nested more than 50 deep
            or holds more than 100,000 values with every alias written out.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise InvalidConfig((f"{path}: cannot be read: {exc.strerror}",)) from exc
    except UnicodeDecodeError as exc:
        raise InvalidConfig((f"{path}: is not UTF-8 text (byte {exc.start})",)) from exc
    return parse_config(text, str(path))


def parse_config(text: str, name: str) -> ConfigFile:
    """Like `read_config_file`, from text.

    Raises:
        InvalidConfig: As there.
    """
    try:
        _refuse_endless(text, name)
        root = yaml.compose(text, Loader=_LOADER)
        values = yaml.load(text, Loader=_LOADER)  # noqa: S506  # a safe one
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise InvalidConfig((f"{name}:{line}: not YAML: {exc.problem}",)) from exc
    except yaml.YAMLError as exc:
        raise InvalidConfig((f"{name}:1: not YAML: {exc}",)) from exc
    except (ValueError, RecursionError) as exc:  # a date such as 2026-13-45 is one for YAML, but not for Python
        raise InvalidConfig((f"{name}:1: holds what cannot be read: {exc}",)) from exc
    if root is None or values is None:
        return ConfigFile(name, {}, {})
    if not isinstance(values, dict):
        raise InvalidConfig((f"{name}:1: expected keys such as `kafka:`, got a {type(values).__name__}",))
    places: dict[Location, str] = {}
    twice: list[str] = []
    for location, line in _walk(root, ()):
        place = f"{name}:{line}"
        if location in places:
            twice.append(
                f"{place}: {'.'.join(map(str, location))}: stands here again; it was set at {places[location]}"
            )
        places[location] = place
    if twice:
        raise InvalidConfig(tuple(twice))
    return ConfigFile(name, values, places)


def _refuse_endless(text: str, name: str) -> None:
    """Refuse what would take for ever once aliases are written out; the parser's events come without recursion."""
    open_nodes: list[_OpenNode] = []
    known: dict[str, tuple[int, int]] = {}  # values and depth of what an anchor stands for
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        place = f"{name}:{event.start_mark.line + 1 if event.start_mark else 1}"
        if isinstance(event, yaml.AliasEvent):
            if any(node.anchor == event.anchor for node in open_nodes):
                raise InvalidConfig((f"{place}: *{event.anchor} stands inside of what it stands for",))
            values, depth = known.get(event.anchor or "", (1, 1))
        elif isinstance(event, yaml.ScalarEvent):
            values, depth = 1, 1
            if event.anchor is not None:
                known[event.anchor] = values, depth
        elif isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append(_OpenNode(event.anchor))
            values, depth = 0, 0
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = open_nodes.pop()
            values, depth = closed.values, closed.depth
            if closed.anchor is not None:
                known[closed.anchor] = values, depth
        else:
            continue
        if len(open_nodes) + depth > MAX_DEPTH:
            raise InvalidConfig((f"{place}: is nested more than {MAX_DEPTH} deep",))
        if open_nodes:
            open_nodes[-1].values += values
            open_nodes[-1].depth = max(open_nodes[-1].depth, depth + 1)
        if sum(node.values for node in open_nodes) > MAX_VALUES:
            raise InvalidConfig((f"{place}: with its aliases the file holds more than {MAX_VALUES:,} values",))


@dataclass(slots=True)
class _OpenNode:
    """A list or mapping whose end was not seen yet, and what was seen of it."""

    anchor: str | None
    values: int = 1
    depth: int = 1


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _laid_over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _walk(node: yaml.Node, location: Location) -> Iterator[tuple[Location, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*location, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _walk(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            here = (*location, index)
            yield here, value.start_mark.line + 1
            yield from _walk(value, here)


def explain(error: ValidationError, file: ConfigFile, schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Every problem of a validation of `file.values` as one sentence: file, line, key, value, what is allowed.

    Args:
        schema: The model's JSON schema; says what is allowed and what is secret.
    """
    items: list[dict[str, Any]] = [dict(item) for item in error.errors(include_url=False)]
    inside = {item["loc"][:end] for item in items for end in range(len(item["loc"]))}
    # A list whose every entry was refused is also "too short": that is no problem of its own.
    return tuple(
        _explain_one(item, file, schema) for item in items if item["type"] != "too_short" or item["loc"] not in inside
    )


def _explain_one(item: Mapping[str, Any], file: ConfigFile, schema: Mapping[str, Any]) -> str:
    values = file.values
    location = _real_location(item["loc"], values)
    field = _schema_at(location, values, schema, schema)
    value = _value_at(location, values)
    kind = item["type"]
    if kind == "extra_forbidden":
        parent = _schema_at(location[:-1], values, schema, schema)
        known = sorted(parent.get("properties", {}))
        near = get_close_matches(str(location[-1]), known, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; allowed are {', '.join(known)}"
        return file.problem(location, f"there is no such setting{hint}")
    if kind == "missing":
        return file.problem(location, f"is missing{_allowed(field)}")
    message = _reworded(item, field, value)
    if location[-1:] == ("[key]",):
        return file.problem(location[:-1], f"{location[-2]!r} is not allowed: {message[0].lower()}{message[1:]}")
    if isinstance(value, dict | list):
        return file.problem(location, message)
    shown = "the given value" if _secret(field) else _shown(value)
    return file.problem(location, f"{shown} is not allowed: {message[0].lower()}{message[1:]}{_allowed(field)}")


def _reworded(item: Mapping[str, Any], field: Mapping[str, Any], value: Any) -> str:
    """What pydantic says, in the words of somebody who writes a file."""
    kind, context = item["type"], item.get("ctx", {})
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return "expected a mapping"
    if kind in {"tuple_type", "list_type"}:
        return "expected a list"
    if kind == "too_short":
        least = context["min_length"]
        if isinstance(value, str):
            return f"needs at least {least} characters"
        return "needs at least one entry" if least == 1 else f"needs at least {least} entries"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        known = f"allowed are {', '.join(field.get('discriminator', {}).get('mapping', ()))}"
        return f"type {context['tag']!r} is not known; {known}" if "tag" in context else f"type is missing; {known}"
    return str(item["msg"]).removeprefix("Value error, ")


def _shown(value: Any) -> str:
    """The value as it stands, but of an address only its scheme: users, passwords and paths of webhooks are secrets."""
    if isinstance(value, date):
        return value.isoformat()
    scheme, separator, _ = str(value).partition("://")
    return repr(f"{scheme}{separator}...") if separator else repr(value)


def _real_location(location: Sequence[str | int], values: Any) -> Location:
    """Pydantic puts the tag of a union into the path; the file has no such step."""
    found: list[str | int] = []
    here = values
    for position, part in enumerate(location):
        if isinstance(here, dict) and part not in here and here.get("type") == part:
            continue
        last = position == len(location) - 1
        if not last and not isinstance(here, dict | list):
            continue
        found.append(part)
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            here = None
    return tuple(found)


def _value_at(location: Location, values: Any) -> Any:
    here = values
    for part in location:
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            return None
    return here


def _resolve(node: Mapping[str, Any], value: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    while True:
        if "$ref" in node:
            node = root["$defs"][node["$ref"].rsplit("/", 1)[1]]
        elif (
            "discriminator" in node
            and isinstance(value, dict)
            and isinstance(value.get("type"), str)
            and value["type"] in node["discriminator"]["mapping"]
        ):
            node = root["$defs"][node["discriminator"]["mapping"][value["type"]].rsplit("/", 1)[1]]
        elif "anyOf" in node:
            node = next(option for option in node["anyOf"] if option.get("type") != "null")
        else:
            return node


def _schema_at(location: Location, value: Any, node: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    node = _resolve(node, value, root)
    for part in location:
        below = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
        if below is None:
            return {}
        value = _value_at((part,), value)
        node = _resolve(below, value, root)
    return node


def _secret(field: Mapping[str, Any]) -> bool:
    return field.get("format") == "password"


def _allowed(field: Mapping[str, Any]) -> str:
    words = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {field[word]:g}" for word, sign in words.items() if word in field]
    if "enum" in field:
        bounds.append("one of " + ", ".join(map(str, field["enum"])))
    if "pattern" in field:
        bounds.append(f"matching {field['pattern']}")
    if "minLength" in field and "maxLength" in field:
        bounds.append(f"{field['minLength']} to {field['maxLength']} characters")
    return f" (allowed: {' and '.join(bounds)})" if bounds else ""
