"""Write the pages of docs/reference from the code itself: `python docs/generate.py`. A test compares them."""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import yaml
from prometheus_client import CollectorRegistry
from typer.main import get_command

from alerting.cli.exits import Exit
from alerting.cli.main import app
from alerting.metrics import AlertingMetrics
from alerting.settings import Settings
from alerting.world_metrics import WorldMetrics
from streams import asyncapi, kafka_topics, query
from streams.basis import Basis, Opinion, Weighed
from streams.contact import Contact
from streams.events import Detection, Evidence, Sample, Tally, WindowCount
from streams.findings import Carrier, Driver, Excess, Forecast, Organic, Origin, PeerShare, PostForecast, Split
from streams.mention import Author, Media, Mention
from streams.metrics import StreamMetrics
from streams.settings import StreamSettings
from streams.sources.csv_rows import NAMES
from streams.sources.registry import PAYLOADS, SOURCES
from streams.topic import Declared, Topic
from streams.watched import Watched

_FINDINGS: Final = (Driver, Origin, Excess, Split, Carrier, Organic, Forecast, PostForecast, PeerShare)
REFERENCE: Final = Path(__file__).resolve().parent / "reference"
WORDS: Final[Mapping[str, Any]] = yaml.safe_load((REFERENCE.parent / "words.yaml").read_text(encoding="utf-8"))
NOTE: Final = "<!-- Written by `python docs/generate.py` from the code; a test compares. Do not edit. -->\n"


def pages() -> dict[str, str]:
    """The text of every generated page, by file name."""
    return {
        "cli.md": cli_page(),
        "configuration.md": configuration_page(),
        "kafka-topics.md": kafka_topics_page(),
        "metrics.md": metrics_page(),
        "asyncapi.yaml": asyncapi_document(),
        "sources.md": sources_page(),
        "queries.md": f"# Queries\n\n{NOTE}\n{inspect.cleandoc(query.__doc__ or '')}\n",
    }


def asyncapi_document() -> str:
    """The Kafka topics as `tocsin kafka asyncapi` prints them with the default settings."""
    note = "# Written by `python docs/generate.py` from the code; a test compares. Do not edit.\n"
    told = asyncapi.document(StreamSettings(), version=version("tocsin"))
    return note + yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120)


def sources_page() -> str:
    """Every source: what it reads, with a sample, and what it makes of it."""
    parts = ["# Sources\n", NOTE, WORDS["sources"]]
    for name, kind in sorted(SOURCES.items()):
        module = inspect.cleandoc(sys.modules[kind.__module__].__doc__ or "")
        promise = inspect.cleandoc(kind.__doc__ or "").partition("\nArgs:")[0].strip()
        posted = f"Posted to the API: `POST /api/v1/mentions?source={name}`.\n" if name in PAYLOADS else ""
        parts += [f"## `{name}`\n", f"{module}\n", f"{promise}\n", *([posted] if posted else [])]
    columns = [(f"`{field}`", ", ".join(f"`{other}`" for other in others)) for field, others in NAMES.items()]
    parts += ["## Columns that `csv` knows\n", WORDS["columns"], table(("field", "also called"), columns)]
    return "\n".join(parts)


def metrics_page() -> str:
    """Every metric with its kind, labels and meaning, in two tables."""
    parts = ["# Metrics\n", NOTE, WORDS["metrics"]]
    sides: tuple[tuple[str, Callable[[CollectorRegistry], object]], ...] = (
        ("Streams: roles score and detect", StreamMetrics),
        ("Alerting: role alert", AlertingMetrics),
        ("The world, by topic: `/api/v1/metrics`, with a key", WorldMetrics),
    )
    for title, declare in sides:
        registry = CollectorRegistry()
        declare(registry)
        rows = []
        # A registry tells labels only together with values, so its collectors are asked.
        for collector in registry._collector_to_names:  # noqa: SLF001
            for family in collector.describe():
                shown = f"{family.name}_total" if family.type == "counter" else family.name
                labels = ", ".join(f"`{label}`" for label in getattr(collector, "_labelnames", ()))
                rows.append((f"`{shown}`", family.type, labels, family.documentation))
        parts += [f"## {title}\n", table(("metric", "kind", "labels", "meaning"), sorted(rows))]
    return "\n".join(parts)


def cli_page() -> str:
    """Every command with its arguments and options."""
    root: Any = get_command(app)
    codes = table(("code", "meaning"), [(str(code.value), WORDS["exits"][code.name]) for code in Exit])
    parts = ["# The `tocsin` command\n", NOTE, WORDS["cli"], codes]
    for words, command in commands(root, ("tocsin",)):
        arguments = [param for param in command.params if not param.opts[0].startswith("-")]
        options = [param for param in command.params if param.opts[0].startswith("-")]
        usage = " ".join(
            [*words, *(f"{param.name.upper()}{'...' if param.nargs == -1 else ''}" for param in arguments)]
        )
        parts += [f"## `{' '.join(words)}`\n", f"{command.help}\n", f"    {usage}{' [OPTIONS]' if options else ''}\n"]
        if arguments:
            rows = [
                (f"`{param.name.upper()}`", "" if param.required else "optional", cell(param.help))
                for param in arguments
            ]
            parts.append(table(("argument", "", "meaning"), rows))
        if options:
            parts.append(table(("option", "takes", "default", "meaning"), [option_row(param) for param in options]))
    return "\n".join(parts)


def commands(group: Any, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    for name, command in group.commands.items():
        words = (*above, name)
        if hasattr(command, "commands"):
            yield from commands(command, words)
        else:
            yield words, command


def option_row(param: Any) -> tuple[str, ...]:
    """One option: its names, what it takes, its default, its meaning."""
    names = ", ".join(f"`{name}`" for name in param.opts)
    kind = param.type_descriptor.annotation
    inner = next(iter(get_args(kind)), kind)
    name = getattr(inner, "__name__", "").lower()
    words = {"str": "text", "int": "whole number", "float": "number", "datetime": "time"}
    choices = [f"`{choice.value}`" for choice in inner] if isinstance(inner, type) and issubclass(inner, Enum) else []
    takes = "" if param.is_flag else ", ".join(choices) or words.get(name, name)
    least = f"{param.min:g}" if param.min is not None else ""
    most = f"{param.max:,}" if param.max is not None else ""
    bounds = f", {least} to {most}" if least and most else f", at least {least}" if least else ""
    default = "" if param.is_flag or param.default is None else f"`{param.default}`"
    variable = f" Variable: `{param.envvar}`." if param.envvar else ""
    return names, f"{takes}{bounds}", default, cell(f"{param.help or ''}{variable}")


def configuration_page() -> str:
    """Every key of the configuration file."""
    schema = Settings.model_json_schema()
    models = {model.__name__: model for model in descendants(Settings.__mro__[2])}
    parts = ["# The configuration file\n", NOTE, WORDS["configuration"]]
    sections: dict[str, list[tuple[str, ...]]] = {}
    missing = []
    for key, field, model, required in settings_keys(schema, "Settings", schema, ""):
        name = key.rsplit(".", 1)[-1].removesuffix("[]")
        meaning = attributes_of(models[model]).get(name) or WORDS["settings"].get(f"{model}.{name}")
        if meaning is None:
            missing.append(f"{model}.{name}")
        default = "required" if required else shown_default(field.get("default"))
        row = (f"`{key}`", shown_type(field, schema), default, shown_range(field, schema), cell(meaning or ""))
        sections.setdefault(key.split(".")[0].removesuffix("[]"), []).append(row)
    if missing:
        raise SystemExit(f"docs/words.yaml, settings: say what these mean: {', '.join(missing)}")
    for section, rows in sections.items():
        parts += [f"## `{section}`\n", f"{WORDS['sections'][section]}\n"]
        parts.append(table(("key", "type", "default", "allowed", "meaning"), rows))
    return "\n".join(parts)


def descendants(kind: type) -> Iterator[type]:
    """The class and everything derived from it."""
    yield kind
    for below in kind.__subclasses__():
        yield from descendants(below)


def settings_keys(
    node: Mapping[str, Any], model: str, root: Mapping[str, Any], prefix: str, seen: tuple[str, ...] = ()
) -> Iterator[tuple[str, Mapping[str, Any], str, bool]]:
    """Every key that takes a value: its path, its schema, the model that declares it, whether it is required."""
    for name, field in node["properties"].items():
        required = name in node.get("required", ())
        many = field.get("items") is not None
        path = f"{prefix}{name}{'[]' if many else ''}"
        options = field["items"].get("oneOf", [field["items"]]) if many else field.get("anyOf", [field])
        names = [option["$ref"].rsplit("/", 1)[1] for option in options if "$ref" in option]
        below = [(name, root["$defs"][name]) for name in names if "properties" in root["$defs"][name]]
        if not below or names[0] in seen:
            yield path, field, model, required
        for inner, definition in below if not (names and names[0] in seen) else ():
            kind = definition["properties"].get("type", {}).get("const")
            yield from settings_keys(
                definition, inner, root, f"{path.removesuffix('[]')}[{kind}]." if kind else f"{path}.", (*seen, inner)
            )


def attributes_of(kind: type) -> dict[str, str]:
    """The `Attributes:` of a docstring, by name; `continue_` stands for the key `continue`."""
    found: dict[str, str] = {}
    name, inside = "", False
    for line in inspect.cleandoc(kind.__doc__ or "").splitlines():
        if line.strip() == "Attributes:":
            inside = True
        elif inside and line.startswith("    ") and not line.startswith("     "):
            name, _, text = line.strip().partition(": ")
            name = name.removesuffix("_")
            found[name] = text
        elif inside and line.startswith("     "):
            found[name] += f" {line.strip()}"
        else:
            inside = False
    return found


def resolved(field: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind references and optional values."""
    if "$ref" in field:
        return resolved(root["$defs"][field["$ref"].rsplit("/", 1)[1]], root)
    if "anyOf" in field:
        return resolved(next(option for option in field["anyOf"] if option.get("type") != "null"), root)
    return field


def shown_type(field: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """A word for what the key takes."""
    known = resolved(field, root)
    if "const" in known:
        return f"`{known['const']}`"
    by_format = {"password": "secret", "path": "path", "uri": "URL", "date-time": "time"}
    words = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text"}
    if known.get("type") == "array":
        inner = resolved(known["items"], root)
        return "list of routes" if "properties" in inner else f"list of {words[inner['type']]}"
    if known.get("type") == "object":
        return "names with their values"
    return by_format.get(known.get("format", "")) or words[known["type"]]


def shown_range(field: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """What is allowed, as the error messages say it."""
    known = resolved(field, root)
    known = known.get("items", known)
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    bounds = [
        f"{sign} {known[word]:,g}" if known[word] < 1e6 else f"{sign} {known[word]:,}"
        for word, sign in signs.items()
        if word in known
    ]
    bounds += [f"`{value}`" for value in known.get("enum", ())]
    if "pattern" in known:
        bounds.append(f"`{known['pattern']}`")
    if "minLength" in known and known.get("format") != "uri":
        bounds.append(
            f"{known['minLength']} to {known['maxLength']:,} characters"
            if "maxLength" in known
            else f"at least {known['minLength']} characters"
        )
    return cell(", ".join(bounds))


def shown_default(value: Any) -> str:
    """A default as it would stand in the file."""
    if value is None:
        return "none"
    if value in ([], ()):
        return "empty"
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def kafka_topics_page() -> str:
    """Every Kafka topic, then the records that others may read."""
    settings = StreamSettings()
    specs = kafka_topics.specs(settings)
    told = WORDS["kafka_topics"]
    rows = []
    for spec in specs:
        words = told[spec.name]
        rows.append((f"`{spec.name}`", words["key"], words["value"], words["written_by"], words["read_by"]))
    parts = [
        "# Kafka topics\n",
        NOTE,
        WORDS["kafka"],
        table(("Kafka topic", "key", "value", "written by", "read by"), rows),
    ]
    parts += ["## How they are created\n", WORDS["kafka_created"]]
    made = []
    for spec in specs:
        config = ", ".join(f"`{key}={value}`" for key, value in sorted(spec.config.items()))
        made.append((f"`{spec.name}`", str(spec.partitions), str(spec.replication), config))
    parts.append(table(("Kafka topic", "partitions", "replicas", "configuration"), made))
    parts += ["## What each role may do\n", WORDS["kafka_acls"], f"```\n{kafka_topics.acls(settings)}```\n"]
    for title, kinds in (
        ("A mention", (Mention, Author, Media)),
        ("A contact", (Contact,)),
        ("A declared topic", (Declared, Topic)),
        ("A window count", (WindowCount, Tally)),
        ("A detection", (Detection, Evidence, *_FINDINGS, Sample, Basis, Opinion, Weighed)),
        ("A topic on the watch list", (Watched,)),
    ):
        parts.append(f"## {title}\n")
        for kind in kinds:
            parts += [f"`{kind.__name__}`: {(kind.__doc__ or '').splitlines()[0]}\n", fields_table(kind)]
    return "\n".join(parts)


def fields_table(kind: type[msgspec.Struct]) -> str:
    """The fields of a record."""
    meanings = attributes_of(kind)
    rows = []
    for field in msgspec.structs.fields(kind):
        required = (
            "required" if field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT else ""
        )
        rows.append(
            (
                f"`{field.name}`",
                json_type(field.type),
                required,
                cell(meanings.get(field.name, "").replace("None", "absent")),
            )
        )
    return table(("field", "type", "", "meaning"), rows)


def json_type(kind: Any) -> str:
    """A word for what a field holds on the wire."""
    if kind is datetime:
        return "time"
    schema = msgspec.json.schema(kind)
    options = [schema, *schema.get("anyOf", ())]
    known = next(option for option in options if option.get("type") != "null" and "anyOf" not in option)
    if "$ref" in known:
        name = known["$ref"].rsplit("/", 1)[1]
        inner = schema["$defs"][name]
        return "one of " + ", ".join(f"`{value}`" for value in inner["enum"]) if "enum" in inner else f"`{name}`"
    if "enum" in known:
        return "one of " + ", ".join(f"`{value}`" for value in known["enum"])
    if known.get("format") == "date-time":
        return "time"
    if known["type"] == "array":
        inner = known["items"]
        return f"list of `{inner['$ref'].rsplit('/', 1)[1]}`" if "$ref" in inner else f"list of {inner['type']}s"
    low, high = known.get("minimum"), known.get("maximum")
    bounds = f" in [{low:g}, {high:g}]" if low is not None and high is not None else " >= 0" if low == 0 else ""
    return str(known["type"]) + bounds


def cell(text: str | None) -> str:
    """Text as it may stand in a table."""
    return (text or "").replace("|", "\\|").replace("\n", " ")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def main() -> int:
    """Write what differs."""
    for name, text in pages().items():
        path = REFERENCE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
